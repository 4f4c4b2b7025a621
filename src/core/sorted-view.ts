import { turn } from '../wasm/kernel.js';
import { NO_VALUES } from './image.js';

/** Cumulative weights of plain values, shared by all views of such: 1, 2, 3... */
let units: Float64Array = NO_VALUES;

/**
 * The sorted view: every retained item once, ascending, with the weight of all items up to and including it.
 * All questions about ranks and quantiles are answered from it, as the Apache libraries answer them (their
 * `QuantilesSortedView`): rank = cumulative weight / n.
 */
export class SortedView {
  /** Questions answered so far. */
  #asked = 0;
  /** How many weights lie below each of as many equal parts of n as there are items: between two of them is a place or two. */
  #guide: Uint32Array | undefined;
  /** Parts that a weight of 1 is. */
  #parts = 0;

  /**
   * @param items ascending
   * @param weights cumulative, same length; the last is n
   */
  constructor(
    readonly items: Float64Array,
    readonly weights: Float64Array,
    readonly n: number,
    readonly min: number,
    readonly max: number,
    /** The turn of the kernel until which the arrays are its own. */
    private readonly until = Infinity,
  ) {}

  /** Whether the arrays, which are the kernel's, were taken for something else. */
  get isLost(): boolean {
    return this.until < turn;
  }

  /** A view of plain values of weight 1, which are sorted here. */
  static ofValues(values: Float64Array): SortedView {
    const n = values.length;
    values.sort();
    if (units.length < n) units = Float64Array.from({ length: n + 1024 }, (_, i) => i + 1);
    return new SortedView(values, units.subarray(0, n), n, values[0], values[n - 1]);
  }

  /**
   * A view of levels and of values of weight 1, built here: slower than the kernel builds it, for where there is none.
   * @param items level 0 first
   */
  static ofLevels(
    sizes: Uint32Array,
    items: Float64Array,
    staged: Float64Array,
    min: number,
    max: number,
  ): SortedView {
    const pairs = Array.from(staged, (x) => [x, 1]);
    let at = 0;
    sizes.forEach((size, level) => {
      for (const end = at + size; at < end; at++) pairs.push([items[at], 2 ** level]);
    });
    // Infinity less itself is NaN.
    pairs.sort(([a], [b]) => a - b || 0);
    let n = 0;
    const weights = Float64Array.from(pairs, ([, weight]) => (n += weight));
    return new SortedView(
      Float64Array.from(pairs, ([x]) => x),
      weights,
      n,
      min,
      max,
    );
  }

  /** The first item up to which the weight is at least `target`, a weight from 1 to n. */
  itemAt(target: number): number {
    const { items, weights } = this;
    // A guide costs about as much as an eighth as many searches as there are items: who asks so often will ask again.
    if (this.#asked++ === items.length >> 3) {
      this.#guide = guideOf(weights, (this.#parts = items.length / this.n));
    }
    const guide = this.#guide;
    const part = Math.trunc(target * this.#parts);
    return items[lowerBound(weights, target, guide?.[part], guide?.[part + 1])];
  }

  /**
   * The quantile between items: each item stands at the middle of its weight, values between are linear. Better
   * in the body of a smooth distribution, worse in a thin tail.
   */
  interpolated(rank: number): number {
    const target = rank * this.n;
    const { items, weights } = this;
    const middle = (i: number) => (weights[i] + (i === 0 ? 0 : weights[i - 1])) / 2;
    let low = 0;
    let high = items.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (middle(mid) < target) low = mid + 1;
      else high = mid;
    }
    const [x0, w0] = low === 0 ? [this.min, 0] : [items[low - 1], middle(low - 1)];
    const [x1, w1] = low === items.length ? [this.max, this.n] : [items[low], middle(low)];
    if (w1 <= w0) return x1;
    const t = (target - w0) / (w1 - w0);
    // A weighted mean of both ends: their difference may overflow where they do not. Infinite ones may have none.
    const x = x0 * (1 - t) + x1 * t;
    return x > x0 ? Math.min(x, x1) : t < 1 ? x0 : x1;
  }

  /** The share of values <= x (inclusive) or < x. */
  rank(x: number, inclusive: boolean): number {
    const at = (inclusive ? upperBound : lowerBound)(this.items, x);
    return at === 0 ? 0 : this.weights[at - 1] / this.n;
  }
}

/** What ranks are off by that were divided, or taken from 1: 0.07 of 100 values is 7.000000000000001 of them. */
const RANK_ROUNDING = 1e-15;

/**
 * The cumulative weight that the quantile of `rank`, above 0 and below 1, has to reach: a product that is whole but for rounding
 * counts as whole, as in the Apache library for Java (QuantilesUtil.getNaturalRank, which rounds it to seven decimals). Weights are
 * whole numbers: the first above a number is the first that is at least one more.
 */
export function targetOf(rank: number, n: number, inclusive: boolean): number {
  const slack = Math.min(0.25, n * RANK_ROUNDING);
  return inclusive ? Math.ceil(rank * n - slack) || 1 : Math.min(n, Math.trunc(rank * n + slack) + 1);
}

/**
 * How many weights lie in the parts before each, and in all. A part is what `Math.trunc(weight * parts)` gives: rounded as the
 * product may be, it never falls as the weight rises.
 */
function guideOf(weights: Float64Array, parts: number): Uint32Array {
  const guide = new Uint32Array(weights.length + 2);
  for (let i = 0; i < weights.length; i++) guide[Math.trunc(weights[i] * parts) + 1]++;
  for (let part = 1; part < guide.length; part++) guide[part] += guide[part - 1];
  return guide;
}

/** First position whose value is at least x, which lies in [from, to] for sure. Without a branch to mispredict: a third faster than one that has it. */
export function lowerBound(sorted: Float64Array, x: number, from = 0, to = sorted.length): number {
  let at = from;
  for (let length = to - from; length > 1; ) {
    const half = length >>> 1;
    at = sorted[at + half - 1] < x ? at + half : at;
    length -= half;
  }
  return sorted[at] < x ? at + 1 : at;
}

/** First position whose value is above x. */
export function upperBound(sorted: Float64Array, x: number): number {
  let at = 0;
  for (let length = sorted.length; length > 1; ) {
    const half = length >>> 1;
    at = sorted[at + half - 1] <= x ? at + half : at;
    length -= half;
  }
  return sorted[at] <= x ? at + 1 : at;
}
