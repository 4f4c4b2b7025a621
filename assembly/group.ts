/**
 * Grouping a block by value with a learned key: one pass of counting sort where sorting would take eleven.
 *
 * A key maps a value to one of 2048 cells: by the value itself (linear) or by its high word as an ordered integer (close to
 * logarithmic), over the range of a sample, which also says which of the two spreads the values better. Blocks are grouped by
 * cell with the key of their sketch: 1.5 ns an item against 25 for the merge sort.
 *
 * Safety chain, so that no input falls off a cliff: monotone blocks leave early; a cell that is too full is sorted by
 * itself, unless it ascends or descends as it is; a block in which that was much work has the key learned anew.
 */
import { CELLS, CELL_BITS, CELL_OF, CELL_START, K_HIGH, K_KIND, K_LOW, K_SCALE, K_SHIFT, PICKS, SAMPLE, SCRATCH } from './layout';
import { ascends, insertionSort, mergeRuns, mergeSort, reverseIfDescending } from './sort';

// Kinds of keys.
const UNLEARNED: u32 = 0;
const LINEAR: u32 = 1;
const BITS: u32 = 2;

/** Items in the sample that chooses the key. */
const SAMPLED: i32 = 256;
/** Blocks smaller than this are sorted: the passes over the cells would take longer. */
const SMALLEST: i32 = 64;
/** So many items of a cell may stay as they came. */
const FULL: i32 = 24;
/** Adding it rounds a double below 2^51 to an integer in its low bits. */
const ROUNDING: f64 = 4503599627370496;

/** The key that blocks are grouped with: the sketch's own, or that of a level of a merge. */
let key: usize = 0;

/** Has blocks grouped with the key at `at`. */
export function useKey(at: usize): void {
  key = at;
}

/** Has the key at hand learned before its next use. */
export function forgetKey(): void {
  store<u32>(key, UNLEARNED, K_KIND);
}

/**
 * Copies `count` items from `from` to the block window in order (slack 0), or so that every item is among those of its
 * cell, and those of a cell of more than `slack`, or 24, in order.
 */
export function groupBlock(from: usize, count: i32, slack: i32): void {
  const bytes = <usize>count << 3;
  if (mergeRuns(SAMPLE, from, count) || reverseIfDescending(SAMPLE, from, count)) return;
  if (count < SMALLEST) {
    memory.copy(SAMPLE, from, bytes);
    mergeSort(SAMPLE, count);
    return;
  }
  if (load<u32>(key, K_KIND) == UNLEARNED) learn(from, count);
  findCells(from, count);
  const limit = max(slack, FULL);
  if (place(from, count, limit)) settleFullCells(count, limit);
  settleEnds(SAMPLE + bytes);
  if (slack == 0) {
    for (let i: usize = 0; i < 4; i++) settleNeighbours(SAMPLE + ((i & 1) << 3), SAMPLE + bytes);
    insertionSort(SAMPLE, SAMPLE + bytes);
  }
}

/** Puts each two neighbours of [at, end) in order, without a branch: four rounds halve the time of sorting a grouped block. */
function settleNeighbours(at: usize, end: usize): void {
  for (; at + 16 <= end; at += 16) {
    const x = v128.load(at);
    const y = v128.shuffle<i64>(x, x, 1, 0);
    v128.store(at, v128.shuffle<i64>(f64x2.pmin(x, y), f64x2.pmax(x, y), 0, 3));
  }
}

/** Twice the cell of each item, u16, eight at once: up to seven of them belong to what lies behind the items. */
export function findCells(from: usize, count: i32): void {
  const end = from + (<usize>count << 3);
  let to = CELL_OF;
  if (load<u32>(key, K_KIND) == LINEAR) {
    const low = v128.load64_splat(key, K_LOW);
    const scale = v128.load64_splat(key, K_SCALE);
    for (; from < end; from += 64) {
      v128.store(to, doubled(linearCells(from, low, scale), linearCells(from + 32, low, scale)));
      to += 16;
    }
  } else {
    const low = v128.load32_splat(key, K_LOW);
    const high = v128.load32_splat(key, K_HIGH);
    const shift = load<i32>(key, K_SHIFT);
    for (; from < end; from += 64) {
      v128.store(to, doubled(bitCells(from, low, high, shift), bitCells(from + 32, low, high, shift)));
      to += 16;
    }
  }
}

