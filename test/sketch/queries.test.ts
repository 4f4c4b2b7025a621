import { describe, expect, it } from 'vitest';
import { samplingRanks } from '../../src/core/sampling.js';
import { KllSketch, type Tails } from '../../src/index.js';
import { ApacheSortedView } from '../support/apache-sorted-view.js';
import { seededRandom } from '../support/prng.js';
import { STREAM_NAMES, STREAMS } from '../support/streams.js';

const make = () => new KllSketch({ seed: 7 });

describe('an empty sketch', () => {
  const forms: Record<string, () => KllSketch> = {
    'just made': make,
    'after a reset': () => make().extend(STREAMS.shuffled(5000, 1)).reset(),
    'loaded from bytes': () => KllSketch.fromBytes(make().toBytes()),
    'merged of empty ones': () => KllSketch.mergeAll([make(), make().toBytes()]),
    condensed: () => make().condense(100),
    cloned: () => make().clone(),
  };
  it.each(Object.entries(forms))('%s answers NaN, never 0 and never an error', (_, form) => {
    const sketch = form();
    expect([sketch.n, sketch.isEmpty, sketch.numRetained, sketch.isEstimating, sketch.sum]).toEqual([
      0,
      true,
      0,
      false,
      0,
    ]);
    const numbers = [
      sketch.min,
      sketch.max,
      sketch.mean,
      sketch.median,
      sketch.quantile(0),
      sketch.quantile(0.5),
    ];
    numbers.push(sketch.quantile(1), sketch.quantile(0.9, { interpolate: true }), sketch.rank(5));
    numbers.push(sketch.rank(Infinity, { inclusive: false }));
    expect(numbers.every(Number.isNaN)).toBe(true);
    for (const { lower, upper } of [
      sketch.quantileBounds(0.5),
      sketch.rankBounds(5),
      sketch.confidenceInterval(0.5),
    ]) {
      expect([lower, upper]).toEqual([Number.NaN, Number.NaN]);
    }
    const nothing = (length: number) => new Array<number>(length).fill(Number.NaN);
    expect(sketch.quantiles(5)).toEqual(nothing(5));
    expect(sketch.quantilesAt([0, 0.5, 1])).toEqual(nothing(3));
    expect(sketch.ranks([1, 2])).toEqual(nothing(2));
    expect(sketch.cdf([1, 2])).toEqual(nothing(3));
    expect(sketch.pmf([1, 2])).toEqual(nothing(3));
    expect([...sketch]).toEqual([]);
    expect(sketch.rankError()).toBe(0);
  });
});

