/** Frames, jsdom and node:vm have classes of their own: an array of theirs is what it is here. */
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { decodeBatch, encodeBatch } from '../../src/batch.js';
import { fromAny, fromDataSketches, toDataSketches } from '../../src/formats.js';
import { KllSketch } from '../../src/index.js';

const foreign = (name: string, items: Iterable<number | bigint>) =>
  runInNewContext(`${name}.from(items)`, { items: [...items] });
const integers = Float64Array.from({ length: 5000 }, (_, i) => i);
const sketch = () => new KllSketch({ seed: 1 }).extend(integers);

describe('a Uint8Array of another realm', () => {
  const bytes: Uint8Array = foreign('Uint8Array', sketch().toBytes());

  it('is none of this realm, and read as if it were', () => {
    expect(bytes).not.toBeInstanceOf(Uint8Array);
    expect(KllSketch.fromBytes(bytes).n).toBe(5000);
    expect(fromAny(bytes).n).toBe(5000);
    expect(fromDataSketches(foreign('Uint8Array', toDataSketches(sketch()))).n).toBe(5000);
  });

  it('is merged, and has a say in the k', () => {
    expect(sketch().merge(bytes).n).toBe(10_000);
    const merged = KllSketch.mergeAll([new KllSketch({ k: 100, seed: 1 }).extend(integers), bytes]);
    expect(merged).toMatchObject({ n: 10_000, k: 200 });
  });

  it('is a batch, and its id', () => {
    const id = foreign('Uint8Array', new Uint8Array(16));
    const values = foreign('Float64Array', [1, 2]);
    const batch = encodeBatch({ id, created: 0, series: [{ name: 'a', labels: {}, age: 0, values }] });
    const limits = { bytes: 99, strings: 1, stringBytes: 1, series: 1, labels: 0, items: 2, n: 2, k: 8 };
    expect(decodeBatch(foreign('Uint8Array', batch), limits).series[0].values).toEqual(Float64Array.of(1, 2));
  });
});

it.each([
  'BigInt64Array',
  'BigUint64Array',
])('a long %s of another realm is refused as one of this is', (name) => {
  const values = foreign(name, Array(3000).fill(1n));
  expect(() => sketch().extend(values)).toThrow(expect.objectContaining({ code: 'ERR_VALUE_TYPE' }));
});

it.each([
  'Uint8ClampedArray',
  'Int8Array',
  'Uint16Array',
])('a %s is no bytes, in the kernel neither', (name) => {
  const bytes = foreign(name, sketch().toBytes());
  const isRefused = expect.objectContaining({ code: 'ERR_ARGUMENT_TYPE' });
  expect(() => KllSketch.fromBytes(bytes)).toThrow(isRefused);
  expect(() => KllSketch.mergeAll([sketch(), bytes])).toThrow(isRefused);
});