// @ts-ignore: decorator
@inline
function doubled(first: v128, second: v128): v128 {
  return i16x8.shl(i16x8.narrow_i32x4_s(first, second), 1);
}

/** Cells of the four doubles at `from`, by value. */
// @ts-ignore: decorator
@inline
function linearCells(from: usize, low: v128, scale: v128): v128 {
  const first = linearCell(v128.load(from), low, scale);
  const second = linearCell(v128.load(from, 16), low, scale);
  // What is left of a NaN (infinity x 0) is masked.
  return v128.and(v128.shuffle<i32>(first, second, 0, 2, 4, 6), i32x4.splat(CELLS - 1));
}

// @ts-ignore: decorator
@inline
function linearCell(x: v128, low: v128, scale: v128): v128 {
  const at = f64x2.pmin(f64x2.mul(f64x2.sub(x, low), scale), f64x2.splat(<f64>(CELLS - 1)));
  return f64x2.add(f64x2.pmax(at, f64x2.splat(0)), f64x2.splat(ROUNDING));
}

/** Cells of the four doubles at `from`, by their high words: 20 bits of the mantissa tell apart what lies in different cells. */
// @ts-ignore: decorator
@inline
function bitCells(from: usize, low: v128, high: v128, shift: i32): v128 {
  const bits = v128.shuffle<i32>(v128.load(from), v128.load(from, 16), 1, 3, 5, 7);
  const keys = v128.xor(bits, i32x4.shr_u(i32x4.shr_s(bits, 31), 1));
  return i32x4.shr_u(i32x4.sub(i32x4.min_s(i32x4.max_s(keys, low), high), low), shift);
}

