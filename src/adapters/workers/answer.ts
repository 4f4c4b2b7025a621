/** What a query answers, from the sketches it gives. JSON has no NaN and no infinities: they are null. */
import { toDataSketches } from '../../sketch/foreign.js';
import { KllSketch } from '../../sketch/sketch.js';
import type { SketchFormat } from './query-parameters.js';

/** Where the values of an answer came from. */
export interface Group {
  labels: readonly (readonly [string, string])[];
  sketch: KllSketch;
  from: number;
  to: number;
}

/** How complete and how fresh an answer is. */
export interface Standing {
  freshnessMs: number;
  partial: boolean;
  stale: boolean;
}

type Nullable = number | null;

export interface SummaryAnswer {
  n: number;
  sum: Nullable;
  mean: Nullable;
  min: Nullable;
  max: Nullable;
  from: string | null;
  to: string | null;
}

export interface QuantileAnswer {
  q: number;
  value: Nullable;
  /** The sketch's error alone: the quantile of these very values lies here (99 %). */
  lower: Nullable;
  upper: Nullable;
  /** Sampling error too: the quantile of what they were drawn from lies here (99 %). */
  ci: [Nullable, Nullable];
}

export interface ShareAnswer {
  le: number;
  /** Share of the values at most `le`. */
  share: Nullable;
  lower: Nullable;
  upper: Nullable;
}

export function summary({ sketch, from, to }: Group): SummaryAnswer {
  const { n, sum, mean, min, max } = sketch;
  return {
    n,
    sum: nullable(sum),
    mean: nullable(mean),
    min: nullable(min),
    max: nullable(max),
    from: n > 0 ? new Date(from).toISOString() : null,
    to: n > 0 ? new Date(to).toISOString() : null,
  };
}

export function quantiles(sketch: KllSketch, ranks: readonly number[]): QuantileAnswer[] {
  return ranks.map((q) => {
    const bounds = sketch.quantileBounds(q);
    const interval = sketch.confidenceInterval(q);
    return {
      q,
      value: nullable(sketch.quantile(q)),
      lower: nullable(bounds.lower),
      upper: nullable(bounds.upper),
      ci: [nullable(interval.lower), nullable(interval.upper)],
    };
  });
}

export function shares(sketch: KllSketch, thresholds: readonly number[]): ShareAnswer[] {
  return thresholds.map((le) => {
    const { lower, upper } = sketch.rankBounds(le);
    return { le, share: nullable(sketch.rank(le)), lower: nullable(lower), upper: nullable(upper) };
  });
}

/** Values at which the distribution is told: evenly spaced quantiles, each once. */
export function evenPoints(sketch: KllSketch, count: number): number[] {
  return sketch.isEmpty ? [] : [...new Set(sketch.quantiles(count))];
}

/** Where the body has no room for it. */
export function standingHeaders({ partial, stale, freshnessMs }: Standing): Record<string, string> {
  return {
    'x-kll-partial': String(partial),
    'x-kll-stale': String(stale),
    'x-kll-freshness-ms': String(Math.round(freshnessMs)),
  };
}

export function emptyGroup(): Group {
  return { labels: [], sketch: new KllSketch(), from: 0, to: 0 };
}

/** @throws SketchArgumentError for values that the format has no room for */
export function sketchBytes(sketch: KllSketch, format: SketchFormat, k?: number): Uint8Array {
  const sent = k !== undefined && k < sketch.k ? sketch.condense(k) : sketch;
  if (format === 'compact') return sent.toBytes({ state: false });
  return toDataSketches(sent, format === 'apache-float' ? 'float' : 'double');
}

function nullable(value: number): Nullable {
  return Number.isFinite(value) ? value : null;
}
