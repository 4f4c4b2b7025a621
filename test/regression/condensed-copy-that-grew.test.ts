import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';

// A condensed copy of few values had room in staging, so adding to it did not end its being a copy without state.
it('a condensed copy that values were added to is sent with its state', () => {
  const copy = new KllSketch({ seed: 1 }).extend([1, 2, 3]).condense(100);
  expect(KllSketch.fromBytes(copy.toBytes(), { seed: 5 }).seed).toBe(5n);
  copy.add(4);
  expect(KllSketch.fromBytes(copy.toBytes()).seed).toBe(copy.seed);
});
