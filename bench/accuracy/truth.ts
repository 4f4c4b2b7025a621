/** The exact ranks that a sketch's answers are held against. */
import { lowerBound, upperBound } from '../../src/core/sorted-view.js';

export interface Truth {
  n: number;
  /** Values below x. */
  below(x: number): number;
  /** Values up to x. */
  upTo(x: number): number;
  /** The i-th smallest value, from 0. */
  at(i: number): number;
}

/** The values 0..n-1, each once: a value is its own rank. */
export function ranksTruth(n: number): Truth {
  return { n, below: (x) => x, upTo: (x) => x + 1, at: (i) => i };
}

/** Any values; they are sorted here. */
export function valuesTruth(values: Float64Array): Truth {
  const sorted = values.slice().sort();
  return {
    n: sorted.length,
    below: (x) => lowerBound(sorted, x),
    upTo: (x) => upperBound(sorted, x),
    at: (i) => sorted[i],
  };
}

/** Items ascending with the weight up to and including each. */
export interface View {
  items: ArrayLike<number>;
  weights: ArrayLike<number>;
}

/**
 * The largest rank error over all values, as a share of n. Between two items the answer is one and the same, so the
 * error is largest next to them; with ties it is the distance to the interval between exclusive and inclusive rank.
 */
export function maxRankError({ items, weights }: View, truth: Truth): number {
  let worst = 0;
  let before = 0;
  let previous = -Infinity;
  for (let i = 0; i < items.length; i++) {
    const x = items[i];
    if (i + 1 < items.length && items[i + 1] === x) continue;
    const below = truth.below(x);
    const upTo = truth.upTo(x);
    worst = Math.max(worst, below - weights[i], weights[i] - upTo);
    // The largest and the smallest value strictly between this item and the one before.
    if (below > 0 && truth.at(below - 1) > previous) {
      worst = Math.max(worst, truth.below(truth.at(below - 1)) - before);
      const next = previous === -Infinity ? 0 : truth.upTo(previous);
      worst = Math.max(worst, before - truth.upTo(truth.at(next)));
    }
    before = weights[i];
    previous = x;
  }
  if (previous < truth.at(truth.n - 1)) worst = Math.max(worst, truth.below(truth.at(truth.n - 1)) - truth.n);
  return worst / truth.n;
}

/** The error of the inclusive rank of the value whose exact rank is `rank`, as a share of n; ties as above. */
export function rankErrorAt({ items, weights }: View, truth: Truth, rank: number): number {
  const x = truth.at(Math.min(truth.n - 1, Math.floor(rank * truth.n)));
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (items[middle] <= x) low = middle + 1;
    else high = middle;
  }
  const weight = low === 0 ? 0 : weights[low - 1];
  const below = truth.below(x);
  const upTo = truth.upTo(x);
  return (
    (weight < below ? weight - below : weight > upTo ? weight - upTo : 0) / truth.n ||
    ((weight - upTo) / truth.n) * Number(upTo - below === 1)
  );
}
