/** Bytes whose memory went to another thread have no length: no view can be made of them. */
import { describe, expect, it } from 'vitest';
import { decodeBatch, encodeBatch } from '../../src/batch.js';
import { fromAny, fromDataSketches, fromKll1, fromKll2 } from '../../src/formats.js';
import { KllSketch } from '../../src/index.js';

function givenAway(bytes: Uint8Array): Uint8Array {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}
const sketch = () => new KllSketch({ seed: 1 }).extend(Float64Array.from({ length: 5000 }, (_, i) => i));
const LIMITS = { bytes: 99, strings: 1, stringBytes: 1, series: 1, labels: 0, items: 2, n: 2, k: 8 };

const READERS: [name: string, read: (bytes: Uint8Array) => unknown][] = [
  ['fromBytes', (bytes) => KllSketch.fromBytes(bytes)],
  ['merge', (bytes) => sketch().merge(bytes)],
  ['mergeAll', (bytes) => KllSketch.mergeAll([sketch(), bytes])],
  ['fromDataSketches', (bytes) => fromDataSketches(bytes)],
  ['fromKll1', (bytes) => fromKll1(bytes)],
  ['fromKll2', (bytes) => fromKll2(bytes)],
  ['decodeBatch', (bytes) => decodeBatch(bytes, LIMITS)],
];

describe('bytes that were given away', () => {
  it.each(READERS)('are too short for %s', (_, read) => {
    const isRefused = expect.objectContaining({ name: 'SketchDataError', code: 'ERR_TRUNCATED' });
    expect(() => read(givenAway(sketch().toBytes()))).toThrow(isRefused);
  });

  it('are no format', () => {
    expect(() => fromAny(givenAway(sketch().toBytes()))).toThrow(
      expect.objectContaining({ code: 'ERR_MAGIC' }),
    );
  });

  it('are left out of a merge', () => {
    const sources = [sketch(), givenAway(sketch().toBytes())];
    expect(KllSketch.mergeAll(sources, { invalid: 'skip' }).n).toBe(5000);
  });

  it('are no id of a batch', () => {
    const batch = { id: givenAway(new Uint8Array(16)), created: 0, series: [] };
    expect(() => encodeBatch(batch)).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT_TYPE' }));
  });
});
