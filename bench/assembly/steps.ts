/**
 * The kernel with its steps exported one by one, and the plainer techniques they replaced, for bench/micro.ts.
 * Each step takes its values from the input window and leaves them there.
 */
export * from '../../assembly/index';
import {
  BLOCK, H_GENERATOR, H_K, H_MAX, H_MIN, H_MIN_K, H_N, H_TAILS, HEADER_BYTES, INPUT, SAMPLE, SCRATCH, TABLE, header,
} from '../../assembly/layout';
import { clearTable, groupBlock, learn, scatter } from '../../assembly/group';
import { ingest, scan, takeBlock } from '../../assembly/ingest';
import { compress } from '../../assembly/compact';
import { growTo, mergeApart, mergeInto, mergeUp, openState } from '../../assembly/levels';
import { insertionSort, mergeSort } from '../../assembly/sort';

/** Opens an empty state. */
export function begin(k: i32, tails: i32): void {
  memory.fill(header, 0, HEADER_BYTES);
  store<u32>(header + H_K, k);
  store<u32>(header + H_MIN_K, k);
  store<u8>(header + H_TAILS, tails);
  store<f64>(header + H_MIN, NaN);
  store<f64>(header + H_MAX, NaN);
  store<u64>(header + H_GENERATOR, 0x9e3779b97f4a7c15);
  clearTable();
  openState();
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

/** The same with a table learned anew for every block. */
export function groupLearning(count: i32, slack: i32): void {
  for (let done = 0; done < count; done += BLOCK) {
    clearTable();
    groupBlock(INPUT + (<usize>done << 3), min(BLOCK, count - done), slack);
  }
}

/** Sorts each block with the table as it is, whatever it was learned from: no early exits, no settling, no relearning. */
export function groupUnsafe(count: i32): void {
  for (let done = 0; done < count; done += BLOCK) {
    const size = min(BLOCK, count - done);
    const from = INPUT + (<usize>done << 3);
    // The kind is 0 where nothing is learned (group.ts).
    if (load<u32>(TABLE, 16) == 0) learn(from, size);
    scatter(from, size);
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

/** The whole of a bulk call but the scan. */
export function ingestStep(count: i32, bulk: bool): void {
  ingest(count, bulk);
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
  mergeApart(SCRATCH, INPUT, INPUT + half, INPUT + half, INPUT + half + half);
}

/** Merges the halves from one end, selecting the address. */
export function mergeOneEnd(count: i32): void {
  const half = <usize>(count >> 1) << 3;
  mergeUp(SCRATCH, INPUT, INPUT + half, INPUT + half, INPUT + half + half);
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

/** Sorts the halves anew, as if nothing were known of them. */
export function sortBoth(count: i32): void {
  memory.copy(SAMPLE, INPUT, <usize>count << 3);
  mergeSort(SAMPLE, count);
}
