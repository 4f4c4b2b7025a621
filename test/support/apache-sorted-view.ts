/** Retained items in order, for queries. */
import type { SketchImage } from '../../src/core/image.js';

/** Up to so many values a rank times n is rounded, to as many parts of a value (QuantilesUtil.java, tailRoundingFactor). */
const TAIL_ROUNDING = 1e7;

/** Queries as the Apache libraries answer them. */
export class ApacheSortedView {
  readonly items: Float64Array;
  readonly cumulativeWeights: Float64Array;
  readonly n: number;

  constructor({ n, sizes, items: retained }: Pick<SketchImage, 'n' | 'sizes' | 'items'>) {
    this.n = n;
    const weights = new Float64Array(retained.length);
    for (let level = 0, at = 0; level < sizes.length; at += sizes[level++]) {
      weights.fill(2 ** level, at, at + sizes[level]);
    }
    const order = new Uint32Array(retained.length).map((_, i) => i).sort((a, b) => retained[a] - retained[b]);
    this.items = new Float64Array(retained.length);
    this.cumulativeWeights = new Float64Array(retained.length);
    let total = 0;
    order.forEach((from, to) => {
      this.items[to] = retained[from];
      this.cumulativeWeights[to] = total += weights[from];
    });
  }

  rank(x: number, inclusive = true): number {
    if (this.n === 0) return Number.NaN;
    const below = firstIndex(this.items.length, (i) => (inclusive ? this.items[i] > x : this.items[i] >= x));
    return below === 0 ? 0 : this.cumulativeWeights[below - 1] / this.n;
  }

  quantile(rank: number, inclusive = true): number {
    if (this.n === 0) return Number.NaN;
    const product = rank * this.n;
    const natural = this.n <= TAIL_ROUNDING ? Math.round(product * TAIL_ROUNDING) / TAIL_ROUNDING : product;
    const weight = inclusive ? Math.ceil(natural) : Math.trunc(natural);
    const { items, cumulativeWeights: cumulative } = this;
    const at = firstIndex(items.length, (i) =>
      inclusive ? cumulative[i] >= weight : cumulative[i] > weight,
    );
    return items[Math.min(at, items.length - 1)];
  }
}

/** The first index in 0..length-1 that satisfies a monotone condition, or length. */
function firstIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
