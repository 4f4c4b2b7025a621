/** The levels of the state at hand: where each begins, and merging sorted items into them. */
import { COMING, H_CHANGED, H_COMPACTIONS, H_K, H_LEVELS, H_N, H_SIZES, LEVELS, MAX_LEVELS, POS, header, slots, viewBuffer, viewBytes } from './layout';
import { computeCapacities } from './capacity';

/** What all levels together may hold. */
export let budget: u32 = 0;

/** Number of levels. */
// @ts-ignore: decorator
@inline
export function numLevels(): i32 {
  return <i32>load<u32>(header + H_LEVELS);
}

/** Address of the first item of a level; of `numLevels()`, the end of the top level. */
// @ts-ignore: decorator
@inline
export function levelStart(level: i32): usize {
  return LEVELS + (<usize>load<u32>(POS + (<usize>level << 2)) << 3);
}

// @ts-ignore: decorator
@inline
function setLevelStart(level: i32, address: usize): void {
  store<u32>(POS + (<usize>level << 2), <u32>((address - LEVELS) >> 3));
}

/** Items of a level. */
// @ts-ignore: decorator
@inline
export function levelSize(level: i32): i32 {
  const at = POS + (<usize>level << 2);
  return <i32>(load<u32>(at, 4) - load<u32>(at));
}

/** Items of all levels. */
// @ts-ignore: decorator
@inline
export function retained(): u32 {
  return slots - load<u32>(POS);
}

/** Reads the sizes of the state in the window into positions, and computes capacities. */
export function openState(): void {
  let levels = numLevels();
  if (levels == 0) {
    levels = 1;
    store<u32>(header + H_LEVELS, 1);
    store<u32>(header + H_SIZES, 0);
    store<u32>(header + H_COMPACTIONS, 0);
  }
  let start = slots;
  store<u32>(POS + (<usize>levels << 2), start);
  for (let level = levels - 1; level >= 0; level--) {
    start -= load<u32>(header + H_SIZES + (<usize>level << 2));
    store<u32>(POS + (<usize>level << 2), start);
  }
  budget = computeCapacities();
  store<f64>(header + H_CHANGED, 0);
}

/** Writes the sizes back, ready to be copied out. Returns the number of items. */
export function closeState(): u32 {
  const levels = numLevels();
  for (let level = 0; level < levels; level++) {
    store<u32>(header + H_SIZES + (<usize>level << 2), <u32>levelSize(level));
  }
  if (!ASC_NO_ASSERT) assertState();
  return retained();
}

/** Makes sure that `level` exists. A new top level is empty and costs nothing. */
export function growTo(level: i32): void {
  const levels = numLevels();
  if (level < levels) return;
  assert(level < MAX_LEVELS, 'a level above the last');
  for (let i = levels; i <= level; i++) {
    store<u32>(POS + (<usize>(i + 1) << 2), slots);
    store<u32>(header + H_COMPACTIONS + (<usize>i << 2), 0);
  }
  store<u32>(header + H_LEVELS, <u32>(level + 1));
  budget = computeCapacities();
}

/** Capacities follow the stages of the compaction counts where tails are scheduled. */
export function refreshCapacities(): void {
  budget = computeCapacities();
}

/** Merges `count` ascending items at `from` into a level. */
export function mergeInto(level: i32, from: usize, count: i32): void {
  store<u32>(COMING + (<usize>level << 2), <u32>count);
  mergeComing(level, level, from);
}

/**
 * Merges ascending runs into levels [first, last], as many items as COMING says for each, one level's run behind the other's
 * at `from`. Every level up to the last moves down once, by what it and those above it take, and takes its run on the way:
 * the write position never passes the read position.
 */
export function mergeComing(first: i32, last: i32, from: usize): void {
  let gap: usize = 0;
  for (let level = first; level <= last; level++) gap += <usize>load<u32>(COMING + (<usize>level << 2)) << 3;
  if (gap == 0) return;
  store<f64>(header + H_CHANGED, max(load<f64>(header + H_CHANGED), <f64>(levelStart(last + 1) >> 3)));
  const bottom = levelStart(0);
  assert(bottom - gap >= LEVELS, 'the level window is full');
  memory.copy(bottom - gap, bottom, levelStart(first) - bottom);
  for (let level = 0; level <= last; level++) {
    const own = levelStart(level);
    setLevelStart(level, own - gap);
    if (level < first) continue;
    const end = from + (<usize>load<u32>(COMING + (<usize>level << 2)) << 3);
    mergeRun(own - gap, from, end, own, levelStart(level + 1));
    gap -= end - from;
    from = end;
  }
}