/** The high word of a double as an integer in the order of the doubles. */
// @ts-ignore: decorator
@inline
function bitKey(x: f64): i32 {
  const bits = <i32>(reinterpret<i64>(x) >> 32);
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

/** Brings items whose cells are found to their cells. Returns whether one has more than `limit`. */
export function place(from: usize, count: i32, limit: i32): bool {
  countCells(count);
  const isFull = startCells(limit);
  const end = CELL_OF + (<usize>count << 1);
  for (let at = CELL_OF; at < end; at += 2) {
    const cell = <usize>load<u16>(at);
    const to = <usize>load<u16>(cell, CELL_START);
    store<u16>(cell, <u16>(to + 1), CELL_START);
    store<f64>(SAMPLE + (to << 3), load<f64>(from));
    from += 8;
  }
  return isFull;
}

/** Counts the items of each cell. */
function countCells(count: i32): void {
  memory.fill(CELL_START, 0, CELLS << 1);
  const end = CELL_OF + (<usize>count << 1);
  let at = CELL_OF;
  // Four cells in one load.
  for (; at + 8 <= end; at += 8) {
    const cells = load<u64>(at);
    countItem(<usize>(cells & 0xffff));
    countItem(<usize>((cells >> 16) & 0xffff));
    countItem(<usize>((cells >> 32) & 0xffff));
    countItem(<usize>(cells >> 48));
  }
  for (; at < end; at += 2) countItem(<usize>load<u16>(at));
}

// @ts-ignore: decorator
@inline
function countItem(cell: usize): void {
  store<u16>(cell, load<u16>(cell, CELL_START) + 1, CELL_START);
}

/** Turns the counts of the cells into their first places, eight at once. Returns whether one is above `limit`. */
function startCells(limit: i32): bool {
  const none = i16x8.splat(0);
  let before = none;
  let most = none;
  for (let at = CELL_START; at < CELL_START + (CELLS << 1); at += 16) {
    const counts = v128.load(at);
    most = i16x8.max_u(most, counts);
    // Sums of two neighbours, of four, of eight.
    let sums = i16x8.add(counts, v128.shuffle<i16>(none, counts, 0, 8, 9, 10, 11, 12, 13, 14));
    sums = i16x8.add(sums, v128.shuffle<i16>(none, sums, 0, 1, 8, 9, 10, 11, 12, 13));
    sums = i16x8.add(sums, v128.shuffle<i16>(none, sums, 0, 1, 2, 3, 8, 9, 10, 11));
    sums = i16x8.add(sums, before);
    v128.store(at, i16x8.sub(sums, counts));
    before = v128.shuffle<i16>(sums, sums, 7, 7, 7, 7, 7, 7, 7, 7);
  }
  return v128.any_true(i16x8.gt_u(most, i16x8.splat(<i16>limit)));
}

/** Sorts the cells of more than `limit` items; where that was much work, the next block learns the key anew. */
function settleFullCells(count: i32, limit: i32): void {
  const most = i16x8.splat(<i16>limit);
  let sorted = 0;
  // After placing, a cell's entry is its end, and the entry before it its start.
  store<u16>(CELL_START - 2, 0);
  for (let at = CELL_START; at < CELL_START + (CELLS << 1); at += 16) {
    // Eight at once: few are full.
    if (!v128.any_true(i16x8.gt_u(i16x8.sub(v128.load(at), v128.load(at - 2)), most))) continue;
    for (let cell = at; cell < at + 16; cell += 2) {
      const start = SAMPLE + (<usize>load<u16>(cell - 2) << 3);
      const end = SAMPLE + (<usize>load<u16>(cell) << 3);
      const size = <i32>((end - start) >> 3);
      if (size <= limit || ascends(start, end)) continue;
      if (reverseIfDescending(SCRATCH, start, size)) {
        memory.copy(start, SCRATCH, end - start);
      } else {
        mergeSort(start, size);
        sorted += size;
      }
    }
  }
  if (sorted << 3 > count) forgetKey();
}

/** Sorts the first cell and the last, where all lies that is beyond the sample: max99 of k = 1024 at n = 14,000 is 0.115 %, without it 0.186. */
function settleEnds(end: usize): void {
  const last = SAMPLE + (<usize>load<u16>(CELL_START + ((CELLS - 2) << 1)) << 3);
  mergeSort(SAMPLE, load<u16>(CELL_START));
  mergeSort(last, <i32>((end - last) >> 3));
}

/** Learns the key from a block. */
export function learn(from: usize, count: i32): void {
  // The sample waits where picks will be.
  const sampled = min(count, SAMPLED);
  const step = <usize>(count / sampled) << 3;
  let low: f64 = Infinity;
  let high: f64 = -Infinity;
  for (let at = PICKS; at < PICKS + (<usize>sampled << 3); at += 8) {
    const x = load<f64>(from);
    store<f64>(at, x);
    low = x < low ? x : low;
    high = x > high ? x : high;
    from += step;
  }
  const linear = spread(LINEAR, low, high, sampled);
  const bits = spread(BITS, low, high, sampled);
  if (linear <= bits + (bits >> 3)) aim(LINEAR, low, high);
}

/** Aims the key; returns how crowded the cells of the sample are: the sum of their squared counts. */
function spread(kind: u32, low: f64, high: f64, sampled: i32): i32 {
  aim(kind, low, high);
  findCells(PICKS, sampled);
  countCells(sampled);
  let crowding = i32x4.splat(0);
  for (let at = CELL_START; at < CELL_START + (CELLS << 1); at += 16) {
    const counts = v128.load(at);
    crowding = i32x4.add(crowding, i32x4.dot_i16x8_s(counts, counts));
  }
  return (
    i32x4.extract_lane(crowding, 0) + i32x4.extract_lane(crowding, 1) +
    i32x4.extract_lane(crowding, 2) + i32x4.extract_lane(crowding, 3)
  );
}

/** Has the key spread the cells over low..high. */
function aim(kind: u32, low: f64, high: f64): void {
  store<u32>(key, kind, K_KIND);
  if (kind == LINEAR) {
    const scale = <f64>(CELLS - 1) / (high - low);
    store<f64>(key, low, K_LOW);
    store<f64>(key, scale < Infinity ? scale : 0, K_SCALE);
  } else {
    const least = bitKey(low);
    const most = bitKey(high);
    store<i32>(key, least, K_LOW);
    store<i32>(key, most, K_HIGH);
    store<i32>(key, max(32 - CELL_BITS - <i32>clz(most - least), 0), K_SHIFT);
  }
}
