import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { assertImageInvariants } from '../support/image-invariants.js';
import { afterRunning, finite, options, program, query, run, runs, step } from '../support/sketch-program.js';

describe('after any program, a sketch', () => {
  it('has exact n, min and max, and weights that sum to n', () => {
    fc.assert(
      fc.property(options, program, (settings, steps) => {
        const { sketch, truth } = afterRunning(settings, steps);
        expect({ n: sketch.n, min: sketch.min, max: sketch.max }).toEqual(truth);
        let total = 0n;
        let previous = -Infinity;
        let items = 0;
        for (const { item, weight } of sketch) {
          total += BigInt(weight);
          if (!(item >= previous)) throw new Error(`${item} behind ${previous}`);
          previous = item;
          items++;
        }
        expect(total).toBe(BigInt(truth.n));
        expect(items).toBe(sketch.numRetained);
        assertImageInvariants(sketch.toImage());
      }),
      runs(150),
    );
  });

  it('gives ranks and quantiles that never fall', () => {
    fc.assert(
      fc.property(options, program, fc.array(finite, { maxLength: 30 }), (settings, steps, asked) => {
        const { sketch } = afterRunning(settings, steps);
        fc.pre(!sketch.isEmpty);
        const xs = Float64Array.from([
          -Infinity,
          ...asked,
          sketch.min,
          sketch.median,
          sketch.max,
          Infinity,
        ]).sort();
        const evenly = Float64Array.from({ length: 101 }, (_, i) => i / 100);
        for (const inclusive of [true, false]) {
          for (const answers of [
            sketch.ranks(xs, { inclusive }),
            sketch.quantilesAt(evenly, { inclusive }),
          ]) {
            for (let i = 1; i < answers.length; i++)
              expect(answers[i]).toBeGreaterThanOrEqual(answers[i - 1]);
          }
        }
        const between = sketch.quantilesAt(evenly, { interpolate: true });
        for (let i = 1; i < between.length; i++) expect(between[i]).toBeGreaterThanOrEqual(between[i - 1]);
        expect([between[0], between[100]]).toEqual([sketch.min, sketch.max]);
        expect(sketch.rank(Infinity)).toBe(1);
        expect(sketch.rank(-Infinity)).toBe(0);
      }),
      runs(100),
    );
  });

  it('has rank and quantile as inverses of each other, within one item', () => {
    fc.assert(
      fc.property(
        options,
        program,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 20 }),
        (settings, steps, ranks) => {
          const { sketch } = afterRunning(settings, steps);
          fc.pre(!sketch.isEmpty);
          const { n } = sketch;
          let heaviest = 0;
          for (const { weight } of sketch) heaviest = Math.max(heaviest, weight);
          // A rank times n is rounded: that may cost a unit in the last place of n.
          const slack = heaviest + 1 + n * 2 ** -51;
          for (const rank of ranks) {
            const x = sketch.quantile(rank);
            // What lies below x is less than the rank, what lies up to x is at least that: but for one item.
            expect(sketch.rank(x, { inclusive: false }) * n).toBeLessThanOrEqual(rank * n + slack);
            expect(sketch.rank(x) * n).toBeGreaterThanOrEqual(rank * n - slack);
          }
          for (const { item } of sketch) {
            const back = sketch.quantile(sketch.rank(item));
            expect(sketch.rank(back, { inclusive: false }) * n).toBeLessThanOrEqual(
              sketch.rank(item) * n + slack,
            );
            expect(sketch.rank(back) * n).toBeGreaterThanOrEqual(sketch.rank(item) * n - slack);
          }
        },
      ),
      runs(60),
    );
  });

  it('has bounds that hold what it answers', () => {
    fc.assert(
      fc.property(options, program, fc.double({ min: 0, max: 1, noNaN: true }), (settings, steps, rank) => {
        const { sketch } = afterRunning(settings, steps);
        fc.pre(!sketch.isEmpty);
        const x = sketch.quantile(rank);
        const bounds = sketch.quantileBounds(rank);
        expect(bounds.lower).toBeLessThanOrEqual(x);
        expect(bounds.upper).toBeGreaterThanOrEqual(x);
        // With the error of sampling an interval is never narrower.
        const interval = sketch.confidenceInterval(rank);
        expect(interval.lower).toBeLessThanOrEqual(bounds.lower);
        expect(interval.upper).toBeGreaterThanOrEqual(bounds.upper);
        const { lower, upper } = sketch.rankBounds(x);
        // At least the minimum lies up to x and, below the maximum, at most all but one: whatever the sketch answers.
        const share = 1 / sketch.n;
        const [least, most] = x < sketch.max ? [share, 1 - share] : [1, 1];
        const answer = Math.min(Math.max(sketch.rank(x), least), most);
        expect(lower).toBeGreaterThanOrEqual(least);
        expect(lower).toBeLessThanOrEqual(answer);
        expect(upper).toBeGreaterThanOrEqual(answer);
        expect(upper).toBeLessThanOrEqual(most);
      }),
      runs(60),
    );
  });

  it('goes on to the same bytes whatever it was asked in between', () => {
    fc.assert(
      fc.property(options, fc.array(step, { minLength: 1, maxLength: 6 }), (settings, steps) => {
        const silent = new KllSketch(settings);
        const asked = new KllSketch(settings);
        query(asked, 0.5);
        for (const one of steps) {
          if (one.do !== 'query') run(silent, one);
          run(asked, one);
          query(asked, 0.99);
        }
        expect(asked.toBytes()).toEqual(silent.toBytes());
      }),
      runs(80),
    );
  });
});
