import { describe, expect, it } from 'vitest';
import { KllSketch, type Tails } from '../../src/index.js';
import { maxRankError, STREAMS } from '../support/streams.js';

// At k = 8 the sampler begins at n = 2.2e4, and at 5e5 one value stands for 32: four parts of the input fill a block of
// sampled values.
const SIZES = [30_000, 16_384 * 31, 500_123];

describe('so many values that they are sampled', () => {
  it.each(SIZES)('counts every one of them: %i', (n) => {
    const values = STREAMS['long tail'](n, 1);
    const sketch = new KllSketch({ k: 8, tails: 'none', seed: 1 }).extend(values);
    const sum = values.reduce((total, x) => total + x, 0);
    expect(sketch.n).toBe(n);
    expect([...sketch].reduce((total, { weight }) => total + weight, 0)).toBe(n);
    expect([sketch.min, sketch.max]).toEqual([
      Math.min(...sketch.quantilesAt([0])),
      values.toSorted().at(-1),
    ]);
    expect(sketch.sum / sum).toBeCloseTo(1, 12);
  });

  it.each(SIZES)('gives the same bytes whatever holds the values: %i', (n) => {
    const values = STREAMS.shuffled(n, 2);
    const of = (source: Iterable<number> & ArrayLike<number>) =>
      new KllSketch({ k: 8, tails: 'none', seed: 2 }).extend(source).toBytes();
    expect(of(Array.from(values))).toEqual(of(values));
  });

  it.each(['none', 'high', 'both'] satisfies Tails[])('stays inside the bound, tails %s', (tails) => {
    const n = 200_123;
    let misses = 0;
    for (let seed = 0; seed < 40; seed++) {
      const values = STREAMS.shuffled(n, seed);
      const sketch = new KllSketch({ k: 8, tails, seed }).extend(values);
      if (sketch.n !== n || errorAtGrid(sketch, n) > sketch.rankError()) misses++;
    }
    expect(misses).toBeLessThanOrEqual(3);
  });

  it.each([
    'none',
    'high',
    'both',
  ] satisfies Tails[])('stays inside the bound where values are added one by one, and brought to rest now and then, tails %s', (tails) => {
    const n = 200_123;
    let misses = 0;
    for (let seed = 0; seed < 40; seed++) {
      const values = STREAMS.shuffled(n, seed);
      const sketch = new KllSketch({ k: 8, tails, seed });
      for (const [i, x] of values.entries()) {
        sketch.add(x);
        // Staged values of any number are sampled then.
        if (i % 20_011 === 0) sketch.toBytes();
      }
      expect([sketch.n, sketch.sum]).toEqual([n, (n * (n - 1)) / 2]);
      expect([...sketch].reduce((total, { weight }) => total + weight, 0)).toBe(n);
      if (errorAtGrid(sketch, n) > sketch.rankError()) misses++;
    }
    expect(misses).toBeLessThanOrEqual(3);
  });

  it('goes on from what was sampled: queries between bulk calls change nothing', () => {
    const values = STREAMS.shuffled(200_000, 3);
    const silent = new KllSketch({ k: 8, seed: 3 }).extend(values).extend(values);
    const asked = new KllSketch({ k: 8, seed: 3 }).extend(values);
    expect(maxRankError(asked, values)).toBeLessThan(0.1);
    expect(asked.extend(values).toBytes()).toEqual(silent.toBytes());
  });
});

/** The largest error over a grid of ranks; the values are a permutation of 0..n - 1. */
function errorAtGrid(sketch: KllSketch, n: number): number {
  const xs = Array.from({ length: 200 }, (_, i) => Math.floor(((i + 0.5) * n) / 200));
  return Math.max(...sketch.ranks(xs).map((rank, i) => Math.abs(rank - (xs[i] + 1) / n)));
}
