import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';

// n + count was compared with 2^53 after it had been rounded to it: counts of 2^53 + 1 passed as 2^53.
it.each([1, 2, 3])('n = 2^53 - 1 takes one value more, not %d more', (more) => {
  const full = () => new KllSketch({ seed: 1 }).add(1, 2 ** 53 - 1);
  const overflow = expect.objectContaining({ code: 'ERR_COUNT_OVERFLOW' });
  const ways = [
    (sketch: KllSketch) => sketch.extend(new Array(more).fill(2)),
    (sketch: KllSketch) => sketch.add(2, more),
    (sketch: KllSketch) => sketch.extendWeighted(new Array(more).fill(2), new Array(more).fill(1)),
    (sketch: KllSketch) => sketch.merge(new KllSketch({ seed: 2 }).extend(new Array(more).fill(2))),
  ];
  for (const way of ways) {
    const sketch = full();
    if (more === 1) expect(way(sketch).n).toBe(2 ** 53);
    else expect(() => way(sketch)).toThrow(overflow);
    expect(sketch.n).toBe(more === 1 ? 2 ** 53 : 2 ** 53 - 1);
  }
});

it('single adds, which are staged, stop at 2^53', () => {
  const sketch = new KllSketch({ seed: 1 }).add(1, 2 ** 53 - 3);
  sketch.add(1).add(1).add(1);
  expect(() => sketch.add(1)).toThrow(expect.objectContaining({ code: 'ERR_COUNT_OVERFLOW' }));
  expect(sketch.n).toBe(2 ** 53);
});
