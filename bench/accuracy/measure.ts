/** What trials of one kind come to: errors over all ranks and at single ranks, bytes, and how often bounds failed. */
import { toDataSketches } from '../../src/formats.js';
import { KllSketch } from '../../src/index.js';
import type { ApacheCascade } from '../../test/support/apache-cascade.js';
import { maxRankError, rankErrorAt, type Truth, type View } from './truth.js';

export const RANKS = [0.001, 0.01, 0.5, 0.9, 0.99, 0.999] as const;

/** What a row must reach; shares, not percent. */
export interface Limits {
  max99?: number;
  p99?: number;
  p999?: number;
  bytes?: number;
  /** Largest `rankError()` as a multiple of max99. */
  boundRatio?: number;
}

export interface Row {
  label: string;
  trials: number;
  /** 99th percentile over trials of the largest error over all ranks; a share of n. */
  max99: number;
  /** Median of the same. */
  maxMedian: number;
  /** Root mean square error at each of `ranks`. */
  ranks: readonly number[];
  sd: number[];
  /** 99th percentile of the error at each of `ranks`. */
  at99: number[];
  /** Largest Apache image of doubles. */
  bytes: number;
  items: number;
  /** Median of `rankError()`, and the share of trials with a larger error. Absent for other sketches. */
  bound?: number;
  misses?: number;
  /** Share of trials in which `rankBounds` did not hold the rank, at each of `ranks`. */
  missesAt?: number[];
  limits: Limits;
}

export class Measure {
  readonly #max: number[] = [];
  readonly #at: number[][];
  readonly #missesAt: number[];
  readonly #bounds: number[] = [];
  #misses = 0;
  #bytes = 0;
  #items = 0;

  constructor(
    readonly label: string,
    readonly limits: Limits = {},
    readonly ranks: readonly number[] = RANKS,
  ) {
    this.#at = ranks.map(() => []);
    this.#missesAt = ranks.map(() => 0);
  }

  /** Holds a sketch against the truth; returns its largest error. */
  take(sketch: KllSketch | ApacheCascade, truth: Truth): number {
    const view = viewOf(sketch);
    const worst = maxRankError(view, truth);
    this.#max.push(worst);
    this.ranks.forEach((rank, i) => {
      const error = rankErrorAt(view, truth, rank);
      this.#at[i].push(error);
      if (!(sketch instanceof KllSketch)) return;
      const x = truth.at(Math.min(truth.n - 1, Math.floor(rank * truth.n)));
      const { lower, upper } = sketch.rankBounds(x);
      const exact = truth.upTo(x) / truth.n;
      if (error !== 0 && (exact < lower - 1e-12 || exact > upper + 1e-12)) this.#missesAt[i]++;
    });
    this.#items = Math.max(this.#items, view.items.length);
    if (sketch instanceof KllSketch) {
      const bound = sketch.rankError();
      this.#bounds.push(bound);
      if (worst > bound + 1e-12) this.#misses++;
      this.#bytes = Math.max(this.#bytes, toDataSketches(sketch).length);
    } else {
      this.#bytes = Math.max(this.#bytes, sketch.toBytes('double').length);
    }
    return worst;
  }

  get row(): Row {
    const trials = this.#max.length;
    return {
      label: this.label,
      trials,
      max99: percentile(this.#max, 0.99),
      maxMedian: percentile(this.#max, 0.5),
      ranks: this.ranks,
      sd: this.#at.map(rootMeanSquare),
      at99: this.#at.map((errors) => percentile(errors.map(Math.abs), 0.99)),
      bytes: this.#bytes,
      items: this.#items,
      ...(this.#bounds.length
        ? {
            bound: percentile(this.#bounds, 0.5),
            misses: this.#misses / trials,
            missesAt: this.#missesAt.map((misses) => misses / trials),
          }
        : {}),
      limits: this.limits,
    };
  }
}

/** Items with cumulative weights, through what users have. */
function viewOf(sketch: KllSketch | ApacheCascade): View {
  if (!(sketch instanceof KllSketch)) {
    const { items, cumulativeWeights } = sketch.sortedView();
    return { items, weights: cumulativeWeights };
  }
  const items: number[] = [];
  const weights: number[] = [];
  let total = 0;
  for (const { item, weight } of sketch) {
    items.push(item);
    weights.push((total += weight));
  }
  return { items, weights };
}

/** Of 300 trials the 99th percentile is the third largest. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))];
}

export function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
}

/** The figure of a row at one of its ranks. */
export function at(row: Row, rank: number, figures: readonly number[]): number {
  return figures[row.ranks.indexOf(rank)];
}

/** What a row misses of its limits, in words. */
export function failures(row: Row): string[] {
  const { limits } = row;
  const found: string[] = [];
  const hold = (name: string, value: number, limit: number | undefined) => {
    if (limit !== undefined && !(value <= limit)) found.push(`${name} ${value} > ${limit}`);
  };
  hold('max99', row.max99, limits.max99);
  hold('p99 sd', at(row, 0.99, row.sd), limits.p99);
  hold('p99.9 sd', at(row, 0.999, row.sd), limits.p999);
  hold('bytes', row.bytes, limits.bytes);
  if (limits.boundRatio !== undefined && row.bound !== undefined) {
    hold('bound / max99', row.bound / row.max99, limits.boundRatio);
  }
  // At most 1 % may miss; of so few trials a chance of 1e-4 is allowed for.
  const allowed = allowedMisses(row.trials);
  hold('share beyond rankError()', row.misses ?? 0, allowed / row.trials);
  row.missesAt?.forEach((misses, i) => {
    hold(`share outside rankBounds at ${row.ranks[i]}`, misses, allowed / row.trials);
  });
  return found;
}

/** The largest number of misses that is no evidence, at 1e-4, against a chance of 1 % each. */
export function allowedMisses(trials: number): number {
  let term = 0.99 ** trials;
  let below = term;
  let count = 0;
  while (1 - below > 1e-4) {
    count++;
    term *= ((trials - count + 1) / count) * (0.01 / 0.99);
    below += term;
  }
  return count;
}
