import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';

// Loading took the infinite sum from itself to see what the items lack: it was NaN, as if it were unknown.
it('an infinite sum is still infinite when it is loaded', () => {
  for (const sign of [1, -1]) {
    const sketch = new KllSketch({ seed: 1 }).extend([sign * Number.MAX_VALUE, sign * Number.MAX_VALUE]);
    expect(KllSketch.fromBytes(sketch.toBytes()).sum).toBe(sign * Infinity);
  }
});
