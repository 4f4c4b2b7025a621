/** Exact quantiles of sorted values, and how far an answer's rank is from the rank that was asked for. */
import { targetOf } from '../core/sorted-view.js';

/** The quantile as the sketch defines it: the first value whose share of values at or below it reaches the rank. */
export function exactQuantile(sorted: Float64Array, rank: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[rank === 0 ? 0 : targetOf(rank, sorted.length, true) - 1];
}

/**
 * Rank error of an answer, 0..1: the distance of the rank asked for from the ranks the answer has. A value that
 * occurs many times has all the ranks from just above the share below it to the share up to it.
 */
export function rankErrorOf(sorted: Float64Array, rank: number, answer: number): number {
  if (sorted.length === 0) return Number.NaN;
  const below = countBelow(sorted, answer, false) / sorted.length;
  const upTo = countBelow(sorted, answer, true) / sorted.length;
  return Math.max(0, below - rank, rank - upTo);
}

/** How many values are < x, or <= x. */
export function countBelow(sorted: Float64Array, x: number, inclusive: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < x || (inclusive && sorted[middle] === x)) low = middle + 1;
    else high = middle;
  }
  return low;
}
