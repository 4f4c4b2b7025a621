/** What is known of a sketch's error, at 99 % confidence. docs/accuracy.md has the fits and the data behind them. */
import type { TailsCode } from './image.js';

/** All that the error depends on. */
export interface ErrorTerms {
  n: number;
  k: number;
  /** Smallest k of any compaction behind the data. */
  minK: number;
  guarantee: TailsCode;
  /** Condensing variance in units of n^2. */
  variance: number;
  /** False while every value is still there. */
  isEstimating: boolean;
}

/** The error of one rank in the body as a share of the largest over all ranks. */
const ONE_RANK = 0.75;
/** The error of an interval (two ranks) as a share of the largest over all ranks. */
const TWO_RANKS = 1.5;
/** From this k on tails follow a schedule, and the error near a protected end is relative (assembly/capacity.ts). */
const SCHEDULED = 1024;
/** Below this k a single protected item promises nothing. */
const FIXED = 32;

/** What protecting one end, or both, costs the body. */
const COST: readonly number[] = [1, 1.06, 1.15];

/** Error of compactions over all ranks: 0.98 % at k = 200, less while n is below 100 k. */
function compacting({ n, minK, guarantee }: ErrorTerms): number {
  const growth = 0.25 + 0.375 * Math.log10(n / minK);
  return ((1.217 * COST[guarantee]) / (minK + 32.5) ** 0.885) * Math.min(1, Math.max(0.25, growth));
}

/** A value or two on top: n is a whole number of them. */
const VALUES = 1.5;

/** Largest error over all ranks, in units of n. */
export function normalizedRankError(terms: ErrorTerms, pmf: boolean): number {
  if (!terms.isEstimating) return 0;
  const error = Math.hypot(compacting(terms), 4.3 * Math.sqrt(terms.variance)) + VALUES / terms.n;
  return Math.min(1, pmf ? TWO_RANKS * error : error);
}

/** Largest error at one rank, in units of n: in the body, or, near a protected end, relative to the distance to it. */
export function rankErrorAt(rank: number, terms: ErrorTerms): number {
  if (!terms.isEstimating) return 0;
  const { n, k, minK, guarantee, variance } = terms;
  const distance = guarantee === 2 ? Math.min(rank, 1 - rank) : guarantee === 1 ? 1 - rank : 1;
  let base = ONE_RANK * compacting(terms);
  if (guarantee && minK >= SCHEDULED) {
    base = Math.min(base, 0.0142 * guarantee * Math.sqrt(SCHEDULED / minK) * distance ** 0.75);
  } else if (guarantee && minK >= FIXED) {
    base *= Math.min(1, (distance / 0.018) ** 0.7);
  }
  let step = 2.9 * Math.sqrt(variance);
  // An image as it was condensed has at its ends 6 k / 200 items of every weight.
  if (k < minK) step = Math.min(step, (63 / k) * distance);
  return Math.hypot(base, step) + VALUES / n;
}