describe('an exact sketch', () => {
  const sketch = make().extend([30, 10, 20, 20, 50]);

  it('answers ranks of what is added', () => {
    expect([...sketch.ranks([5, 10, 15, 20, 30, 50, 60])]).toEqual([0, 0.2, 0.2, 0.6, 0.8, 1, 1]);
    expect([...sketch.ranks([5, 10, 15, 20, 30, 50, 60], { inclusive: false })]).toEqual([
      0, 0, 0.2, 0.2, 0.6, 0.8, 1,
    ]);
    expect(sketch.rank(20)).toBe(0.6);
    expect([sketch.rank(-Infinity), sketch.rank(Infinity)]).toEqual([0, 1]);
  });

  it('answers quantiles among what was added', () => {
    expect([...sketch.quantilesAt([0, 0.1, 0.2, 0.21, 0.6, 0.61, 0.8, 0.81, 1])]).toEqual([
      10, 10, 10, 20, 20, 30, 30, 50, 50,
    ]);
    expect([...sketch.quantilesAt([0, 0.1, 0.2, 0.6, 0.8, 1], { inclusive: false })]).toEqual([
      10, 10, 20, 30, 50, 50,
    ]);
    expect(sketch.median).toBe(20);
    expect([...sketch.quantiles(3)]).toEqual([10, 20, 50]);
  });

  it('answers cdf and pmf', () => {
    expect([...sketch.cdf([15, 20, 45])]).toEqual([0.2, 0.6, 0.8, 1]);
    expect([...sketch.cdf([15, 20, 45], { inclusive: false })]).toEqual([0.2, 0.2, 0.8, 1]);
    const shares = [...sketch.pmf([15, 20, 45])];
    for (const [i, share] of [0.2, 0.4, 0.2, 0.2].entries()) expect(shares[i]).toBeCloseTo(share, 12);
    expect([...sketch.cdf([])]).toEqual([1]);
    expect([...sketch.pmf([-Infinity, Infinity])]).toEqual([0, 1, 0]);
  });

  it('has no error, and bounds that say so', () => {
    expect([sketch.isEstimating, sketch.rankError(), sketch.rankError({ pmf: true })]).toEqual([false, 0, 0]);
    expect(sketch.quantileBounds(0.5)).toEqual({ lower: 20, upper: 20 });
    expect(sketch.rankBounds(20)).toEqual({ lower: 0.6, upper: 0.6 });
  });

  it('interpolates only when it is asked to, and never past an end', () => {
    const between = make().extend([0, 10]);
    expect(between.quantile(0.5, { interpolate: true })).toBe(5);
    expect(between.quantile(0, { interpolate: true })).toBe(0);
    expect(between.quantile(1, { interpolate: true })).toBe(10);
    const wide = make().extend([-Number.MAX_VALUE, Number.MAX_VALUE]);
    expect(wide.quantile(0.5, { interpolate: true })).toBe(0);
    expect(make().add(3).quantile(0.7, { interpolate: true })).toBe(3);
  });

  it.each([1, 2, 3, 200, 1023, 1024])('of %d values answers every rank exactly, one added by one', (n) => {
    const values = STREAMS['long tail'](n, 3);
    const one = make();
    for (const x of values) one.add(x);
    const sorted = values.slice().sort();
    for (let i = 0; i < n; i++) {
      const x = sorted[i];
      expect(one.rank(x) * n).toBeCloseTo(sorted.findLastIndex((y) => y <= x) + 1, 6);
      expect(one.quantile((i + 0.5) / n)).toBe(x);
    }
  });
});

