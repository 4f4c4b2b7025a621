import { describe, expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';

/** An array of one number, whose element at `at` does something when it is read for the first time. */
function arrayThat(does: (array: unknown[]) => void, length: number, at: number): number[] {
  const array: unknown[] = new Array(length).fill(2);
  let isDone = false;
  Object.defineProperty(array, at, {
    get() {
      if (!isDone) {
        isDone = true;
        does(array);
      }
      return 2;
    },
  });
  return array as number[];
}

describe.each([3, 900, 3000, 40_000])('an array of %i elements, one of which is an accessor', (length) => {
  it('that grows the array: the sketch takes as many as there were', () => {
    const sketch = new KllSketch({ seed: 1 });
    sketch.extend(arrayThat((array) => array.push(...Array(5000).fill(9)), length, 1));
    expect([sketch.n, sketch.min, sketch.max, sketch.sum]).toEqual([length, 2, 2, 2 * length]);
    expect(KllSketch.fromBytes(sketch.toBytes()).n).toBe(length);
  });

  it.each([1, 600, 3000])('that adds %i values to the very sketch: those count once too', (others) => {
    const sketch = new KllSketch({ seed: 1 });
    for (let i = 0; i < 500; i++) sketch.add(1);
    sketch.extend(arrayThat(() => sketch.extend(new Float64Array(others).fill(7)), length, 1));
    const n = 500 + others + length;
    expect([sketch.n, sketch.sum]).toEqual([n, 500 + 7 * others + 2 * length]);
    expect(sketch.rank(1) * n).toBeCloseTo(500, -2);
    expect(KllSketch.fromBytes(sketch.toBytes()).n).toBe(n);
  });

  it('that asks another sketch: what is no number is refused all the same', () => {
    const other = new KllSketch({ seed: 2 }).extend(Float64Array.from({ length: 5000 }, (_, i) => i));
    for (const wrong of [null, '7', true, 5n]) {
      const array: unknown[] = arrayThat(() => other.add(1).merge(other.clone()), length, 1);
      array[length - 1] = wrong;
      const sketch = new KllSketch({ seed: 1 });
      expect(() => sketch.extend(array as number[])).toThrow(
        expect.objectContaining({ code: 'ERR_VALUE_TYPE' }),
      );
      expect([sketch.n, sketch.isEmpty]).toEqual([0, true]);
    }
  });
});
