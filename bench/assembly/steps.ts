/**
 * The kernel with its steps exported one by one, and the plainer techniques they replaced, for bench/micro.ts.
 * Each step takes its values from the input window and leaves them there.
 */
export * from '../../assembly/index';
import {
  BLOCK, CELL_OF, H_GENERATOR, H_K, H_KEY, H_MAX, H_MIN, H_MIN_K, H_N, H_TAILS, HEADER_BYTES, INPUT, KEY_BYTES, K_HIGH, K_KIND,
  K_LOW, K_SHIFT, PICKS, SAMPLE, SCRATCH, header, mergeKeys, slots, viewBuffer, viewBytes,
} from '../../assembly/layout';
import { findCells, forgetKey, groupBlock, learn, place, useKey } from '../../assembly/group';
import { ingest, scan, takeBlock } from '../../assembly/ingest';
import { setRunShare } from '../../assembly/merge';
import { compress } from '../../assembly/compact';
import { growTo, insertFew, levelSize, levelStart, mergeApart, mergeInto, mergeUp, numLevels, openState } from '../../assembly/levels';
import { insertionSort, mergeSort } from '../../assembly/sort';

/** Items the level window holds. */
export function slotCount(): u32 {
  return slots;
}

/** Address of the input window. */
export function inputAddress(): usize {
  return INPUT;
}

/** Address of the header. */
export function headerAddress(): usize {
  return header;
}

/** Bytes of the header. */
export function headerBytes(): i32 {
  return HEADER_BYTES;
}

/** Opens an empty state. */
export function begin(k: i32, tails: i32): void {
  memory.fill(header, 0, HEADER_BYTES);
  store<u32>(header + H_K, k);
  store<u32>(header + H_MIN_K, k);
  store<u8>(header + H_TAILS, tails);
  store<f64>(header + H_MIN, NaN);
  store<f64>(header + H_MAX, NaN);
  store<u64>(header + H_GENERATOR, 0x9e3779b97f4a7c15);
  useKey(header + H_KEY);
  openState();
}

/** Whether the levels of sources are sampled before they are put to blocks. */
export function sampleSources(on: bool): void {
  setRunShare(on ? 0.5 : 0);
}

/** Minimum, maximum, sum and the check for NaN of `count` values. */
export function scanStep(count: i32): bool {
  return scan(count);
}

/** The same without SIMD. */
export function scanScalar(count: i32): f64 {
  let low: f64 = Infinity;
  let high: f64 = -Infinity;
  let sum: f64 = 0;
  const end = INPUT + (<usize>count << 3);
  for (let at = INPUT; at < end; at += 8) {
    const x = load<f64>(at);
    if (x < low) low = x;
    if (x > high) high = x;
    sum += x;
  }
  return sum + low + high;
}

/** Orders each block of the window so that items are within `slack` places of sorted (0: sorts). */
export function groupStep(count: i32, slack: i32): void {
  for (let done = 0; done < count; done += BLOCK) {
    groupBlock(INPUT + (<usize>done << 3), min(BLOCK, count - done), slack);
  }
}

/** The same with a key learned anew for every block. */
export function groupLearning(count: i32, slack: i32): void {
  for (let done = 0; done < count; done += BLOCK) {
    forgetKey();
    groupBlock(INPUT + (<usize>done << 3), min(BLOCK, count - done), slack);
  }
}

/** Groups the blocks of the window in turn, as the levels of a merge come: with a key of each, or with one for all. */
export function groupInTurn(count: i32, slack: i32, apart: bool): void {
  for (let done = 0; done < count; done += BLOCK) {
    if (apart) useKey(mergeKeys() + <usize>(done / BLOCK * KEY_BYTES));
    groupBlock(INPUT + (<usize>done << 3), min(BLOCK, count - done), slack);
  }
  useKey(header + H_KEY);
}

/** Sorts each block with the key as it is, whatever it was learned from: no early exits, no settling, no relearning. */
export function groupUnsafe(count: i32): void {
  for (let done = 0; done < count; done += BLOCK) {
    const size = min(BLOCK, count - done);
    const from = INPUT + (<usize>done << 3);
    if (load<u32>(header + H_KEY, K_KIND) == 0) learn(from, size);
    findCells(from, size);
    place(from, size, size);
    insertionSort(SAMPLE, SAMPLE + (<usize>size << 3));
  }
}

/** Sorts each block of the window by merging alone. */
export function mergeSortStep(count: i32): void {
  for (let done = 0; done < count; done += BLOCK) {
    const size = min(BLOCK, count - done);
    memory.copy(SAMPLE, INPUT + (<usize>done << 3), <usize>size << 3);
    mergeSort(SAMPLE, size);
  }
}

/** Takes each block of the window: groups, picks, merges the picks into their levels. */
export function takeStep(count: i32): void {
  for (let done = 0; done < count; done += BLOCK) {
    takeBlock(INPUT + (<usize>done << 3), min(BLOCK, count - done), 0);
  }
}

/** The whole of a call but the scan. */
export function ingestStep(count: i32): void {
  ingest(count);
}

/** What blocks replaced: every value enters level 0, and compactions carry it up level by level. */
export function cascadeStep(count: i32): void {
  for (let done = 0; done < count; done += 512) {
    const size = min(512, count - done);
    memory.copy(SAMPLE, INPUT + (<usize>done << 3), <usize>size << 3);
    mergeSort(SAMPLE, size);
    store<f64>(header + H_N, load<f64>(header + H_N) + <f64>size);
    growTo(0);
    mergeInto(0, SAMPLE, size);
    compress();
  }
}

