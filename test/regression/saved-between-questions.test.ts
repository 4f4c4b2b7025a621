import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';

// Bytes put staged values in order under a view that knew them by their places: what was added since came out as older values.
it.each([
  'toBytes',
  'clone',
  'toJSON',
] as const)('questions are right after %s of a sketch that was asked', (save) => {
  const sketch = new KllSketch({ seed: 1 });
  for (let i = 0; i < 60; i++) sketch.add(100 + i);
  expect(sketch.median).toBe(129);
  for (let i = 0; i < 40; i++) sketch.add(i);
  expect(sketch.quantile(0.25)).toBe(24);
  sketch[save]();
  expect(sketch.quantilesAt([0.25, 0.4, 0.41])).toEqual([24, 39, 100]);
  expect(sketch.add(-1).quantile(0.25)).toBe(24);
});
