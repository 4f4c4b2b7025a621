import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';

// Loading took the infinite sum from itself to see what the items lack: it was NaN, as if it were unknown.
it('an infinite sum is still infinite when it is loaded', () => {
  for (const sign of [1, -1]) {
    const sketch = new KllSketch({ seed: 1 }).extend([sign * Number.MAX_VALUE, sign * Number.MAX_VALUE]);
    expect(KllSketch.fromBytes(sketch.toBytes()).sum).toBe(sign * Infinity);
  }
});

it('an infinite sum stays one through levels and merges', () => {
  const huge = () => new KllSketch({ seed: 1 }).extend(new Float64Array(5000).fill(1e308));
  const few = () => new KllSketch().add(1);
  expect([
    KllSketch.mergeAll([huge()]).sum,
    KllSketch.mergeAll([huge().clone()]).sum,
    KllSketch.mergeAll([huge().toBytes()]).sum,
    few().merge(huge()).sum,
    huge().merge(few()).sum,
    huge().add(1).add(2).sum,
    KllSketch.fromBytes(huge().toBytes()).sum,
  ]).toEqual(Array(7).fill(Infinity));
});

it('and is the same one when bytes are taken, which put values in order', () => {
  const both = new KllSketch({ seed: 1 }).extend([1.7e308, 1.7e308, -1.7e308, -1.7e308]);
  const { sum } = both;
  const bytes = both.toBytes();
  expect([sum, both.sum, KllSketch.fromBytes(bytes).sum]).toEqual([Infinity, Infinity, Infinity]);
});
