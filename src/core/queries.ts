/** Questions. None of them changes what later bytes will be. */
import { F64, U8 } from '../wasm/abi.js';
import { Accumulator } from './accumulator.js';
import { SketchArgumentError } from './errors.js';
import type { TailsCode } from './image.js';
import { Stopwatch } from './notify.js';
import type { QueryKind } from './observer.js';
import { toNumbers, toQueried, toRank, toSplits } from './options.js';
import { type ErrorTerms, normalizedRankError, rankErrorAt } from './rank-error.js';
import { samplingRanks } from './sampling.js';

export interface RankOptions {
  /** Whether a rank counts the values equal to x; default true. */
  inclusive?: boolean;
}

export interface QuantileOptions extends RankOptions {
  /** Whether values between items are interpolated; for ranks inside the body only. Default false. */
  interpolate?: boolean;
}

/** An interval that holds the true answer with 99 % confidence. */
export interface Bounds {
  lower: number;
  upper: number;
}

export class Queries extends Accumulator {
  /**
   * The value below which a share of the values lies.
   * @param rank 0..1; 0 gives the minimum, 1 the maximum
   * @returns one of the values added (or, interpolated, a value between two); NaN when empty
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
   */
  quantile(rank: number, options?: QuantileOptions): number {
    toRank(rank);
    // The path of a dashboard's every call: no closure unless somebody watches.
    if (!this.observer) return this.#quantile(rank, options);
    return this.#watched('quantile', 1, () => this.#quantile(rank, options));
  }

  /** The quantiles of `ranks`, each 0..1, as a Float64Array. */
  quantilesAt(ranks: ArrayLike<number> | Iterable<number>, options?: QuantileOptions): Float64Array {
    const checked = toNumbers(ranks, 'ranks', toRank);
    return this.#watched('quantile', checked.length, () =>
      checked.map((rank) => this.#quantile(rank, options)),
    );
  }

  /**
   * `count` evenly spaced quantiles, minimum and maximum included: quantiles(5) are the quartiles.
   * @param count an integer of at least 2
   */
  quantiles(count: number, options?: QuantileOptions): Float64Array {
    if (!Number.isInteger(count) || count < 2 || count > 1e7) {
      throw new SketchArgumentError('ERR_ARGUMENT_RANGE', 'count', 'an integer from 2 to 1e7', count);
    }
    return this.quantilesAt(
      Float64Array.from({ length: count }, (_, i) => i / (count - 1)),
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
   */
  rank(x: number, options?: RankOptions): number {
    toQueried(x);
    return this.#watched('rank', 1, () => this.#rank(x, options));
  }

  /** The ranks of several values. */
  ranks(xs: ArrayLike<number> | Iterable<number>, options?: RankOptions): Float64Array {
    const checked = toNumbers(xs, 'xs', toQueried);
    return this.#watched('rank', checked.length, () => checked.map((x) => this.#rank(x, options)));
  }

  /**
   * The cumulative distribution: the rank of each split, and 1 at the end.
   * @param splits ascending, distinct
   * @returns one value more than splits; NaN when empty
   */
  cdf(splits: ArrayLike<number> | Iterable<number>, options?: RankOptions): Float64Array {
    const points = toSplits(splits);
    return this.#watched('cdf', points.length + 1, () => this.#cdf(points, options));
  }

  /** The share of values in each interval between splits: the differences of `cdf`. */
  pmf(splits: ArrayLike<number> | Iterable<number>, options?: RankOptions): Float64Array {
    const points = toSplits(splits);
    return this.#watched('pmf', points.length + 1, () => {
      const shares = this.#cdf(points, options);
      for (let i = shares.length - 1; i > 0; i--) shares[i] -= shares[i - 1];
      return shares;
    });
  }

  /** The interval that holds the quantile of these n values with 99 % confidence: the sketch's error alone. */
  quantileBounds(rank: number): Bounds {
    toRank(rank);
    return this.#watched('bounds', 2, () => {
      const error = this.#errorAt(rank);
      return {
        lower: this.#quantile(Math.max(0, rank - error)),
        upper: this.#quantile(Math.min(1, rank + error)),
      };
    });
  }

  /** The interval that holds the rank of x among these n values with 99 % confidence. */
  rankBounds(x: number): Bounds {
    toQueried(x);
    return this.#watched('bounds', 2, () => {
      const rank = this.#rank(x);
      if (Number.isNaN(rank)) return { lower: rank, upper: rank };
      // Minimum and maximum are exact.
      if (x < this.min) return { lower: 0, upper: 0 };
      if (x >= this.max) return { lower: 1, upper: 1 };
      const error = this.#errorAt(rank);
      return {
        lower: Math.max(1 / this.n, rank - error),
        upper: Math.min(1 - 1 / this.n, rank + error),
      };
    });
  }

  /**
   * The interval that holds the quantile of the population the values were drawn from, independently, with 99 %
   * confidence: sampling error and the sketch's error together. -Infinity or Infinity where n values cannot say.
   */
  confidenceInterval(rank: number): Bounds {
    toRank(rank);
    return this.#watched('bounds', 2, () => {
      if (this.isEmpty) return { lower: Number.NaN, upper: Number.NaN };
      const { lower, upper } = samplingRanks(rank, this.n);
      const below = rank - Math.hypot(rank - lower, this.#errorAt(Math.max(0, lower)));
      const above = rank + Math.hypot(upper - rank, this.#errorAt(Math.min(1, upper)));
      return {
        lower: lower === -Infinity ? -Infinity : this.#quantile(Math.max(0, below)),
        upper: upper === Infinity ? Infinity : this.#quantile(Math.min(1, above)),
      };
    });
  }

  /**
   * The largest rank error over all ranks, 0..1, at 99 % confidence; conservative.
   * @param options pmf: the error of the share of an interval (two ranks) instead
   */
  rankError(options?: { pmf?: boolean }): number {
    return normalizedRankError(this.errorTerms, options?.pmf === true);
  }

  protected get errorTerms(): ErrorTerms {
    return {
      n: this.n,
      minK: this.minK,
      guarantee: this.state.byte(U8.guarantee) as TailsCode,
      variance: this.state.get(F64.variance),
      isEstimating: this.isEstimating,
    };
  }

  #errorAt(rank: number): number {
    return rankErrorAt(rank, this.errorTerms);
  }

  #quantile(rank: number, options?: QuantileOptions): number {
    if (this.isEmpty) return Number.NaN;
    if (options?.interpolate) return this.view.interpolated(rank);
    return this.quantileOf(rank, options?.inclusive !== false);
  }

  #rank(x: number, options?: RankOptions): number {
    return this.isEmpty ? Number.NaN : this.view.rank(x, options?.inclusive !== false);
  }

  #cdf(points: Float64Array, options?: RankOptions): Float64Array {
    const ranks = new Float64Array(points.length + 1);
    for (let i = 0; i < points.length; i++) ranks[i] = this.#rank(points[i], options);
    ranks[points.length] = this.isEmpty ? Number.NaN : 1;
    return ranks;
  }

  #watched<T>(kind: QueryKind, answers: number, ask: () => T): T {
    if (!this.observer?.onQuery) return ask();
    const watch = new Stopwatch(this.observer);
    const answer = ask();
    this.observer.onQuery({ kind, answers, seconds: watch.seconds });
    return answer;
  }
}
