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

  it.each([
    0, 1, 50, 500,
  ])('that empties the very sketch of %i values: what is left is the array', (before) => {
    const sketch = new KllSketch({ seed: 1, k: 100 });
    for (let i = 0; i < before; i++) sketch.add(9);
    sketch.extend(arrayThat(() => sketch.reset(), length, 1));
    expect([sketch.n, sketch.sum, sketch.max]).toEqual([length, 2 * length, 2]);
    expect(KllSketch.fromBytes(sketch.toBytes()).n).toBe(length);
  });

  it.each([
    1, 50, 150, 500,
  ])('that takes the bytes of the very sketch of %i values: each counts once', (before) => {
    const sketch = new KllSketch({ seed: 1, k: 100 });
    for (let i = before; i > 0; i--) sketch.add(i);
    const add = () => sketch.add(-7).toBytes();
    sketch.extend(arrayThat(add, length, 1));
    const n = before + 1 + length;
    expect([sketch.n, sketch.min, sketch.max]).toEqual([n, -7, Math.max(before, 2)]);
    expect(sketch.sum).toBe((before * (before + 1)) / 2 - 7 + 2 * length);
    expect(KllSketch.fromBytes(sketch.toBytes()).n).toBe(n);
  });

  it('that adds values beside levels: staging is handed over when it is full', () => {
    const sketch = new KllSketch({ seed: 1, k: 8 }).extend(new Float64Array(10_000).fill(1));
    const adds = () => {
      for (let i = 0; i < 1000; i++) sketch.add(5);
    };
    sketch.extend(arrayThat(adds, length, 1));
    for (let i = 0; i < 5000; i++) sketch.add(i);
    const n = 16_000 + length;
    expect(sketch.debugState().staged).toBeLessThanOrEqual(2048);
    expect([sketch.n, sketch.max, Number.isFinite(sketch.quantile(0.5))]).toEqual([n, 4999, true]);
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
