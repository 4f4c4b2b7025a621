import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';

// What was handed to the kernel stayed in staging, and was counted again.
it.each([
  ['adds', (sketch: KllSketch) => void sketch.add(1)],
  ['bulk calls', (sketch: KllSketch) => void sketch.extend(new Float64Array(3000))],
  [
    'merges',
    (sketch: KllSketch) => void sketch.merge(new KllSketch({ seed: 2 }).extend(new Float64Array(3000))),
  ],
])('a sketch whose observer throws counts every value once: %s', (_, step) => {
  const calm = new KllSketch({ k: 8, seed: 1 });
  const sketch = new KllSketch({
    k: 8,
    seed: 1,
    observer: {
      onCompaction() {
        throw new Error('of the observer');
      },
    },
  });
  let refused = 0;
  for (let i = 0; i < 8000 && refused < 3; i++) {
    const before = sketch.n;
    try {
      step(sketch);
    } catch (error) {
      expect(error).toEqual(new Error('of the observer'));
      refused++;
    }
    // An add that found staging full had that taken in, and was not reached itself.
    if (sketch.n !== before) step(calm);
    expect(sketch.n).toBe(calm.n);
  }
  expect(refused).toBe(3);
  expect([...sketch].reduce((sum, { weight }) => sum + weight, 0)).toBe(sketch.n);
});
