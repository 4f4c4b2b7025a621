/** Everything about a sketch that helps to understand it; plain data, fit for JSON. */
import { levelCapacity, SCHEDULE_K } from './capacity.js';
import type { Tails } from './image.js';

export interface DebugLevel {
  level: number;
  /** Weight of an item: 2^level. */
  weight: number;
  capacity: number;
  population: number;
  compactions: number;
  /** Items at a protected end that a compaction leaves alone at the least. */
  protectedItems: number;
  /** Standard deviation of the rank that this level's compactions have caused, in units of n. */
  errorEstimate: number;
}

export interface DebugState {
  k: number;
  minK: number;
  n: number;
  /** Unsigned 64 bits, decimal. */
  seed: string;
  tails: Tails;
  tailGuarantee: Tails;
  variance: number;
  staged: number;
  retained: number;
  bytes: number;
  rankError: number;
  levels: DebugLevel[];
}

/** The levels of a debug state. */
export function debugLevels(
  k: number,
  n: number,
  tails: Tails,
  sizes: ArrayLike<number>,
  compactions: ArrayLike<number>,
): DebugLevel[] {
  return Array.from(sizes as ArrayLike<number>, (population, level) => {
    const count = (compactions[level] ?? 0) >>> 1;
    const apache = levelCapacity(k, sizes.length, level, 2);
    const scheduled = tails !== 'none' && k >= SCHEDULE_K;
    const [sections, size] = count < 4 ? [3, 16] : count < 32 ? [6, 12] : [12, 8];
    return {
      level,
      weight: 2 ** level,
      capacity: scheduled ? Math.max(apache, 2 * sections * size) : apache,
      population,
      compactions: count,
      protectedItems: tails === 'none' ? 0 : scheduled ? sections * size : Math.max(1, Math.round(k / 25)),
      // Each pair of compactions with opposite coins leaves at most one weight at a rank, with probability 1/2.
      errorEstimate: n === 0 ? 0 : (Math.sqrt(count / 2) * 2 ** level) / 2 / n,
    };
  });
}
