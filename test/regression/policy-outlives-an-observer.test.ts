import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { STREAMS } from '../support/streams.js';

// The policy was put back after the observer had been told, and stayed away when that threw.
it('a sketch keeps its tails when an observer throws while it is brought to rest', () => {
  let throwing = false;
  const observer = {
    onCompaction() {
      if (throwing) throw new Error('mine');
    },
  };
  const sketch = new KllSketch({ k: 1024, tails: 'both', seed: 1, observer });
  sketch.merge(new KllSketch({ k: 1024, tails: 'none', seed: 2 }).extend(STREAMS.shuffled(5000, 2)));
  sketch.extend(STREAMS.shuffled(1_000_000, 1));
  throwing = true;
  expect(() => sketch.toBytes()).toThrow('mine');
  expect(sketch.tails).toBe('both');
});
