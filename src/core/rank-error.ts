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

/** The error of one rank in the body as a share of the largest over all ranks. */
const ONE_RANK = 0.75;
/** The error of an interval (two ranks) as a share of the largest over all ranks. */
const TWO_RANKS = 1.8;
/** From this k on tails follow a schedule (assembly/capacity.ts). */
const SCHEDULED = 1024;
/** From this k on at least two items of a level are protected: one alone promises nothing. */
const FIXED = 38;
/** Distance from a protected end from which condensing takes its largest chunks: 6 k / 200 of them, of n / (2.5 k). */
const RAMP = 0.012;
/** A value or two on top: n is a whole number of them. */
const VALUES = 1.5;

/**
 * Error of compactions over all ranks: 0.97 % at k = 200, less while n is below 300 k. What is measured rises and
 * falls with n by a fifth, as levels come and go; this lies above the worst n of each k.
 */
function compacting({ n, minK, guarantee }: ErrorTerms): number {
  // What protecting one end, or both, costs the body.
  const cost = guarantee === 2 ? 1.28 : guarantee ? (minK < SCHEDULED ? 1.06 : 1.16) : 1;
  const growth = Math.min(1, 0.27 + 0.29 * Math.log10(Math.max(1, n / minK)));
  return ((1.46 * cost) / (minK + 31) ** 0.921) * growth;
}

/** Largest error over all ranks, in units of n. */
export function normalizedRankError(terms: ErrorTerms, pmf: boolean): number {
  if (!terms.isEstimating) return 0;
  const error = Math.hypot(compacting(terms), 4.3 * Math.sqrt(terms.variance)) + VALUES / terms.n;
  return Math.min(1, pmf ? TWO_RANKS * error : error);
}

/** Largest error at one rank, in units of n: in the body, or, near a protected end, by the distance to it. */
export function rankErrorAt(rank: number, terms: ErrorTerms): number {
  if (!terms.isEstimating) return 0;
  const { n, minK, guarantee, variance } = terms;
  const distance = guarantee === 2 ? Math.min(rank, 1 - rank) : guarantee ? 1 - rank : 1;
  let base = ONE_RANK * compacting(terms);
  if (guarantee && minK >= SCHEDULED) {
    base = Math.min(base, 0.0142 * guarantee * Math.sqrt(SCHEDULED / minK) * distance ** 0.75);
  } else if (minK >= FIXED) {
    base *= Math.min(1, (distance / 0.018) ** 0.7);
  }
  const step = 2.9 * Math.sqrt(variance) * Math.min(1, distance / RAMP);
  return Math.hypot(base, step) + VALUES / n;
}