describe('an estimating sketch', () => {
  it.each(STREAM_NAMES)('answers as the Apache libraries answer for the same items: %s', (name) => {
    for (const tails of ['none', 'high', 'both'] as Tails[]) {
      const sketch = new KllSketch({ seed: 5, tails }).extend(STREAMS[name](30_000, 5));
      const view = new ApacheSortedView(sketch.toImage());
      const random = seededRandom(9);
      for (const inclusive of [true, false]) {
        for (const item of [...view.items.filter((_, i) => i % 7 === 0), 0, -1, 1e300]) {
          expect(sketch.rank(item, { inclusive })).toBe(view.rank(item, inclusive));
        }
        for (let i = 0; i < 200; i++) {
          const rank = i % 2 ? random.next() : Math.round(random.next() * 30_000) / 30_000;
          if (rank === 0 || rank === 1) continue;
          expect(sketch.quantile(rank, { inclusive })).toBe(view.quantile(rank, inclusive));
        }
      }
    }
  });

  it('has its minimum at rank 0 and its maximum at rank 1, exactly', () => {
    for (const name of STREAM_NAMES) {
      const values = STREAMS[name](100_000, 4);
      const sketch = make().extend(values);
      const ends = [values.reduce((a, b) => Math.min(a, b)) + 0, values.reduce((a, b) => Math.max(a, b)) + 0];
      expect([sketch.min, sketch.max]).toEqual(ends);
      expect([...sketch.quantilesAt([0, 1])]).toEqual(ends);
      expect([...sketch.quantilesAt([0, 1], { inclusive: false })]).toEqual(ends);
      expect([...sketch.quantiles(2)]).toEqual(ends);
    }
  });

  it('has a pmf whose shares sum to 1 and a cdf that ends with it', () => {
    const sketch = make().extend(STREAMS['long tail'](50_000, 4));
    const splits = sketch.quantiles(21).slice(1, -1);
    const pmf = sketch.pmf(splits);
    expect(pmf.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(pmf.every((share) => share >= 0)).toBe(true);
    const cdf = sketch.cdf(splits);
    expect(cdf).toEqual([...sketch.ranks(splits), 1]);
  });

  it('answers lists as it answers one by one', () => {
    const sketch = make().extend(STREAMS.shuffled(50_000, 4));
    const ranks = [0.9, 0.1, 0.5, 0.1];
    expect([...sketch.quantilesAt(new Set(ranks))]).toEqual(
      [0.9, 0.1, 0.5].map((rank) => sketch.quantile(rank)),
    );
    expect([...sketch.quantilesAt(Float32Array.of(0.5, 0.25))]).toEqual([
      sketch.quantile(0.5),
      sketch.quantile(0.25),
    ]);
    expect([...sketch.ranks(ranks)]).toEqual(ranks.map((x) => sketch.rank(x)));
    expect(sketch.quantiles(5)).toEqual(sketch.quantilesAt([0, 0.25, 0.5, 0.75, 1]));
  });

  it('answers for staged values too, without taking them out of staging', () => {
    const sketch = make().extend(STREAMS.shuffled(50_000, 4));
    const { n } = sketch;
    sketch.add(-1).add(1e9);
    expect([sketch.min, sketch.max, sketch.n]).toEqual([-1, 1e9, n + 2]);
    expect(sketch.rank(-1)).toBe(1 / (n + 2));
    expect(sketch.rank(1e8)).toBe((n + 1) / (n + 2));
    expect(sketch.debugState().staged).toBe(2);
  });

  it('has quantile bounds that hold the true quantile, and rank bounds the true rank, 99 times in 100', () => {
    // 60 sketches of 7 ranks; under the stated 1 % a seeded run with more than 20 misses in 420 (5 times the expected
    // number) has a chance below 1e-7.
    let misses = 0;
    for (let seed = 0; seed < 60; seed++) {
      const n = 20_000;
      const sketch = new KllSketch({ seed }).extend(STREAMS.shuffled(n, seed));
      for (const rank of [0.01, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999]) {
        const exact = Math.ceil(rank * n) - 1;
        const { lower, upper } = sketch.quantileBounds(rank);
        const ranks = sketch.rankBounds(exact);
        if (!(lower <= exact && exact <= upper)) misses++;
        if (!(ranks.lower <= (exact + 1) / n && (exact + 1) / n <= ranks.upper)) misses++;
      }
    }
    expect(misses).toBeLessThanOrEqual(20);
  });

  it('knows that ranks outside what it saw are 0 and 1', () => {
    const sketch = make().extend(STREAMS.shuffled(50_000, 4));
    expect(sketch.rankBounds(-1)).toEqual({ lower: 0, upper: 0 });
    expect(sketch.rankBounds(49_999)).toEqual({ lower: 1, upper: 1 });
    expect(sketch.rankBounds(1e9)).toEqual({ lower: 1, upper: 1 });
  });

  it('are no interval upside down where bounds are wider than the values', () => {
    const image = {
      k: 200,
      minK: 200,
      tailGuarantee: 0,
      variance: 0,
      n: 3,
      min: -40,
      max: 80,
      sum: 30,
    } as const;
    const sizes = Uint32Array.of(3);
    const sketch = KllSketch.fromImage({ ...image, sizes, items: Float64Array.of(-20, 0, 50) });
    expect(sketch.rankBounds(-30)).toEqual({ lower: 1 / 3, upper: 1 / 3 });
    expect(sketch.rankBounds(0)).toEqual({ lower: 2 / 3, upper: 2 / 3 });
    expect(sketch.rankBounds(70)).toEqual({ lower: 1 - 1 / 3, upper: 1 - 1 / 3 });
    expect(sketch.rankBounds(-41)).toEqual({ lower: 0, upper: 0 });
    expect(sketch.rankBounds(80)).toEqual({ lower: 1, upper: 1 });
  });

  it('has a smaller error with a larger k', () => {
    const errors = [8, 50, 200, 1024, 4096].map((k) =>
      new KllSketch({ k, seed: 1 }).extend(STREAMS.shuffled(100_000, 1)).rankError(),
    );
    for (let i = 1; i < errors.length; i++) expect(errors[i]).toBeLessThan(errors[i - 1]);
    const sketch = make().extend(STREAMS.shuffled(100_000, 1));
    expect(sketch.rankError()).toBeGreaterThan(0);
    expect(sketch.rankError({ pmf: true })).toBeGreaterThan(sketch.rankError());
    expect(sketch.rankError({ pmf: true })).toBeLessThan(0.05);
  });
});

describe('the confidence interval', () => {
  it('holds the quantile of the population in at least 99 of 100 samples', () => {
    // 300 samples of each size and rank. Where the stated 99 % were missed by an interval that holds 97 % of the time,
    // 9 misses would be expected; more than 10 misses under the stated 1 % (3 expected) have a chance below 4e-4.
    const random = seededRandom(11);
    for (const [n, k] of [
      [30, 200],
      [1000, 200],
      [5000, 50],
    ]) {
      for (const rank of [0.1, 0.5, 0.95]) {
        let misses = 0;
        for (let trial = 0; trial < 300; trial++) {
          const values = Float64Array.from({ length: n }, () => random.next());
          const { lower, upper } = new KllSketch({ k, seed: trial }).extend(values).confidenceInterval(rank);
          // The population is uniform: its quantile is the rank.
          if (!(lower <= rank && rank <= upper)) misses++;
        }
        expect(misses, `n = ${n}, rank = ${rank}`).toBeLessThanOrEqual(10);
      }
    }
  });

  it('narrows as the sample grows, and is wider than what the sketch alone may be off by', () => {
    const width = (n: number) => {
      const { lower, upper } = new KllSketch({ k: 1024, seed: 1 })
        .extend(STREAMS.shuffled(n, 1))
        .confidenceInterval(0.5);
      return (upper - lower) / n;
    };
    expect(width(1000)).toBeGreaterThan(width(10_000));
    expect(width(10_000)).toBeGreaterThan(width(100_000));
    const sketch = make().extend(STREAMS.shuffled(2000, 1));
    const own = sketch.quantileBounds(0.5);
    const { lower, upper } = sketch.confidenceInterval(0.5);
    expect([lower <= own.lower, upper >= own.upper]).toEqual([true, true]);
  });

  it('is open where the sample is too small to say', () => {
    const sketch = make().extend([1, 2, 3]);
    expect(sketch.confidenceInterval(0.5)).toEqual({ lower: -Infinity, upper: Infinity });
    expect(make().extend(STREAMS.shuffled(1000, 1)).confidenceInterval(0.9999).upper).toBe(Infinity);
  });
});

describe('ranks that are shares of n', () => {
  it('are those of their values, whichever way their product with n was rounded', () => {
    const wrong: string[] = [];
    for (let n = 1; n <= 600; n++) {
      const sketch = new KllSketch().extend(Float64Array.from({ length: n }, (_, i) => i + 1));
      for (let i = 1; i <= n; i++) {
        const rank = sketch.rank(i);
        if (sketch.quantile(rank) !== i) wrong.push(`${n}: ${i}`);
        // What a share is above: of exclusive ranks, the next value's.
        if (
          i < n &&
          sketch.quantile(sketch.rank(i + 1, { inclusive: false }), { inclusive: false }) !== i + 1
        )
          wrong.push(`${n}: ${i} exclusive`);
      }
    }
    expect(wrong).toEqual([]);
    const hundred = new KllSketch().extend(Float64Array.from({ length: 100 }, (_, i) => i + 1));
    for (let i = 1; i < 100; i++) {
      expect(hundred.quantile(i / 100)).toBe(i);
      expect(hundred.quantile(1 - (100 - i) / 100)).toBe(i);
      expect(hundred.quantile((100 - i) / 100)).toBe(100 - i);
    }
    expect(hundred.quantile(Number.MIN_VALUE)).toBe(1);
    expect(hundred.quantile(1 - 2 ** -53)).toBe(100);
    expect(hundred.quantile(0.0700001)).toBe(8);
  });

  it('make confidence intervals of the values that order statistics choose', () => {
    for (const n of [50, 100, 400, 531, 1000]) {
      const sketch = new KllSketch().extend(Float64Array.from({ length: n }, (_, i) => i + 1));
      for (let percent = 1; percent < 100; percent++) {
        const { lower, upper } = samplingRanks(percent / 100, n);
        expect(sketch.confidenceInterval(percent / 100)).toEqual({
          lower: lower === -Infinity ? lower : Math.round(lower * n),
          upper: upper === Infinity ? upper : Math.round(upper * n),
        });
      }
    }
  });

  it('of arrays whose memory was given away are none', () => {
    const sketch = make().extend(STREAMS.shuffled(5000, 1));
    const away = Float64Array.of(0.5, 0.9);
    structuredClone(away.buffer, { transfer: [away.buffer] });
    expect(sketch.quantilesAt(away)).toEqual([]);
    expect(sketch.ranks(away)).toEqual([]);
    expect(sketch.cdf(away)).toEqual(sketch.cdf([]));
  });
});
