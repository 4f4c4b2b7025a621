import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';

// The zigzag code of a base below -2^52 is an odd number above 2^53: it was rounded, and -MAX_VALUE came back positive.
it.each([
  [-Number.MAX_VALUE],
  [-(2 ** 53) + 1],
  [-(2 ** 53) + 1, -(2 ** 53) + 2, -(2 ** 52) - 1],
  [-(2 ** 52), -(2 ** 52) - 1],
  [Number.MAX_VALUE, 2 ** 53 - 1],
])('a sketch of %d gives back every bit', (...values) => {
  const loaded = KllSketch.fromBytes(new KllSketch().extend(values).toBytes());
  expect(Array.from(loaded, ({ item }) => item)).toEqual(values.sort((a, b) => a - b));
});
