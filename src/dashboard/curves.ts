/** The distribution behind a sketch as curves, with what is not known of it at 99 % confidence. */
import type { KllSketch } from '../index.js';

export interface Curve {
  /** Share of values up to each x. */
  share: number[];
  /** Where that share of these values lies: the sketch's error. */
  bound: { lower: number[]; upper: number[] };
  /** Where the share of the population lies they were drawn from: the sample's chance, and the sketch's error. */
  interval: { lower: number[]; upper: number[] };
}

/** Ranks at which the population's quantiles are asked for. */
const RANKS = Array.from({ length: 400 }, (_, i) => (i + 0.5) / 400);

/** @param xs ascending */
export function curveOf(sketch: KllSketch, xs: readonly number[]): Curve {
  const bounds = xs.map((x) => sketch.rankBounds(x));
  const intervals = RANKS.map((rank) => ({ rank, ...sketch.confidenceInterval(rank) }));
  return {
    share: [...sketch.ranks(xs)],
    bound: { lower: bounds.map(({ lower }) => lower), upper: bounds.map(({ upper }) => upper) },
    // The test behind each quantile's interval, asked the other way round: the shares that no interval excludes.
    interval: {
      lower: xs.map((x) => intervals.findLast(({ upper }) => upper <= x)?.rank ?? 0),
      upper: xs.map((x) => intervals.find(({ lower }) => lower > x)?.rank ?? 1),
    },
  };
}

/** The share of values from each of some ends, ascending, to the next; those at an end below it, at the first one above. */
export function sharesBetween(sketch: KllSketch, ends: readonly number[]): number[] {
  const [low] = ends;
  // Of what lies beyond the ends there is one interval each.
  const shares = sketch.pmf(ends).slice(1, -1);
  shares[0] += sketch.rank(low) - sketch.rank(low, { inclusive: false });
  return shares;
}

export interface Span {
  low: number;
  high: number;
  /** Worth a logarithmic axis. */
  logarithmic: boolean;
}

/** Most parts that a span is cut into. */
const MOST_PARTS = 60;

/** Where there is something to see of some sketches: from p1 to p99.9. Nothing where that is a point, or next to one. */
export function spanOf(...sketches: KllSketch[]): Span | undefined {
  const some = sketches.filter(({ isEmpty }) => !isEmpty);
  const low = Math.min(...some.map((sketch) => sketch.quantile(0.01)));
  const high = Math.max(...some.map((sketch) => sketch.quantile(0.999)));
  const span = { low, high, logarithmic: low > 0 && high / low > 50 };
  const isApart = points(span, MOST_PARTS).every((x, i, all) => i === 0 || x > all[i - 1]);
  return isApart ? span : undefined;
}

/**
 * Points from end to end, evenly as the axis has it.
 * @param parts at most 60
 */
export function points({ low, high, logarithmic }: Span, parts: number): number[] {
  // A mean of both ends: their difference, or their ratio, may be more than a number holds.
  const between = (a: number, b: number, t: number) => a * (1 - t) + b * t;
  return Array.from({ length: parts + 1 }, (_, i) => {
    if (i === 0) return low;
    if (i === parts) return high;
    const t = i / parts;
    return logarithmic ? Math.exp(between(Math.log(low), Math.log(high), t)) : between(low, high, t);
  });
}