/** Merges [a, aEnd) and [b, bEnd), both ascending, upward to `to`, which lies at least as much below b as a has. */
function mergeRun(to: usize, a: usize, aEnd: usize, b: usize, bEnd: usize): void {
  if (bEnd - b > (aEnd - a) << FEW) {
    insertFew(to, a, aEnd, b, bEnd);
  } else {
    const copy = viewBuffer() + viewBytes();
    memory.copy(copy, b, bEnd - b);
    mergeApart<f64>(to, a, aEnd, copy, copy + (bEnd - b));
  }
}

/** A level of more than 2^FEW times the items that come has those inserted, and its own moved in runs. */
const FEW: usize = 2;

/** `mergeRun` of a few items: those between them move in pairs, and a branch that is foreseen costs less than a choice. */
export function insertFew(to: usize, a: usize, aEnd: usize, b: usize, bEnd: usize): void {
  for (; a < aEnd; a += 8) {
    const x = load<f64>(a);
    const limit = f64x2.splat(x);
    while (b + 16 <= bEnd && i64x2.all_true(f64x2.lt(v128.load(b), limit))) {
      v128.store(to, v128.load(b));
      b += 16;
      to += 16;
    }
    while (b < bEnd && load<f64>(b) < x) {
      store<f64>(to, load<f64>(b));
      b += 8;
      to += 8;
    }
    store<f64>(to, x);
    to += 8;
  }
  if (to != b) memory.copy(to, b, bEnd - b);
}

/**
 * Merges [a, aEnd) and [b, bEnd), both ascending, to `to`, which overlaps neither: from both ends at once, two chains
 * that the processor runs side by side, and as many steps without a look at the bounds as the shorter run allows.
 * T: f64 for items, v128 for pairs that begin with one.
 */
export function mergeApart<T>(to: usize, a: usize, aEnd: usize, b: usize, bEnd: usize): void {
  let last = to + (aEnd - a) + (bEnd - b) - sizeof<T>();
  for (;;) {
    let steps = min(aEnd - a, bEnd - b) / (sizeof<T>() << 1);
    if (steps < 4) break;
    for (; steps > 0; steps--) {
      const lower = load<f64>(a) <= load<f64>(b);
      const upper = load<f64>(bEnd - sizeof<T>()) >= load<f64>(aEnd - sizeof<T>());
      store<T>(to, load<T>(select(a, b, lower)));
      store<T>(last, load<T>(select(bEnd, aEnd, upper) - sizeof<T>()));
      a += <usize>lower << alignof<T>();
      b += <usize>!lower << alignof<T>();
      bEnd -= <usize>upper << alignof<T>();
      aEnd -= <usize>!upper << alignof<T>();
      to += sizeof<T>();
      last -= sizeof<T>();
    }
  }
  mergeUp<T>(to, a, aEnd, b, bEnd);
}

/** Merges [a, aEnd) and [b, bEnd), both ascending, to `to`; b may be the tail of the destination. */
export function mergeUp<T>(to: usize, a: usize, aEnd: usize, b: usize, bEnd: usize): void {
  while (a < aEnd && b < bEnd) {
    const first = load<f64>(a) <= load<f64>(b);
    // Selecting the address and not the value keeps the loop free of branches.
    store<T>(to, load<T>(select(a, b, first)));
    a += <usize>first << alignof<T>();
    b += <usize>!first << alignof<T>();
    to += sizeof<T>();
  }
  if (a < aEnd) memory.copy(to, a, aEnd - a);
  // What is left of b is in place already when b is the tail of the destination.
  else if (to != b && b < bEnd) memory.copy(to, b, bEnd - b);
}

/** Debug build: the weights sum to n, every level ascends, and the budget holds for tails without a schedule. */
function assertState(): void {
  const levels = numLevels();
  let weight: f64 = 0;
  let unit: f64 = 1;
  for (let level = 0; level < levels; level++) {
    weight += <f64>levelSize(level) * unit;
    unit *= 2;
    let at = levelStart(level);
    const end = levelStart(level + 1);
    for (; at + 8 < end; at += 8) assert(load<f64>(at) <= load<f64>(at, 8), 'a level is not ascending');
  }
  assert(weight == load<f64>(header + H_N), 'the weights do not sum to n');
  assert(retained() <= budget, 'the state is over its budget');
  assert(levels == 1 || levelSize(levels - 1) > 0, 'the top level is empty');
  assert(load<u32>(header + H_K) >= 8, 'k is below 8');
}
