import { expect, it } from 'vitest';
import { encodeBatch } from '../../src/batch.js';
import { toDataSketches } from '../../src/formats.js';
import { KllSketch } from '../../src/index.js';

const series = (sketch: KllSketch) => ({ name: 'a', labels: {}, age: 0, sketch });
const id = new Uint8Array(16);
/** Calls that cannot be done, with a sketch of halves beyond 32-bit floats. */
const REFUSED: Record<string, [(sketch: KllSketch) => unknown, string]> = {
  'as longs': [(sketch) => toDataSketches(sketch, 'long'), 'ERR_NOT_INTEGER'],
  'as floats': [(sketch) => toDataSketches(sketch.add(1e300), 'float'), 'ERR_FLOAT_OVERFLOW'],
  'in a batch of a short id': [
    (sketch) => encodeBatch({ id: id.subarray(1), created: 0, series: [series(sketch)] }),
    'ERR_ARGUMENT_TYPE',
  ],
  'in a batch beside a series of nothing': [
    (sketch) => encodeBatch({ id, created: 0, series: [series(sketch), { name: 'b', labels: {}, age: 0 }] }),
    'ERR_ARGUMENT_TYPE',
  ],
  'in a batch with an unknown rounding': [
    (sketch) => encodeBatch({ id, created: 0, series: [{ ...series(sketch), precision: { bits: 99 } }] }),
    'ERR_ARGUMENT_RANGE',
  ],
};

// More than k values are laid out on levels when a sketch is written: one that was refused had become an estimate by then.
it.each(Object.entries(REFUSED))('a sketch that cannot be written %s stays as it was', (_, [write, code]) => {
  const sketch = new KllSketch({ seed: 1 });
  for (let i = 0; i < 500; i++) sketch.add(i + 0.5);
  expect(() => write(sketch)).toThrow(expect.objectContaining({ code }));
  expect([sketch.isEstimating, sketch.numRetained]).toEqual([false, sketch.n]);
  const other = new KllSketch({ seed: 1 }).extend(Float64Array.from(sketch, ({ item }) => item));
  expect(sketch.toBytes()).toEqual(other.toBytes());
});
