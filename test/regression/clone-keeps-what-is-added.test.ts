import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';

// A clone of staged values had no room in its staging array and did not know: what was added fell off its end.
it('a clone of a few values keeps what is added to it', () => {
  const clone = new KllSketch({ seed: 1 }).extend([1, 2, 3, 4, 5]).clone();
  clone.add(6).add(7);
  expect([clone.n, clone.max, clone.sum, clone.quantile(1)]).toEqual([7, 7, 28, 7]);
});
