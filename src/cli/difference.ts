/** The difference of a quantile between two sets of values, and whether chance explains it. */
import type { Bounds, KllSketch } from '../index.js';

export interface QuantileDifference {
  rank: number;
  before: number;
  after: number;
  /** Intervals of the population's quantile, 99 % confidence: sampling and sketch together. */
  beforeInterval: Bounds;
  afterInterval: Bounds;
  /** after - before. */
  difference: number;
  /** Interval of the difference, 99 % confidence. */
  lower: number;
  upper: number;
  /** `difference` as a share of `before`; null where that is 0. */
  relative: number | null;
  /** 'same' where sampling and sketch error explain the difference. */
  verdict: 'higher' | 'lower' | 'same';
}

/**
 * The interval of the difference comes from the two intervals by recovering a variance from each side of each (MOVER,
 * Zou and Donner 2008, Statistics in Medicine 27): narrower than the difference of the ends, and as honest when the
 * intervals are lopsided, as those of high quantiles are.
 * @param rank 0..1
 */
export function quantileDifference(a: KllSketch, b: KllSketch, rank: number): QuantileDifference {
  const before = a.quantile(rank);
  const after = b.quantile(rank);
  const beforeInterval = a.confidenceInterval(rank);
  const afterInterval = b.confidenceInterval(rank);
  const difference = after - before;
  const lower = difference - Math.hypot(after - afterInterval.lower, beforeInterval.upper - before);
  const upper = difference + Math.hypot(afterInterval.upper - after, before - beforeInterval.lower);
  return {
    rank,
    before,
    after,
    beforeInterval,
    afterInterval,
    difference,
    lower,
    upper,
    relative: before === 0 ? null : difference / Math.abs(before),
    verdict: lower > 0 ? 'higher' : upper < 0 ? 'lower' : 'same',
  };
}
