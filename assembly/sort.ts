/** Sorting a block of f64 ascending. No NaN. */
import { RUN_ENDS, SCRATCH } from './layout';
import { mergeApart } from './levels';

const RUN: i32 = 16;

/** Sorts `count` items (at most a block) at `at`. */
export function mergeSort(at: usize, count: i32): void {
  const end = at + (<usize>count << 3);
  if (ascends(at, end)) return;
  for (let run = at; run < end; run += RUN << 3) insertionSort(run, min(run + (RUN << 3), end));
  let from = at;
  let to = SCRATCH;
  for (let width = <usize>(RUN << 3); width < <usize>count << 3; width <<= 1) {
    const last = from + (<usize>count << 3);
    let out = to;
    for (let run = from; run < last; run += width << 1) {
      const middle = min(run + width, last);
      const stop = min(middle + width, last);
      mergeApart(out, run, middle, middle, stop);
      out += stop - run;
    }
    const swap = from;
    from = to;
    to = swap;
  }
  if (from != at) memory.copy(at, from, <usize>count << 3);
}

/** Ascending runs up to which merging them is faster than grouping. */
const FEW_RUNS: i32 = 2;

/**
 * Sorts `count` items from `from` to `to` if they are a few ascending runs, one behind the other: sources of a merge,
 * sorted or zigzag input. Returns whether it did; on other input it sees that after a few items.
 */
export function mergeRuns(to: usize, from: usize, count: i32): bool {
  const end = from + (<usize>count << 3);
  let runs = 0;
  store<u32>(RUN_ENDS, <u32>from);
  for (let at = from; at + 8 < end; at += 8) {
    if (load<f64>(at) > load<f64>(at, 8)) {
      if (++runs == FEW_RUNS) return false;
      store<u32>(RUN_ENDS + (<usize>runs << 2), <u32>(at + 8));
    }
  }
  store<u32>(RUN_ENDS + (<usize>++runs << 2), <u32>end);
  let out = to;
  let spare = SCRATCH;
  while (runs > 1) {
    let write = out;
    let merged = 0;
    let start = <usize>load<u32>(RUN_ENDS);
    store<u32>(RUN_ENDS, <u32>write);
    for (let run = 0; run < runs; run += 2) {
      const middle = <usize>load<u32>(RUN_ENDS + (<usize>(run + 1) << 2));
      const stop = run + 1 < runs ? <usize>load<u32>(RUN_ENDS + (<usize>(run + 2) << 2)) : middle;
      mergeApart(write, start, middle, middle, stop);
      write += stop - start;
      store<u32>(RUN_ENDS + (<usize>++merged << 2), <u32>write);
      start = stop;
    }
    runs = merged;
    from = out;
    out = spare;
    spare = from;
  }
  if (from != to) memory.copy(to, from, <usize>count << 3);
  return true;
}

/** Whether [at, end) ascends already: monotone input costs a look. */
export function ascends(at: usize, end: usize): bool {
  for (; at + 8 < end; at += 8) if (load<f64>(at) > load<f64>(at, 8)) return false;
  return true;
}

/** Copies [from, from + count) reversed to `to` if it descends; says whether it did. */
export function reverseIfDescending(to: usize, from: usize, count: i32): bool {
  const end = from + (<usize>count << 3);
  for (let at = from; at + 8 < end; at += 8) if (load<f64>(at) < load<f64>(at, 8)) return false;
  for (let at = end - 8; at >= from; at -= 8) {
    store<f64>(to, load<f64>(at));
    to += 8;
  }
  return true;
}

/** For few items, or items near their places. */
export function insertionSort(start: usize, end: usize): void {
  for (let i = start + 8; i < end; i += 8) {
    const x = load<f64>(i);
    let j = i;
    while (j > start && load<f64>(j - 8) > x) {
      store<f64>(j, load<f64>(j - 8));
      j -= 8;
    }
    store<f64>(j, x);
  }
}
