/** What the page makes of answers, before it is drawn. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/dashboard/api.js';
import { differences, verdict } from '../../src/dashboard/comparison.js';
import { curveOf, points, sharesBetween, spanOf } from '../../src/dashboard/curves.js';
import { between, duration, figure, matcher, pickedBy } from '../../src/dashboard/format.js';
import { daysEarlier } from '../../src/dashboard/time-range.js';
import { KllSketch } from '../../src/index.js';
import { seededRandom } from '../support/prng.js';

function answer(...quantiles: [q: number, value: number, low: number | null, high: number | null][]): Answer {
  return {
    n: 100,
    mean: null,
    min: null,
    max: null,
    from: null,
    to: null,
    freshnessMs: 0,
    partial: false,
    stale: false,
    shares: [],
    quantiles: quantiles.map(([q, value, low, high]) => ({
      q,
      value,
      lower: null,
      upper: null,
      ci: [low, high],
    })),
  };
}

describe('a comparison', () => {
  it('calls larger than chance what no common value explains', () => {
    const here = answer([0.5, 10, 9, 11], [0.75, 20, 18, 22], [0.9, 30, 28, 33], [0.95, 40, 38, 42]);
    const there = answer([0.5, 12, 11.5, 13], [0.75, 15, 14, 17], [0.9, 31, 29, 34], [0.95, 40, 37, 41]);
    const found = differences(here, there);
    expect(found.map(({ relation }) => relation)).toEqual(['lower', 'higher', 'chance', 'same']);
    expect(found[0].words).toBe('p50 is lower by 2: larger than chance');
    expect(verdict(found)).toBe('Larger than chance: p75 higher; p50 lower.');
    expect(verdict(found.slice(2))).toBe('No difference is larger than chance explains.');
  });

  it('knows what an open end leaves open', () => {
    const here = answer([0.99, 90, 80, null], [0.999, 95, null, null]);
    const above = differences(here, answer([0.99, 50, 40, 60], [0.999, 60, null, null]));
    expect(above.map(({ relation }) => relation)).toEqual(['higher', '?']);
    const within = differences(here, answer([0.99, 85, 70, 100], [0.999, 60, null, null]));
    expect(within.map(({ relation }) => relation)).toEqual(['?', '?']);
    expect(verdict(within)).toBe('Too few values to say.');
  });
});

describe('a curve', () => {
  it('holds the share of the population in its interval, at 99 %', () => {
    const { next } = seededRandom(99);
    const xs = points({ low: 0.05, high: 0.95, logarithmic: false }, 18);
    let held = 0;
    let narrow = 0;
    const samples = 300;
    for (let i = 0; i < samples; i++) {
      const values = Float64Array.from({ length: 2000 }, next);
      const { interval } = curveOf(new KllSketch({ seed: i }).extend(values), xs);
      // Of values from 0 to 1 the share up to x is x.
      xs.forEach((x, at) => {
        if (interval.lower[at] <= x && x <= interval.upper[at]) held++;
        if (interval.upper[at] - interval.lower[at] < 0.09) narrow++;
      });
    }
    // Seeds are fixed. Were all intervals of a sample alike, 0.973 would be three standard deviations of 300 below 0.99.
    expect(held / (samples * xs.length)).toBeGreaterThan(0.973);
    expect(narrow / (samples * xs.length)).toBeGreaterThan(0.98);
  });

  it('holds what is known of the values themselves inside, and nothing of what is not there', () => {
    const sketch = new KllSketch().extend([1, 2, 3, 4]);
    const { share, bound } = curveOf(sketch, [0, 2, 4]);
    expect(share).toEqual([0, 0.5, 1]);
    expect(bound).toEqual({ lower: [0, 0.5, 1], upper: [0, 0.5, 1] });
    expect(spanOf(new KllSketch())).toBeUndefined();
    expect(spanOf(new KllSketch().add(7))).toBeUndefined();
    expect(spanOf(new KllSketch(), sketch)).toEqual({ low: 1, high: 4, logarithmic: false });
  });

  it.each([
    [
      'zeros and little else',
      [...new Array(600).fill(0), ...Array.from({ length: 400 }, (_, i) => (i + 1) / 1000)],
    ],
    ['whole numbers', Array.from({ length: 1000 }, (_, i) => 1 + (i % 2 ? i % 40 : 0))],
  ])('has all of p1 to p99.9 in its intervals: %s', (_, values) => {
    const sketch = new KllSketch().extend(values);
    const span = spanOf(sketch)!;
    const shares = sharesBetween(sketch, points(span, 30));
    expect(shares).toHaveLength(30);
    const within = values.filter((x) => x >= span.low && x <= span.high).length / values.length;
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(within, 9);
  });

  it.each([
    ['the same but for their last bits', [0.3, 0.1 + 0.2], false],
    ['nanoseconds since 1970', [1.7e18, 1.7e18 + 512], false],
    ['as far apart as numbers can be', [-1e308, 1e308], true],
    ['of every size', [1e-300, 1e300], true],
  ])('has points apart from each other, or no span at all: values %s', (_, ends, hasSpan) => {
    const span = spanOf(new KllSketch().extend(Array.from({ length: 1000 }, (_, i) => ends[i % 2])));
    expect(span !== undefined).toBe(hasSpan);
    if (!span) return;
    for (const parts of [30, 60]) {
      const xs = points(span, parts);
      expect([xs[0], xs[parts]]).toEqual(ends);
      expect(xs.filter((x, i) => i > 0 && !(x > xs[i - 1]))).toEqual([]);
    }
  });

  it('is drawn from end to end, evenly as its axis has it', () => {
    expect(points({ low: 1, high: 3, logarithmic: false }, 4)).toEqual([1, 1.5, 2, 2.5, 3]);
    const even = points({ low: 1, high: 1000, logarithmic: true }, 3);
    expect(even.map((x) => Math.round(x))).toEqual([1, 10, 100, 1000]);
  });
});

describe('the same time some days earlier', () => {
  const zone = process.env.TZ;
  beforeAll(() => {
    process.env.TZ = 'Europe/Berlin';
  });
  afterAll(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });
  const at = (local: string) => new Date(local).getTime();

  it.each([
    ['over no change', 1, '2026-06-02T10:00', '2026-06-02T12:00', '2026-06-01T10:00', '2026-06-01T12:00'],
    ['into summer', 1, '2026-03-29T10:00', '2026-03-29T12:00', '2026-03-28T10:00', '2026-03-28T12:00'],
    ['into winter', 7, '2026-10-26T10:00', '2026-10-26T12:00', '2026-10-19T10:00', '2026-10-19T12:00'],
    ['a day of 23 hours', 1, '2026-03-29T00:00', '2026-03-30T00:00', '2026-03-28T00:00', '2026-03-29T00:00'],
    // There is no 02:40 on that day.
    ['an hour left out', 1, '2026-03-30T02:40', '2026-03-30T03:10', '2026-03-29T01:40', '2026-03-29T03:10'],
  ])('is so by the clock: %s', (_, days, from, to, start, end) => {
    expect(daysEarlier({ from: at(from), to: at(to) }, days)).toEqual({ from: at(start), to: at(end) });
  });
});

describe('words', () => {
  it('give labels back from the matcher that picks them, and none from patterns', () => {
    for (const labels of [
      {},
      { route: '/a' },
      { a: 'x"y\\z', 'b.c': '1, 2' },
      { 'user agent': 'q', 'a,b="{}\\': '1' },
    ]) {
      expect(pickedBy(matcher(labels))).toEqual(labels);
    }
    for (const pattern of ['{route=~"/a|/b"}', '{route!="/a"}', '{route="/a",x=~"b"}', 'nonsense']) {
      expect(pickedBy(pattern)).toEqual({});
    }
  });

  it('name an interval with open ends', () => {
    expect([between(1, 2), between(null, 2), between(1, null), between(null, null), between(3, 3)]).toEqual([
      '1 to 2',
      'up to 2',
      'from 1',
      'unknown',
      '3',
    ]);
    expect([figure(12345.6), figure(0.12345), figure(null)]).toEqual(['12,346', '0.123', '-']);
  });
  it('tell a duration in the unit that fits it', () => {
    const lengths = [999, 119_000, 7_140_000, 172_740_000, 1_296_000_000];
    expect(lengths.map(duration)).toEqual(['999 ms', '119 s', '119 min', '48 h', '15 days']);
  });
});
