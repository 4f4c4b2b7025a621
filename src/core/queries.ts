/** Questions. None of them changes what later bytes will be. */
import { U8 } from '../wasm/abi.js';
import { badArgument } from './errors.js';
import type { TailsCode } from './image.js';
import { stopwatch } from './notify.js';
import type { QueryKind } from './observer.js';
import { requireOptions, requireRank, toList, toNumbers, toQueried, toRank, toSplits } from './options.js';
import { type ErrorTerms, normalizedRankError, rankErrorAt } from './rank-error.js';
import { samplingRanks } from './sampling.js';
import { Viewing } from './viewing.js';

export interface RankOptions {
  /** Whether a rank counts the values equal to x; default true. */
  inclusive?: boolean | undefined;
}

export interface QuantileOptions extends RankOptions {
  /** Whether values between items are interpolated; for ranks inside the body only. Default false. */
  interpolate?: boolean | undefined;
}

/** An interval that holds the true answer with 99 % confidence. */
export interface Bounds {
  lower: number;
  upper: number;
}

export class Queries extends Viewing {
  /**
   * The value below which a share of the values lies.
   * @param rank 0..1; 0 gives the minimum, 1 the maximum; 0.07 of 100 values is the seventh, although their product rounds up past 7
   * @returns one of the values added (or, interpolated, a value between two); NaN when empty
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
   */
  quantile(rank: number, options?: QuantileOptions): number {
    requireRank(rank);
    // The path of a dashboard's every call: no closure unless somebody watches.
    if (!this.observer) return this.#quantile(rank, options, true);
    return this.#watched('quantile', 1, () => this.#quantile(rank, options, true));
  }

