import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { STREAMS } from '../support/streams.js';

// The condensing variance was kept as a double and stored as a float: the copy went on with another one.
it('a sketch that merged a condensed one has the variance of its loaded copy', () => {
  const condensed = new KllSketch({ k: 1024, seed: 1 }).extend(STREAMS.shuffled(50_000, 1)).condense(50);
  const sketch = new KllSketch({ seed: 2 }).extend(STREAMS.shuffled(999, 2)).merge(condensed);
  const copy = KllSketch.fromBytes(sketch.toBytes());
  expect(copy.variance).toBe(sketch.variance);
  for (let i = 0; i < 30; i++) {
    sketch.merge(condensed);
    copy.merge(condensed);
    expect(copy.toBytes()).toEqual(sketch.toBytes());
  }
});
