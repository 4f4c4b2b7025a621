import { describe, expect, it } from 'vitest';
import { SortedView, targetOf } from '../../src/core/sorted-view.js';
import { KllSketch } from '../../src/index.js';
import { ApacheSortedView } from '../support/apache-sorted-view.js';
import { STREAM_NAMES, STREAMS } from '../support/streams.js';

describe('a sorted view', () => {
  it.each([
    ['one item', [1]],
    ['unit weights', new Array(500).fill(1)],
    ['powers of two', Array.from({ length: 300 }, (_, i) => 2 ** (i % 9))],
    ['light at the end', Array.from({ length: 300 }, (_, i) => 2 ** Math.floor((300 - i) / 10))],
    ['heavy at the end', Array.from({ length: 300 }, (_, i) => 2 ** Math.floor(i / 10))],
    ['up to 2^53', Array.from({ length: 64 }, () => 2 ** 47)],
  ] as [string, number[]][])('gives the same however often it was asked: %s', (_, each) => {
    let n = 0;
    const weights = Float64Array.from(each, (weight) => (n += weight));
    const view = new SortedView(Float64Array.from(weights.keys()), weights, n, 0, weights.length - 1);
    const near = [...weights].flatMap((weight) => [weight - 1, weight, weight + 1]);
    const targets = [1, n, ...near, ...Array.from({ length: 500 }, (_, i) => Math.ceil((n * (i + 1)) / 500))];
    for (let round = 0; round < 3; round++) {
      for (const target of targets.filter((one) => one >= 1 && one <= n)) {
        const item = view.itemAt(target);
        expect(weights[item]).toBeGreaterThanOrEqual(target);
        expect(weights[item - 1] ?? 0).toBeLessThan(target);
      }
    }
  });

  it.each(STREAM_NAMES)('built without the kernel answers as the one built with it: %s', (name) => {
    const sketch = new KllSketch({ seed: 1 }).extend(STREAMS[name](20_000, 1));
    const { sizes, items, min, max, n } = sketch.toImage();
    const staged = STREAMS[name](50, 2);
    sketch.extend(staged);
    const view = SortedView.ofLevels(
      sizes,
      items,
      staged,
      Math.min(min, ...staged),
      Math.max(max, ...staged),
    );
    expect(view.n).toBe(n + 50);
    for (const item of view.items) {
      expect(view.rank(item, true)).toBe(sketch.rank(item));
      expect(view.rank(item, false)).toBe(sketch.rank(item, { inclusive: false }));
    }
    for (let i = 1; i < 500; i++) {
      for (const inclusive of [true, false]) {
        const item = view.itemAt(targetOf(i / 500, view.n, inclusive));
        expect(item).toBe(sketch.quantile(i / 500, { inclusive }));
      }
    }
  });

  it('takes levels in any shape: empty ones, ties across levels, infinities', () => {
    const sizes = Uint32Array.of(2, 0, 3);
    const items = Float64Array.of(-Infinity, 5, 5, 5, Infinity);
    const view = SortedView.ofLevels(sizes, items, Float64Array.of(7), -Infinity, Infinity);
    expect([...view.items]).toEqual([-Infinity, 5, 5, 5, 7, Infinity]);
    expect([...view.weights]).toEqual([1, 2, 6, 10, 11, 15]);
    const reference = new ApacheSortedView({
      n: 15,
      sizes: [3, 0, 3] as never,
      items: Float64Array.of(-Infinity, 5, 7, 5, 5, Infinity),
    });
    for (const x of [-Infinity, 0, 5, 6, 7, Infinity]) expect(view.rank(x, true)).toBe(reference.rank(x));
  });
});

it('the end of a view is its maximum, whatever lies below', () => {
  const view = new SortedView(Float64Array.of(-Infinity), Float64Array.of(2), 2, -Infinity, Infinity);
  expect(view.interpolated(1)).toBe(Infinity);
});
