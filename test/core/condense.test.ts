import { describe, expect, it } from 'vitest';
import { totalCapacity } from '../../src/core/capacity.js';
import { condense, planForK, wantedRamp } from '../../src/core/condense.js';
import { TAILS_NAMES, type TailsCode } from '../../src/core/image.js';
import { KllSketch } from '../../src/index.js';
import { condenseBias, mixedWeights, viewOfWeights } from '../support/condense-bias.js';
import { seededRandom } from '../support/prng.js';

const TAILS = [0, 1, 2] as const;

/** A view of n values in few items: only positions matter here. */
function coarseView(n: number) {
  const items = Math.min(64, n);
  const whole = Math.floor(n / items);
  const weights = new Float64Array(items).fill(whole);
  weights[items - 1] += n - items * whole;
  return viewOfWeights(weights);
}

/** An n, log-uniform from what no longer fits to 2^53. */
function drawn(k: number, random: ReturnType<typeof seededRandom>): number {
  const smallest = Math.log2(totalCapacity(k, 1) + 1);
  return Math.min(2 ** 53, Math.ceil(2 ** (smallest + random.next() * (53 - smallest))));
}

describe('the layout of a condensed copy', () => {
  it.each(TAILS)('exists, fits and covers n for every k from 8 to 4096 (tails %d)', (tails) => {
    const random = seededRandom(100 + tails);
    for (let k = 8; k <= 4096; k++) {
      const n = drawn(k, random);
      const sharp = random.below(4) === 0;
      const layout = planForK(n, k, tails, sharp);
      const c = 2 ** layout.height;
      const what = `k ${k}, n ${n}`;
      expect(n, what).toBe(tails * layout.ramp * (c - 1) + layout.chunks * c + layout.slack);
      expect(layout.slack >= c && layout.slack < 2 * c, what).toBe(true);
      const view = coarseView(n);
      // The first phase, the last, and two between.
      for (const u of [0, random.next(), random.next(), 1 - 2 ** -53]) {
        const phase = Math.min(c - 1, Math.floor(u * c));
        const { sizes } = condense(view, layout, tails, phase, random.below(2));
        let covered = 0;
        let items = 0;
        sizes.forEach((size, level) => {
          covered += size * 2 ** level;
          items += size;
        });
        if (covered !== n) expect(covered, what).toBe(n);
        if (items > totalCapacity(k, sizes.length)) {
          expect(items, what).toBeLessThanOrEqual(totalCapacity(k, sizes.length));
        }
      }
    }
  });

  it('picks values of the view up to the last of 2^53', () => {
    const random = seededRandom(7);
    for (let seed = 0; seed < 400; seed++) {
      const heavy = new KllSketch({ k: 1024, tails: TAILS_NAMES[seed % 3], seed });
      heavy.extendWeighted(
        Array.from({ length: 900 }, (_, i) => i),
        new Array(900).fill(2 ** (30 + random.below(13))),
      );
      heavy.add(950, 2 ** (seed % 2 ? 53 : 52) - random.below(9) - heavy.n);
      const copy = heavy.condense(8 + random.below(40));
      expect(copy.n).toBe(heavy.n);
      expect([...copy].every(({ item }) => item >= 0 && item <= 950)).toBe(true);
      expect(KllSketch.fromBytes(copy.toBytes()).n).toBe(heavy.n);
    }
  });

  it('keeps the ramp it is asked for wherever n leaves room for it', () => {
    for (const tails of [1, 2] as TailsCode[]) {
      for (const n of [1e5, 1e6, 1e9, 2 ** 31]) {
        for (const k of [50, 100, 200, 400]) {
          expect(planForK(n, k, tails, false).ramp, `k ${k}, n ${n}`).toBeGreaterThanOrEqual(
            wantedRamp(k, tails, false),
          );
        }
      }
    }
  });

  it('takes chunks no larger than twice what n shared among the items would need', () => {
    for (const k of [50, 100, 200, 400]) {
      for (const n of [1e4, 1e5, 1e6, 1e9]) {
        const { height } = planForK(n, k, 0, false);
        // Without ramps n / c chunks of c stand beside at most 2 height smaller ones.
        const room = totalCapacity(k, height) - 2 * height;
        expect(2 ** (height - 1), `k ${k}, n ${n}`).toBeLessThanOrEqual(n / room + 1);
      }
    }
  });
});

describe('one systematic resample', () => {
  /** In units of c^2, of a uniform place in a chunk of c values, whose middle is one of two. */
  const varianceOfMiddles = (c: number) => (1 + 2 / c ** 2) / 12 + 1e-12;
  const random = seededRandom(7);
  const cases = TAILS.flatMap((tails) =>
    (
      [
        ['values', 200, viewOfWeights(new Float64Array(20_000).fill(1))],
        ['values', 50, viewOfWeights(new Float64Array(5000).fill(1))],
        ['weighted items', 200, viewOfWeights(mixedWeights(2800, 9, random))],
        ['weighted items', 24, viewOfWeights(mixedWeights(600, 6, random))],
      ] as const
    ).map(([of, k, view]) => [of, k, tails, view] as const),
  );

  it.each(
    cases,
  )('of %s to k = %d, tails %d, is unbiased over its phases at every rank', (_, k, tails, view) => {
    const { c, bias, variance, largest } = condenseBias(view, k, tails);
    expect(bias).toBe(0);
    expect(variance).toBeLessThanOrEqual(varianceOfMiddles(c));
    // At the items themselves there is no "plus one item".
    expect(largest).toBeLessThanOrEqual(0.5);
  });

  it('with sharp tails too', () => {
    const view = viewOfWeights(mixedWeights(2800, 9, random));
    const { c, bias, variance, largest } = condenseBias(view, 200, 1, true);
    expect([bias, variance <= varianceOfMiddles(c), largest <= 0.5]).toEqual([0, true, true]);
  });
});

describe('condense()', () => {
  const values = () => {
    const random = seededRandom(11);
    return Float64Array.from({ length: 200_000 }, () => random.normal());
  };

  it('draws its phase anew for each copy', () => {
    const sketch = new KllSketch({ k: 1024, seed: 3 }).extend(values());
    const copies = Array.from({ length: 8 }, () => [...sketch.condense(200)].map(({ item }) => item).join());
    expect(new Set(copies).size).toBe(8);
  });

  it('keeps n, sum, minimum and maximum', () => {
    const sketch = new KllSketch({ k: 1024, seed: 3 }).extend(values());
    const copy = sketch.condense(200);
    expect([copy.n, copy.sum, copy.min, copy.max, copy.k]).toEqual([
      sketch.n,
      sketch.sum,
      sketch.min,
      sketch.max,
      200,
    ]);
  });

  it('is an exact copy where everything fits, and adds no variance', () => {
    const sketch = new KllSketch({ k: 200, seed: 3 }).extend(values());
    const copy = sketch.condense(1024);
    expect([...copy]).toEqual([...sketch]);
    expect(copy.variance).toBe(0);
  });

  it('adds c^2 / 12 to the variance', () => {
    const sketch = new KllSketch({ k: 1024, seed: 3 }).extend(values());
    const copy = sketch.condense(200);
    const c = 2 ** (copy.numLevels - 1);
    // Variance is a 32-bit float, rounded up.
    expect(copy.variance).toBeGreaterThanOrEqual((c / copy.n) ** 2 / 12);
    expect(copy.variance).toBeLessThan(((c / copy.n) ** 2 / 12) * (1 + 1e-6));
  });
});