  /**
   * The quantiles of `ranks`, each 0..1.
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
   */
  quantilesAt(ranks: Iterable<number>, options?: QuantileOptions): number[] {
    const list = toList(ranks, 'ranks');
    return this.#watched('quantile', list.length, () => {
      const answers: number[] = [];
      // No closure for each: ten answers in a third of the time.
      for (let i = 0; i < list.length; i++) {
        const rank = list[i];
        requireRank(rank, 'ranks', i);
        answers.push(this.#quantile(rank, options));
      }
      return answers;
    });
  }

  /**
   * `count` evenly spaced quantiles, minimum and maximum included: quantiles(5) are the quartiles.
   * @param count an integer from 2 to 1e7
   * @throws SketchArgumentError ERR_ARGUMENT_RANGE
   */
  quantiles(count: number, options?: QuantileOptions): number[] {
    if (!Number.isInteger(count) || count < 2 || count > 1e7) {
      badArgument('ERR_ARGUMENT_RANGE', 'count', 'an integer from 2 to 1e7', count);
    }
    return this.quantilesAt(
      Array.from({ length: count }, (_, i) => i / (count - 1)),
      options,
    );
  }

  /** quantile(0.5) */
  get median(): number {
    return this.quantile(0.5);
  }

  /**
   * The share of values <= x (or < x with `inclusive: false`), 0..1; NaN when empty.
   * @param x any number but NaN
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
   */
  rank(x: number, options?: RankOptions): number {
    toQueried(x);
    return this.#watched('rank', 1, () => this.#rank(x, options, true));
  }

  /**
   * The ranks of several values.
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
   */
  ranks(xs: Iterable<number>, options?: RankOptions): number[] {
    const list = toNumbers(xs, 'xs', toQueried);
    return this.#watched('rank', list.length, () => list.map((x) => this.#rank(x, options)));
  }

  /**
   * The cumulative distribution: the rank of each split, and 1 at the end.
   * @param splits ascending, distinct
   * @returns one value more than splits; NaN when empty
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
   */
  cdf(splits: Iterable<number>, options?: RankOptions): number[] {
    return this.#shares('cdf', splits, options);
  }

  /**
   * The share of values in each interval between splits: the differences of `cdf`.
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
   */
  pmf(splits: Iterable<number>, options?: RankOptions): number[] {
    const shares = this.#shares('pmf', splits, options);
    for (let i = shares.length - 1; i > 0; i--) shares[i] -= shares[i - 1];
    return shares;
  }

  /**
   * The interval that holds the quantile of these n values with 99 % confidence: the sketch's error alone.
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE for a rank outside 0..1
   */
  quantileBounds(rank: number): Bounds {
    toRank(rank);
    const error = this.#errorAt(rank);
    return this.#between(rank - error, rank + error);
  }

  /**
   * The interval that holds the rank of x among these n values with 99 % confidence.
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE for NaN
   */
  rankBounds(x: number): Bounds {
    toQueried(x);
    return this.#watched('bounds', 2, () => {
      const rank = this.#rank(x, undefined, true);
      let lower = this.#farthest(rank, -1);
      let upper = this.#farthest(rank, 1);
      if (x < this.min) lower = upper = 0;
      if (x >= this.max) lower = upper = 1;
      return { lower, upper };
    });
  }

  /**
   * The interval that holds the quantile of the population the values were drawn from, independently, with 99 %
   * confidence: sampling error and the sketch's error together. -Infinity or Infinity where n values cannot say.
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE for a rank outside 0..1
   */
  confidenceInterval(rank: number): Bounds {
    toRank(rank);
    const { lower, upper } = samplingRanks(rank, this.n);
    // The larger of the sketch's errors here and there: never within `quantileBounds`.
    const reach = (end: number) => {
      const there = Math.min(1, Math.max(0, end));
      return Math.hypot(rank - end, Math.max(this.#errorAt(rank), this.#errorAt(there)));
    };
    return this.#between(rank - reach(lower), rank + reach(upper));
  }

  /**
   * The largest rank error over all ranks, 0..1, at 99 % confidence; conservative.
   * @param options pmf: the error of the share of an interval (two ranks) instead
   */
  rankError(options?: { pmf?: boolean | undefined }): number {
    return normalizedRankError(this.#errorTerms, options?.pmf === true);
  }

  get #errorTerms(): ErrorTerms {
    const { n, minK, variance, isEstimating } = this;
    return { n, minK, variance, isEstimating, guarantee: this.state.byte[U8.guarantee] as TailsCode };
  }

  #errorAt(rank: number): number {
    return rankErrorAt(rank, this.#errorTerms);
  }

  /**
   * The lowest (-1) or highest (1) true rank of what lies between minimum and maximum, which are exact, and was estimated so.
   * The error is that of the true rank, which near a protected end may be far larger than at the estimate.
   */
  #farthest(rank: number, side: 1 | -1): number {
    let error = 0;
    let next = this.#errorAt(rank);
    while (next > 1.001 * error) {
      error = next;
      next = this.#errorAt(Math.min(1, Math.max(0, rank + side * error)));
    }
    return Math.min(1 - 1 / this.n, Math.max(1 / this.n, rank + side * error));
  }

  #quantile(rank: number, options?: QuantileOptions, alone = false): number {
    const inclusive = isInclusive(options);
    if (!this.n) return Number.NaN;
    if (options?.interpolate) return this.view.interpolated(rank);
    return this.quantileOf(rank, inclusive, alone);
  }

  #rank(x: number, options?: RankOptions, alone = false): number {
    const inclusive = isInclusive(options);
    return this.n ? this.rankOf(x, inclusive, alone) : Number.NaN;
  }

  #shares(kind: QueryKind, splits: unknown, options?: RankOptions): number[] {
    const points = toSplits(splits);
    return this.#watched(kind, points.length + 1, () => [
      ...points.map((x) => this.#rank(x, options)),
      this.n ? 1 : Number.NaN,
    ]);
  }

  /** The quantiles of two ranks; those that are infinite, or beyond what n values can say, as they are. */
  #between(lower: number, upper: number): Bounds {
    return this.#watched('bounds', 2, () => ({
      lower: this.#quantileWithin(lower),
      upper: this.#quantileWithin(upper),
    }));
  }

  #quantileWithin(rank: number): number {
    if (this.n && Math.abs(rank) === Infinity) return rank;
    return this.#quantile(Math.min(1, Math.max(0, rank)));
  }

  #watched<T>(kind: QueryKind, answers: number, ask: () => T): T {
    const { observer } = this;
    if (!observer?.onQuery) return ask();
    const seconds = stopwatch(observer);
    const answer = ask();
    observer.onQuery({ kind, answers, seconds: seconds() });
    return answer;
  }
}

/** @throws SketchArgumentError ERR_ARGUMENT_TYPE for options that are no object */
function isInclusive(options: RankOptions | undefined): boolean {
  if (options === undefined) return true;
  requireOptions(options);
  return options.inclusive !== false;
}
