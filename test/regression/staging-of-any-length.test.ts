import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { STREAMS } from '../support/streams.js';

// Flushing cut the staging array to its values, and doubling went on from there: past the 1024 that a copy stages.
it.each([513, 700, 1000, 1023])('a flushed sketch of %d values stages as much as its loaded copy', (n) => {
  const sketch = new KllSketch({ k: 2000, seed: 1 }).extend(STREAMS.shuffled(n, 1));
  const copy = KllSketch.fromBytes(sketch.toBytes());
  for (let i = 0; i < 1500; i++) {
    sketch.add(i);
    copy.add(i);
  }
  expect(copy.debugState().staged).toBe(sketch.debugState().staged);
  expect(copy.toBytes()).toEqual(sketch.toBytes());
});
