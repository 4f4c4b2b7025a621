import { describe, expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { STREAMS } from '../support/streams.js';

const sketchOf = (seed: number, k = 200) =>
  new KllSketch({ k, seed })
    .extend(STREAMS['long tail'](30_000, seed))
    .extend(STREAMS['long tail'](50, -seed));
const RANKS = [0, 0.001, 0.25, 0.5, 0.99, 0.999, 1];
const XS = [-1, 0.3, 1, 4, 1e9];

/** Everything a sketch answers from its view. */
const answers = (sketch: KllSketch) => ({
  quantiles: sketch.quantilesAt(RANKS),
  exclusive: sketch.quantilesAt(RANKS, { inclusive: false }),
  interpolated: sketch.quantilesAt(RANKS, { interpolate: true }),
  ranks: sketch.ranks(XS),
  cdf: sketch.cdf(XS),
  items: [...sketch],
});

const blob = sketchOf(7).toBytes();
let larger = 10_000;
/** What others do with the kernel while a view lies in it. */
const USES: Record<string, () => void> = {
  'asks another sketch': () => void sketchOf(2).median,
  'fills another sketch': () => void new KllSketch({ seed: 3 }).extend(STREAMS.shuffled(5000, 3)),
  'merges sketches': () => void KllSketch.mergeAll([sketchOf(4), sketchOf(5)]),
  'merges bytes': () => void KllSketch.mergeAll([blob, blob, blob]),
  'merges bytes that stay exact': () =>
    void KllSketch.mergeAll([1, 2].map((seed) => new KllSketch({ seed }).add(seed).toBytes())),
  'condenses another sketch': () => void sketchOf(6).condense(50),
  // Each time by more than ever: the memory moves, and arrays over it are detached.
  'has the memory grow': () => void sketchOf(8, (larger += 500)).median,
};

describe('a view that lies in the kernel', () => {
  it.each(Object.entries(USES))('is built again when somebody %s', (_, use) => {
    const sketch = sketchOf(1);
    const expected = answers(sketch.clone());
    for (let round = 0; round < 3; round++) {
      expect(answers(sketch)).toEqual(expected);
      use();
    }
  });

  it.each(Object.entries(USES))('is no less right after adds when somebody %s', (_, use) => {
    const sketch = sketchOf(1);
    const model = sketch.clone();
    for (let i = 0; i < 40; i++) {
      const x = Math.exp((i % 7) - 3);
      sketch.add(x);
      model.add(x);
      if (i % 5 === 2) use();
      for (const rank of RANKS) expect(sketch.quantile(rank)).toBe(model.clone().quantile(rank));
    }
  });

  it.each(Object.entries(USES))('is iterated to its end though somebody %s', (_, use) => {
    const sketch = sketchOf(1);
    const expected = [...sketch.clone()];
    const seen: object[] = [];
    for (const pair of sketch) {
      if (seen.length % 100 === 50) use();
      seen.push(pair);
    }
    expect(seen).toEqual(expected);
  });

  it('is not taken for values that an accessor reads while they go in', () => {
    const other = sketchOf(2);
    const expected = other.clone().median;
    const values = Array.from({ length: 3000 }, (_, i) => i);
    const asked: number[] = [];
    Object.defineProperty(values, 1500, {
      get() {
        KllSketch.mergeAll([blob, blob]);
        asked.push(other.median);
        return 1500;
      },
    });
    const sketch = new KllSketch({ seed: 1 }).extend(values);
    expect(sketch.toBytes()).toEqual(
      new KllSketch({ seed: 1 }).extend(Array.from({ length: 3000 }, (_, i) => i)).toBytes(),
    );
    expect(new Set(asked)).toEqual(new Set([expected]));
  });
});
