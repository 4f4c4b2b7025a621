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

export interface Span {
  low: number;
  high: number;
  /** Worth a logarithmic axis. */
  logarithmic: boolean;
}

/** Where there is something to see of some sketches: from p1 to p99.9. Nothing where that is a point. */
export function spanOf(...sketches: KllSketch[]): Span | undefined {
  const some = sketches.filter(({ isEmpty }) => !isEmpty);
  const low = Math.min(...some.map((sketch) => sketch.quantile(0.01)));
  const high = Math.max(...some.map((sketch) => sketch.quantile(0.999)));
  if (!(high > low)) return undefined;
  return { low, high, logarithmic: low > 0 && high / low > 50 };
}

/** Points from end to end, evenly as the axis has it. */
export function points({ low, high, logarithmic }: Span, parts: number): number[] {
  return Array.from({ length: parts + 1 }, (_, i) => {
    if (i === parts) return high;
    return logarithmic ? low * (high / low) ** (i / parts) : low + ((high - low) * i) / parts;
  });
}
