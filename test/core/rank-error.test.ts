import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ErrorTerms, normalizedRankError, rankErrorAt } from '../../src/core/rank-error.js';
import { KllSketch, type Tails } from '../../src/index.js';
import { STREAMS } from '../support/streams.js';

/** The formulas of docs/accuracy.md, written anew. */
const documented = {
  c({ n, minK, guarantee }: ErrorTerms): number {
    const scheduled = guarantee > 0 && minK >= 1024;
    const s = Math.max(0, 200 - minK) / 900;
    const grown = 0.55 + 2 * s + (scheduled ? 0.17 : 0.2) * Math.log10(n / minK);
    const protecting = [1, scheduled ? 1.16 : 1.06, 1.28][guarantee];
    return ((1.02 * (1 + s)) / (minK + 8) ** 0.872) * protecting * Math.min(1, grown);
  },
  overAll(terms: ErrorTerms): number {
    return Math.hypot(documented.c(terms), 4.3 * Math.sqrt(terms.variance)) + 1.5 / terms.n;
  },
  at(rank: number, terms: ErrorTerms): number {
    const { n, minK, guarantee, variance } = terms;
    // Where no end is protected, every rank is far from one.
    const distance = [Infinity, 1 - rank, Math.min(rank, 1 - rank)][guarantee];
    let compactions = 0.75 * documented.c(terms);
    if (minK >= 1024) {
      const ends = [Infinity, 1, 2][guarantee];
      compactions = Math.min(compactions, 0.0142 * ends * Math.sqrt(1024 / minK) * distance ** 0.75);
    } else if (minK >= 50) {
      compactions = Math.max(compactions * Math.min(1, (distance / 0.018) ** 0.7), 0.00072 / minK);
    }
    const condensing = 2.9 * Math.sqrt(variance) * Math.min(1, distance / 0.012);
    return Math.hypot(compactions, condensing) + 1.5 / n;
  },
};

describe('the error that is stated', () => {
  const cases: ErrorTerms[] = [8, 49, 50, 100, 199, 200, 1023, 1024, 4096].flatMap((minK) =>
    ([0, 1, 2] as const).flatMap((guarantee) =>
      [10_000, 300_000, 1e9].flatMap((n) =>
        [0, 1e-6].map((variance) => ({ minK, guarantee, n, variance, isEstimating: true })),
      ),
    ),
  );

  it('over all ranks, and of intervals, is that of the formulas in docs/accuracy.md', () => {
    for (const terms of cases) {
      const expected = documented.overAll(terms);
      expect(normalizedRankError(terms, false) / expected).toBeCloseTo(1, 10);
      expect(normalizedRankError(terms, true) / (1.8 * expected)).toBeCloseTo(1, 10);
    }
  });

  it('at one rank is that of the formulas in docs/accuracy.md, and less towards protected ends alone', () => {
    for (const terms of cases) {
      for (const rank of [0, 1e-4, 0.01, 0.015, 0.3, 0.5, 0.985, 0.99, 0.9999, 1]) {
        expect(rankErrorAt(rank, terms) / documented.at(rank, terms)).toBeCloseTo(1, 10);
      }
    }
  });

  it('is the bound in the tables of docs/accuracy.md', () => {
    const text = readFileSync(new URL('../../docs/accuracy.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| n=(\d+) k=(\d+) (\w+) \|(.*)\|$/gm)];
    expect(rows.length).toBeGreaterThan(0);
    for (const [, n, k, tails, columns] of rows) {
      const sketch = new KllSketch({ k: Number(k), tails: tails as Tails, seed: 1 });
      sketch.extend(STREAMS.shuffled(Number(n), 1));
      // Behind trials, five errors and two sizes, in % of n.
      const bound = Number(columns.split('|')[8]);
      expect(Number((100 * sketch.rankError()).toPrecision(3))).toBe(bound);
    }
  });

  it('is never more than all values', () => {
    const image = { k: 8, minK: 8, n: 2, sum: 10, min: 5, max: 5, tailGuarantee: 0, variance: 0 } as const;
    const sizes = Uint32Array.of(0, 1);
    const sketch = KllSketch.fromImage({ ...image, sizes, items: Float64Array.of(5) });
    expect(sketch.isEstimating).toBe(true);
    expect([sketch.rankError(), sketch.rankError({ pmf: true })]).toEqual([expect.any(Number), 1]);
    expect(sketch.rankError()).toBeLessThanOrEqual(1);
  });
});
