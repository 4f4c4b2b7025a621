/** What trials of one kind come to: errors over all ranks and at single ranks, bytes, how often the bound held. */
import { toDataSketches } from '../../src/formats.js';
import { KllSketch } from '../../src/index.js';
import type { ApacheCascade } from '../../test/support/apache-cascade.js';
import { maxRankError, rankErrorAt, type Truth, type View } from './truth.js';

/** Percentiles whose errors are reported. */
export const RANKS = [0.5, 0.9, 0.99, 0.999] as const;

/** What a row must reach: shares, not percent. */
export interface Target {
  max99?: number;
  p99?: number;
  p999?: number;
  apacheBytes?: number;
  compactBytes?: number;
  boundRatio?: number;
}

export interface Row {
  label: string;
  trials: number;
  /** 99th percentile and median over trials of the largest error over all ranks, as shares of n. */
  max99: number;
  median: number;
  /** Root mean square of the error at each of RANKS. */
  sd: number[];
  /** Largest images seen. */
  apacheBytes: number;
  compactBytes: number;
  /** Median `rankError()`, and the share of trials with no larger error; absent for the Apache cascade. */
  bound?: number;
  held?: number;
  /** The smallest share of trials in which `rankBounds` held the rank of a percentile of RANKS. */
  heldAt?: number;
  target: Target;
}

/** What docs/accuracy.json holds: every scenario of the last full run, or of a later one that named it. */
export interface Results {
  command: string;
  machine: string;
  seed: number;
  scenarios: Record<string, { title: string; trials: number; seconds: number; rows: Row[] }>;
}

/** Images are weighed in the first trials only: their size hardly varies. */
const WEIGHED = 30;

export class Tally {
  readonly #max: number[] = [];
  readonly #at: number[][] = RANKS.map(() => []);
  readonly #bounds: number[] = [];
  readonly #outside: number[] = RANKS.map(() => 0);
  #broken = 0;
  #apacheBytes = 0;
  #compactBytes = 0;

  constructor(
    readonly label: string,
    readonly target: Target = {},
  ) {}

  /** Holds a sketch against the truth; returns its largest error. */
  take(sketch: KllSketch | ApacheCascade, truth: Truth): number {
    const view = viewOf(sketch);
    const largest = maxRankError(view, truth);
    this.#max.push(largest);
    const errors = RANKS.map((rank) => rankErrorAt(view, truth, rank));
    errors.forEach((error, i) => {
      this.#at[i].push(error);
    });
    const weigh = this.#max.length <= WEIGHED;
    if (sketch instanceof KllSketch) {
      const bound = sketch.rankError();
      this.#bounds.push(bound);
      if (largest > bound + 1e-12) this.#broken++;
      RANKS.forEach((rank, i) => {
        const x = truth.at(Math.min(truth.n - 1, Math.floor(rank * truth.n)));
        const { lower, upper } = sketch.rankBounds(x);
        const missed = truth.upTo(x) / truth.n < lower - 1e-12 || truth.below(x) / truth.n > upper + 1e-12;
        if (missed && errors[i] !== 0) this.#outside[i]++;
      });
      if (weigh) {
        this.#apacheBytes = Math.max(this.#apacheBytes, toDataSketches(sketch).length);
        this.#compactBytes = Math.max(this.#compactBytes, sketch.toBytes().length);
      }
    } else if (weigh) {
      this.#apacheBytes = Math.max(this.#apacheBytes, sketch.toBytes('double').length);
    }
    return largest;
  }

  get row(): Row {
    const trials = this.#max.length;
    return {
      label: this.label,
      trials,
      max99: percentile(this.#max, 0.99),
      median: percentile(this.#max, 0.5),
      sd: this.#at.map(rootMeanSquare),
      apacheBytes: this.#apacheBytes,
      compactBytes: this.#compactBytes,
      ...(this.#bounds.length
        ? {
            bound: percentile(this.#bounds, 0.5),
            held: 1 - this.#broken / trials,
            heldAt: 1 - Math.max(...this.#outside) / trials,
          }
        : {}),
      target: this.target,
    };
  }
}

/** Items with cumulative weights; valid until the sketch is used again. */
export function viewOf(sketch: KllSketch | ApacheCascade): View {
  if (sketch instanceof KllSketch) return (sketch as unknown as { view: View }).view;
  const { items, cumulativeWeights } = sketch.sortedView();
  return { items, weights: cumulativeWeights };
}

/** Of 300 values the 99th percentile is the third largest. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))];
}

export function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
}

/** The largest number of broken bounds that is no evidence, at 1e-4, against a chance of 1 % each. */
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

/** What a row misses of its target, in words. */
export function misses({ target, ...row }: Row): string[] {
  const found: string[] = [];
  const hold = (name: string, reached: number, limit: number | undefined) => {
    if (limit !== undefined && !(reached <= limit)) found.push(`${name} ${reached} above ${limit}`);
  };
  hold('max99', row.max99, target.max99);
  hold('p99 sd', row.sd[2], target.p99);
  hold('p99.9 sd', row.sd[3], target.p999);
  hold('Apache bytes', row.apacheBytes, target.apacheBytes);
  hold('compact bytes', row.compactBytes, target.compactBytes);
  if (row.bound !== undefined) {
    // Of few trials the 99th percentile is the largest there was, and less than it should be.
    if (row.trials >= 100) hold('bound / max99', row.bound / row.max99, target.boundRatio);
    const allowed = allowedMisses(row.trials) / row.trials;
    hold('share above rankError()', 1 - (row.held ?? 1), allowed);
    hold('share outside rankBounds()', 1 - (row.heldAt ?? 1), allowed);
  }
  return found;
}