/** Sorts the two halves of `count` values, for the merges below. */
export function sortHalves(count: i32): void {
  const half = <usize>(count >> 1) << 3;
  mergeSort(INPUT, count >> 1);
  mergeSort(INPUT + half, count >> 1);
}

/** Merges the halves from both ends at once. */
export function mergeTwoEnds(count: i32): void {
  const half = <usize>(count >> 1) << 3;
  mergeApart<f64>(SCRATCH, INPUT, INPUT + half, INPUT + half, INPUT + half + half);
}

/** Merges the halves from one end, selecting the address. */
export function mergeOneEnd(count: i32): void {
  const half = <usize>(count >> 1) << 3;
  mergeUp<f64>(SCRATCH, INPUT, INPUT + half, INPUT + half, INPUT + half + half);
}

/** Merges the halves from one end, selecting the value. */
export function mergeByValue(count: i32): void {
  const half = <usize>(count >> 1) << 3;
  let a = INPUT;
  let b = INPUT + half;
  const aEnd = b;
  const bEnd = b + half;
  let to = SCRATCH;
  while (a < aEnd && b < bEnd) {
    const x = load<f64>(a);
    const y = load<f64>(b);
    const first = x <= y;
    store<f64>(to, select(x, y, first));
    a += <usize>first << 3;
    b += <usize>!first << 3;
    to += 8;
  }
  if (a < aEnd) memory.copy(to, a, aEnd - a);
  else if (b < bEnd) memory.copy(to, b, bEnd - b);
}

/** Takes every 50th of `count` ascending values as picks, and sorts `count` values for them to come among. */
export function sortWithFew(count: i32): void {
  mergeSort(INPUT, count);
  for (let i = 0; i < count / 50; i++) {
    store<f64>(PICKS + (<usize>i << 3), load<f64>(INPUT + (<usize>(50 * i + 25) << 3)));
  }
}

/** Inserts those picks among the values. */
export function insertPicks(count: i32): void {
  insertFew(SCRATCH, PICKS, PICKS + (<usize>(count / 50) << 3), INPUT, INPUT + (<usize>count << 3));
}

/** Merges those picks with the values. */
export function mergePicks(count: i32): void {
  mergeUp<f64>(SCRATCH, PICKS, PICKS + (<usize>(count / 50) << 3), INPUT, INPUT + (<usize>count << 3));
}

/** Sorts the halves anew, as if nothing were known of them. */
export function sortBoth(count: i32): void {
  memory.copy(SAMPLE, INPUT, <usize>count << 3);
  mergeSort(SAMPLE, count);
}

/** Cells of a block by the high words of its values, eight at once. */
export function cellsByHighWords(count: i32): void {
  if (load<u32>(header + H_KEY, K_KIND) == 0) learn(INPUT, count);
  findCells(INPUT, count);
}

/** The same by all 64 bits, one by one. */
export function cellsByAllBits(count: i32): void {
  if (load<u32>(header + H_KEY, K_KIND) == 0) learn(INPUT, count);
  // The key is that of the high words, which are 2^32 times smaller.
  const low = <i64>load<i32>(header + H_KEY, K_LOW) << 32;
  const high = <i64>load<i32>(header + H_KEY, K_HIGH) << 32;
  const shift = <u64>load<u32>(header + H_KEY, K_SHIFT) + 32;
  for (let i = 0; i < count; i++) {
    const bits = load<i64>(INPUT + (<usize>i << 3));
    const bitKey = bits ^ ((bits >> 63) & 0x7fffffffffffffff);
    store<u16>(CELL_OF + (<usize>i << 1), <u16>(<u64>(max(low, min(bitKey, high)) - low) >> shift) << 1);
  }
}

/** Ends of the runs that are merged. */
const RUN_ENDS: usize = SAMPLE;

/** Builds the view of the open state by merging neighbours in rounds, each pair of runs from one end. */
export function viewInRounds(): usize {
  let buffer = viewBuffer();
  let other = buffer + viewBytes();
  let to = buffer;
  let runs = 0;
  store<u32>(RUN_ENDS, <u32>to);
  let weight: f64 = 1;
  for (let level = 0; level < numLevels(); level++) {
    const size = levelSize(level);
    for (let i = 0; i < size; i++, to += 16) {
      store<f64>(to, load<f64>(levelStart(level) + (<usize>i << 3)));
      store<f64>(to, weight, 8);
    }
    if (size) store<u32>(RUN_ENDS + (<usize>++runs << 2), <u32>to);
    weight *= 2;
  }
  const count = (to - buffer) >> 4;
  while (runs > 1) {
    let out = other;
    let merged = 0;
    let start = <usize>load<u32>(RUN_ENDS);
    store<u32>(RUN_ENDS, <u32>out);
    for (let run = 0; run < runs; run += 2) {
      const middle = <usize>load<u32>(RUN_ENDS + (<usize>(run + 1) << 2));
      const end = run + 1 < runs ? <usize>load<u32>(RUN_ENDS + (<usize>(run + 2) << 2)) : middle;
      mergeUp<v128>(out, start, middle, middle, end);
      out += end - start;
      store<u32>(RUN_ENDS + (<usize>++merged << 2), <u32>out);
      start = end;
    }
    runs = merged;
    const swap = buffer;
    buffer = other;
    other = swap;
  }
  let cumulative: f64 = 0;
  for (let i: usize = 0; i < count; i++) {
    store<f64>(other + (i << 3), load<f64>(buffer + (i << 4)));
    cumulative += load<f64>(buffer + (i << 4), 8);
    store<f64>(other + ((i + count) << 3), cumulative);
  }
  return other;
}
