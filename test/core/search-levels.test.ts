import { describe, expect, it } from 'vitest';
import { searchItem, searchRank } from '../../src/core/search-levels.js';
import { SketchState } from '../../src/core/state.js';
import { KllSketch } from '../../src/index.js';
import { STREAM_NAMES, STREAMS } from '../support/streams.js';

const RANKS = Array.from({ length: 399 }, (_, i) => (i + 1) / 400).concat(0.9999, 1e-6);

/** Asks a copy each time, so that every question is the first after a change; beside it, what a view of all says. */
function expectSameAnswers(sketch: KllSketch): void {
  for (const inclusive of [true, false]) {
    const viewed = sketch.quantilesAt(RANKS, { inclusive });
    const xs = [...viewed, sketch.min, sketch.max, -1e300, 1e300, ...viewed.map((x) => x * (1 + 1e-9))];
    const ranks = sketch.ranks(xs, { inclusive });
    const quantile = (rank: number) => sketch.clone().quantile(rank, { inclusive });
    const rank = (x: number) => sketch.clone().rank(x, { inclusive });
    expect(Float64Array.from(RANKS, quantile)).toEqual(Float64Array.from(viewed));
    expect(Float64Array.from(xs, rank)).toEqual(Float64Array.from(ranks));
  }
}

describe('the first question after a change, answered without a view, is answered as from one', () => {
  it.each(STREAM_NAMES)('%s', (name) => {
    for (const tails of ['none', 'high', 'both'] as const) {
      for (const k of [8, 200, 1024]) {
        const sketch = new KllSketch({ k, tails, seed: 3 }).extend(STREAMS[name](30_000, 5));
        // Nothing staged: a first question is asked of the state alone.
        expectSameAnswers(KllSketch.fromBytes(sketch.toBytes()));
      }
    }
  });

  it('merged of unlike parts, condensed, weighted up to 2^53', () => {
    const unlike = KllSketch.mergeAll([
      new KllSketch({ seed: 1 }).extend(Float64Array.from({ length: 5000 }, (_, i) => i)),
      new KllSketch({ k: 50, seed: 2, tails: 'both' }).extend(new Float64Array(1e5).fill(7)),
      new KllSketch({ k: 900, seed: 3 }).extend(Float64Array.from({ length: 2e4 }, (_, i) => -(i ** 3))),
    ]);
    expectSameAnswers(unlike);
    expectSameAnswers(unlike.condense(60));
    const heavy = new KllSketch({ seed: 4 })
      .add(1)
      .add(2, 2 ** 52)
      .add(3, 2 ** 40);
    heavy.add(4, 2 ** 53 - heavy.n);
    expect(heavy.n).toBe(2 ** 53);
    expectSameAnswers(heavy);
  });

  it('of levels in any shape: empty ones, ties across levels, infinities', () => {
    const sizes = Uint32Array.of(2, 0, 3);
    const items = Float64Array.of(-Infinity, 5, 5, 5, Infinity);
    const image = { k: 8, minK: 8, n: 14, sum: Number.NaN, min: -Infinity, max: Infinity, sizes, items };
    const state = SketchState.fromImage({ ...image, tailGuarantee: 0, variance: 0 }, 0n, 0);
    const inOrder = [-Infinity, ...Array(9).fill(5), ...Array(4).fill(Infinity)];
    for (const [i, x] of inOrder.entries()) expect(searchItem(state, i + 1)).toBe(x);
    for (const x of [-Infinity, 0, 5, 6, Infinity]) {
      expect(searchRank(state, x, true)).toBe(inOrder.filter((y) => y <= x).length / 14);
      expect(searchRank(state, x, false)).toBe(inOrder.filter((y) => y < x).length / 14);
    }
  });

  it('and the next from a view: neither changes what is answered, nor later bytes', () => {
    const sketch = new KllSketch({ seed: 1 }).extend(STREAMS[STREAM_NAMES[0]](50_000, 1));
    const bytes = sketch.clone().toBytes();
    const [first, second, third] = [sketch.quantile(0.99), sketch.quantile(0.99), sketch.quantile(0.99)];
    expect([first, second]).toEqual([third, third]);
    expect(sketch.toBytes()).toEqual(bytes);
    expect(sketch.add(1e9).quantile(0.5)).toBe(KllSketch.fromBytes(sketch.toBytes()).quantile(0.5));
  });
});
