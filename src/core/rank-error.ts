/** What is known of a sketch's error, at 99 % confidence. docs/accuracy.md has the fits and the data behind them. */
import { SCHEDULE_K } from './capacity.js';
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
/** From this k on the two items and more of a level that are protected promise something. */
const FIXED = 50;
/** Distance from a protected end from which condensing takes its largest chunks: 6 k / 200 of them, of n / (2.5 k). */
const RAMP = 0.012;
/** Standard deviations of condensing that its largest error over all ranks comes to. */
const CONDENSED = 4.3;
/** Window of the sampler below SCHEDULE_K, in units of n / k: 0.4 eps^2 with eps^2 = 0.003^2 200 / k (assembly/ingest.ts). */
const WINDOW = 7.2e-4;
/** A value or two on top: n is a whole number of them. */
const VALUES = 1.5;

/**
 * Error of compactions over all ranks: 0.97 % at k = 200, less while n is below 180 k (450 k where tails follow the schedule). What is measured rises and
 * falls with n by a fifth, as levels come and go; this lies above the worst n of each k, and the worst way in.
 */
function compacting({ n, minK, guarantee }: Pick<ErrorTerms, 'n' | 'minK' | 'guarantee'>): number {
  const follows = guarantee && minK >= SCHEDULE_K;
  // What protecting one end, or both, costs the body.
  const cost = guarantee === 2 ? 1.28 : follows ? 1.16 : guarantee ? 1.06 : 1;
  // Small sketches that are brought to rest after every few values compact blocks of a few items.
  const small = Math.max(0, 200 - minK) / 900;
  const growth = Math.min(1, 0.55 + 2 * small + (follows ? 0.17 : 0.2) * Math.log10(Math.max(1, n / minK)));
  return ((1.02 * cost * (1 + small)) / (minK + 8) ** 0.872) * growth;
}

/** Largest error over all ranks, in units of n. */
export function normalizedRankError(terms: ErrorTerms, pmf: boolean): number {
  if (!terms.isEstimating) return 0;
  const error = Math.hypot(compacting(terms), CONDENSED * Math.sqrt(terms.variance)) + VALUES / terms.n;
  return Math.min(1, pmf ? TWO_RANKS * error : error);
}

/** Largest error over all ranks of large sketches of this k, without a guarantee, that condensing has added a variance to. */
export function errorWith(minK: number, variance: number): number {
  return Math.hypot(compacting({ n: Infinity, minK, guarantee: 0 }), CONDENSED * Math.sqrt(variance));
}

/** The variance that gives a sketch of this k, beside its compactions, a larger error over all ranks: 0 where it has that. */
export function varianceBeside(minK: number, error: number): number {
  return Math.max(0, error ** 2 - errorWith(minK, 0) ** 2) / CONDENSED ** 2;
}

/** Largest error at one rank, in units of n: in the body, or, near a protected end, by the distance to it. */
export function rankErrorAt(rank: number, terms: ErrorTerms): number {
  if (!terms.isEstimating) return 0;
  const { n, minK, guarantee, variance } = terms;
  const distance = guarantee === 2 ? Math.min(rank, 1 - rank) : guarantee ? 1 - rank : 1;
  let base = ONE_RANK * compacting(terms);
  if (guarantee && minK >= SCHEDULE_K) {
    base = Math.min(base, 0.0142 * guarantee * Math.sqrt(SCHEDULE_K / minK) * distance ** 0.75);
  } else if (minK >= FIXED) {
    // However close to the end, one of the largest values may stand for a window.
    base = Math.max(WINDOW / minK, base * Math.min(1, (distance / 0.018) ** 0.7));
  }
  const step = 2.9 * Math.sqrt(variance) * Math.min(1, distance / RAMP);
  return Math.hypot(base, step) + VALUES / n;
}
