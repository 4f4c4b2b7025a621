/**
 * An image of one level holds every value, and one of no level has none: a minimum below its items, a minK or a
 * variance can only come from elsewhere. What became of them depended on which way such an image was read.
 */
import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { encodeCompact } from '../../src/wire/compact-encode.js';
import { imageOf } from '../support/golden-images.js';

const integers = (n: number) => Float64Array.from({ length: n }, (_, i) => i);
const many = () => new KllSketch({ seed: 1 }).extend(integers(5000));

/** The image in every way into a sketch: by itself and first, alone in a merge, beside others, one by one. */
const WAYS: [way: string, through: (image: Uint8Array) => KllSketch][] = [
  ['fromBytes, then merge', (image) => KllSketch.fromBytes(image, { seed: 1 }).merge(many())],
  ['fromBytes, then extend', (image) => KllSketch.fromBytes(image, { seed: 1 }).extend(integers(5000))],
  ['mergeAll, first', (image) => KllSketch.mergeAll([image, many()], { seed: 1 })],
  ['mergeAll, last', (image) => KllSketch.mergeAll([many(), image], { seed: 1 })],
  ['mergeAll of sketches', (image) => KllSketch.mergeAll([many(), KllSketch.fromBytes(image)], { seed: 1 })],
  ['mergeAll alone, then merge', (image) => KllSketch.mergeAll([image], { seed: 1 }).merge(many())],
  ['merge', (image) => many().merge(image)],
];

const wide = encodeCompact(imageOf([[5]], { min: -100, max: 1e6 }));

it.each(WAYS)('a minimum and a maximum that are no items are kept by %s', (_, through) => {
  const { n, min, max, isEstimating } = through(wide);
  expect([n, min, max, isEstimating]).toEqual([5001, -100, 1e6, true]);
});

it('an image of one level and wide ends is answered from, and written as it was', () => {
  const sketch = KllSketch.fromBytes(wide);
  expect([sketch.n, sketch.min, sketch.max, sketch.quantile(0), sketch.median]).toEqual([
    1, -100, 1e6, -100, 5,
  ]);
  expect(sketch.toBytes({ state: false })).toEqual(wide);
});

it.each([
  ['no level', encodeCompact(imageOf([], { minK: 8, variance: 0.5, sum: 0 })), 0],
  ['one level', encodeCompact(imageOf([[5]], { minK: 8, variance: 0.5 })), 1],
])('minK and a variance behind %s count for nothing, whatever the way', (_, image, own) => {
  for (const [way, through] of WAYS) {
    const { n, minK, variance } = through(image);
    expect([way, n, minK, variance]).toEqual([way, 5000 + own, 200, 0]);
  }
});
