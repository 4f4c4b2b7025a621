/** What is known of a sketch's error, at 99 % confidence. docs/accuracy.md has the fits and the data behind them. */
import type { TailsCode } from './image.js';

/** All that the error depends on. */
export interface ErrorTerms {
  n: number;
  /** Smallest k of any compaction behind the data. */
  minK: number;
  guarantee: TailsCode;
  /** Condensing variance in units of n^2. */
  variance: number;
  /** False while every value is still there. */
  isEstimating: boolean;
}

/** Largest error over all ranks, in units of n. */
export function normalizedRankError(terms: ErrorTerms, pmf: boolean): number {
  if (!terms.isEstimating) return 0;
  const base = (pmf ? 2.446 : 2.296) / terms.minK ** 0.9723;
  return Math.min(1, Math.hypot(base, 3.9 * Math.sqrt(terms.variance)));
}

/** Largest error at one rank, in units of n. */
export function rankErrorAt(_rank: number, terms: ErrorTerms): number {
  return normalizedRankError(terms, false);
}
