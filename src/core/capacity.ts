/** Capacities of the levels of an Apache KLL sketch (Apache DataSketches, KllHelper.levelCapacity). */

/** From this k on tails follow the schedule (assembly/capacity.ts). */
export const SCHEDULE_K = 1024;

/**
 * Items a level may hold before it is due for compaction.
 * @param k accuracy parameter, 8..65535
 * @param numLevels levels of the sketch, 1..61
 * @param level the level, 0..numLevels-1
 * @param floor smallest capacity of a level (Apache: m = 8)
 */
export function levelCapacity(k: number, numLevels: number, level: number, floor = 8): number {
  const depth = numLevels - level - 1;
  const capacity =
    depth <= 30
      ? scaledByTwoThirds(k, depth)
      : scaledByTwoThirds(scaledByTwoThirds(k, depth >> 1), depth - (depth >> 1));
  return Math.max(floor, capacity);
}

/** Items a sketch of `numLevels` levels may hold in all. */
export function totalCapacity(k: number, numLevels: number): number {
  let total = 0;
  for (let level = 0; level < numLevels; level++) total += levelCapacity(k, numLevels, level);
  return total;
}

/** k (2/3)^depth rounded to nearest, in exact integer arithmetic: (((2k << depth) / 3^depth) + 1) >> 1. */
function scaledByTwoThirds(k: number, depth: number): number {
  // 2k 2^depth < 2^(17+30) and 3^30 < 2^48: both exact in a double, so floor of the quotient needs one check.
  const dividend = 2 * k * 2 ** depth;
  const divisor = 3 ** depth;
  let quotient = Math.floor(dividend / divisor);
  if (quotient * divisor > dividend) quotient--;
  return (quotient + 1) >>> 1;
}
