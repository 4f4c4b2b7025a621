/** How many items each level may hold, and how many of them a compaction leaves alone. */
import { APACHE_CAPS, CAPS, H_COMPACTIONS, H_K, H_LEVELS, H_TAILS, MAX_LEVELS, header } from './layout';

/** From this k on tails follow the schedule of relative-error compaction; below it, a fixed share is protected. */
export const SCHEDULE_K: u32 = 1024;

/** k (2/3)^depth rounded to nearest, in exact integers (Apache DataSketches, KllHelper.levelCapacity). */
function scaled(k: u64, depth: i32): u64 {
  if (depth > 30) return scaled(scaled(k, depth >> 1), depth - (depth >> 1));
  let power: u64 = 1;
  for (let i = 0; i < depth; i++) power *= 3;
  return (((k << 1) << <u64>depth) / power + 1) >> 1;
}

// What the windows hold at present: most calls come for the same shape again.
let cachedK: u32 = 0;
let lastK: u32 = 0;
let lastLevels: i32 = 0;
let lastBudget: u32 = 0;

/**
 * Fills CAPS for the present number of levels and returns the budget: what all levels together may hold.
 * A level's own capacity has a floor of 2, the budget one of 8 a level, so that a sketch has the memory of
 * an Apache one and spends it where it counts.
 */
export function computeCapacities(): u32 {
  const k = load<u32>(header + H_K);
  const levels = <i32>load<u32>(header + H_LEVELS);
  const scheduled = k >= SCHEDULE_K && load<u8>(header + H_TAILS) != 0;
  if (!scheduled && k == lastK && levels == lastLevels) return lastBudget;
  if (k != cachedK) {
    cachedK = k;
    for (let depth = 0; depth < MAX_LEVELS; depth++) {
      store<u32>(APACHE_CAPS + (<usize>depth << 2), <u32>scaled(k, depth));
    }
  }
  let budget: u32 = 0;
  for (let level = 0; level < levels; level++) {
    const apache = load<u32>(APACHE_CAPS + (<usize>(levels - 1 - level) << 2));
    let capacity = max<u32>(2, apache);
    let share = max<u32>(8, apache);
    if (scheduled) {
      const t = compactions(level);
      const reserve = <u32>(2 * sections(t) * sectionSize(t));
      capacity = max(capacity, reserve);
      share = max(share, reserve);
    }
    store<u32>(CAPS + (<usize>level << 2), capacity);
    budget += share;
  }
  lastK = scheduled ? 0 : k;
  lastLevels = levels;
  lastBudget = budget;
  return budget;
}

/**
 * The section geometry of a level after t compactions (Cormode, Karnin, Liberty, Thaler, Vesely 2021): 3 sections
 * of 16 items; when t reaches 2^(sections - 1) there are twice as many, smaller by sqrt 2 and even. Sections
 * stay below 24, so there are three stages: (3, 16), from t = 4 (6, 12), from t = 32 (12, 8).
 */
// @ts-ignore: decorator
@inline
function sections(t: u32): i32 {
  return t < 4 ? 3 : t < 32 ? 6 : 12;
}
// @ts-ignore: decorator
@inline
function sectionSize(t: u32): i32 {
  return t < 4 ? 16 : t < 32 ? 12 : 8;
}

/** Compactions of a level so far. */
// @ts-ignore: decorator
@inline
function compactions(level: i32): u32 {
  return load<u32>(header + H_COMPACTIONS + (<usize>level << 2)) >> 1;
}

/** Whether the last compaction of a level has changed its geometry, and so its capacity. */
export function entersStage(level: i32): bool {
  const t = compactions(level);
  return t == 4 || t == 32;
}

/** Items at one protected end of a level of `size` items that its next compaction leaves alone. */
export function protectedItems(level: i32, size: i32): i32 {
  const tails = <i32>load<u8>(header + H_TAILS);
  if (tails == 0) return 0;
  const k = load<u32>(header + H_K);
  let keep: i32;
  if (k < SCHEDULE_K) {
    keep = <i32>max<u32>(1, (k + 12) / 25);
  } else {
    const t = compactions(level);
    const free = min<i32>(ctz(~(t + 1)), sections(t));
    keep = (2 * sections(t) - free) * sectionSize(t);
  }
  // Both ends together, or the one end, take at most half a level, and leave a pair to compact.
  const half = size >> tails;
  if (k < SCHEDULE_K || size - keep * tails < 2) keep = k < SCHEDULE_K ? min(keep, half) : half;
  return size - keep * tails < 2 ? 0 : keep;
}
