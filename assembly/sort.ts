/** Sorting a block of f64 ascending. No NaN. */
import { SCRATCH } from './layout';
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
      mergeApart<f64>(out, run, middle, middle, stop);
      out += stop - run;
    }
    const swap = from;
    from = to;
    to = swap;
  }
  if (from != at) memory.copy(at, from, <usize>count << 3);
}

/**
 * Sorts `count` items from `from` to `to` if they are at most two ascending runs, one behind the other: sources of a
 * merge, sorted input. Returns whether it did; on other input it sees that after a few items.
 */
export function mergeRuns(to: usize, from: usize, count: i32): bool {
  const end = from + (<usize>count << 3);
  let middle: usize = 0;
  for (let at = from; at + 8 < end; at += 8) {
    if (load<f64>(at) > load<f64>(at, 8)) {
      if (middle) return false;
      middle = at + 8;
    }
  }
  if (middle) mergeApart<f64>(to, from, middle, middle, end);
  else memory.copy(to, from, end - from);
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
