/**
 * The sorted view: every retained item once, ascending, with the weight of all items up to and including it.
 * All questions about ranks and quantiles are answered from it, as the Apache libraries answer them (their
 * `QuantilesSortedView`): rank = cumulative weight / n.
 */
export class SortedView {
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
  ) {}

  /** A view of plain values of weight 1, which are sorted here. */
  static ofValues(values: Float64Array): SortedView {
    values.sort();
    const weights = new Float64Array(values.length);
    for (let i = 0; i < weights.length; i++) weights[i] = i + 1;
    return new SortedView(values, weights, values.length, values[0], values[values.length - 1]);
  }

  /**
   * A view of levels and of values of weight 1, built here: slower than the kernel builds it, for where there is none.
   * @param items level 0 first
   */
  static ofLevels(
    sizes: ArrayLike<number>,
    items: Float64Array,
    staged: Float64Array,
    min: number,
    max: number,
  ): SortedView {
    const all = new Float64Array(items.length + staged.length);
    all.set(items);
    all.set(staged, items.length);
    const weights = new Float64Array(all.length).fill(1);
    for (let level = 0, at = 0; level < sizes.length; at += sizes[level++]) {
      weights.fill(2 ** level, at, at + sizes[level]);
    }
    const order = Uint32Array.from(all, (_, i) => i).sort((a, b) =>
      all[a] < all[b] ? -1 : all[a] > all[b] ? 1 : 0,
    );
    let n = 0;
    const cumulative = Float64Array.from(order, (from) => (n += weights[from]));
    return new SortedView(
      Float64Array.from(order, (from) => all[from]),
      cumulative,
      n,
      min,
      max,
    );
  }

  /** The quantile of `rank` in 0..1; rank 0 is the minimum, rank 1 the maximum. */
  quantile(rank: number, inclusive: boolean): number {
    if (rank === 0) return this.min;
    if (rank === 1) return this.max;
    const at = inclusive
      ? lowerBound(this.weights, Math.ceil(rank * this.n))
      : upperBound(this.weights, Math.trunc(rank * this.n));
    return this.items[Math.min(at, this.items.length - 1)];
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
    // Weighted means of both ends: their difference may overflow where they do not.
    return Math.min(Math.max(x0 * (1 - t) + x1 * t, x0), x1);
  }

  /** Weight of the items <= x (inclusive) or < x. */
  weightBelow(x: number, inclusive: boolean): number {
    const at = inclusive ? upperBound(this.items, x) : lowerBound(this.items, x);
    return at === 0 ? 0 : this.weights[at - 1];
  }

  rank(x: number, inclusive: boolean): number {
    return this.weightBelow(x, inclusive) / this.n;
  }
}

/** First position whose value is >= x. */
export function lowerBound(sorted: Float64Array, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (sorted[mid] < x) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** First position whose value is > x. */
export function upperBound(sorted: Float64Array, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (sorted[mid] <= x) low = mid + 1;
    else high = mid;
  }
  return low;
}
