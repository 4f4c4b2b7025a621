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
  // From a depth of 30 on k (2/3)^depth rounds to 0.
  return Math.max(floor, scaledByTwoThirds(k, Math.min(numLevels - level - 1, 30)));
}

/** Items a sketch of `numLevels` levels may hold in all. */
export function totalCapacity(k: number, numLevels: number): number {
  let total = 0;
  for (let level = 0; level < numLevels; level++) total += levelCapacity(k, numLevels, level);
  return total;
}

/**
 * k (2/3)^depth rounded to nearest: (((2k << depth) / 3^depth) + 1) >> 1, in integers.
 * @param depth at most 30: both are exact in a double then, and a quotient below an integer, which is less than it by a
 *   2^47th or more, is not rounded up to it
 */
function scaledByTwoThirds(k: number, depth: number): number {
  return ((2 * k * 2 ** depth) / 3 ** depth + 1) >>> 1;
}
