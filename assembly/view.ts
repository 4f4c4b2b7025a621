/** The sorted view: every item once, ascending, with the cumulative weight up to and including it. */
import { INPUT, RUN_ENDS, SAMPLE, viewBuffer, viewBytes } from './layout';
import { levelSize, levelStart, numLevels } from './levels';
import { mergeSort } from './sort';

/**
 * Builds the view of the state in the window and of `staged` values (at most a block, any order) in the input
 * window. Returns the number of items; `viewItems` and `viewWeights` say where they are.
 */
export function buildView(staged: i32): i32 {
  let buffer = viewBuffer();
  let other = buffer + viewBytes();
  let to = buffer;
  let runs = 0;
  store<u32>(RUN_ENDS, <u32>to);
  if (staged) {
    memory.copy(SAMPLE, INPUT, <usize>staged << 3);
    mergeSort(SAMPLE, staged);
    to = copyRun(to, SAMPLE, staged, 1);
    store<u32>(RUN_ENDS + (<usize>++runs << 2), <u32>to);
  }
  const levels = numLevels();
  let weight: f64 = 1;
  for (let level = 0; level < levels; level++) {
    const size = levelSize(level);
    if (size) {
      to = copyRun(to, levelStart(level), size, weight);
      store<u32>(RUN_ENDS + (<usize>++runs << 2), <u32>to);
    }
    weight *= 2;
  }
  const count = <i32>((to - buffer) >> 4);
  // Neighbouring runs are merged in rounds: log2(levels) passes over the items.
  while (runs > 1) {
    let out = other;
    let merged = 0;
    let start = <usize>load<u32>(RUN_ENDS);
    store<u32>(RUN_ENDS, <u32>out);
    for (let run = 0; run < runs; run += 2) {
      const middle = <usize>load<u32>(RUN_ENDS + (<usize>(run + 1) << 2));
      const end = run + 1 < runs ? <usize>load<u32>(RUN_ENDS + (<usize>(run + 2) << 2)) : middle;
      out = mergePairs(out, start, middle, end);
      store<u32>(RUN_ENDS + (<usize>++merged << 2), <u32>out);
      start = end;
    }
    runs = merged;
    const swap = buffer;
    buffer = other;
    other = swap;
  }
  // Items to the front of the other buffer, cumulative weights behind them.
  const weights = other + (<usize>count << 3);
  let cumulative: f64 = 0;
  for (let i = 0; i < count; i++) {
    const at = buffer + (<usize>i << 4);
    store<f64>(other + (<usize>i << 3), load<f64>(at));
    cumulative += load<f64>(at, 8);
    store<f64>(weights + (<usize>i << 3), cumulative);
  }
  viewAt = other;
  return count;
}

/** Where the items of the last view begin; its cumulative weights follow them. */
export let viewAt: usize = 0;

function copyRun(to: usize, from: usize, count: i32, weight: f64): usize {
  const end = from + (<usize>count << 3);
  for (; from < end; from += 8) {
    store<f64>(to, load<f64>(from));
    store<f64>(to, weight, 8);
    to += 16;
  }
  return to;
}

/** Merges the pairs of [a, b) and [b, end) to `to`; returns the end of what was written. */
function mergePairs(to: usize, a: usize, b: usize, end: usize): usize {
  const aEnd = b;
  while (a < aEnd && b < end) {
    const first = load<f64>(a) <= load<f64>(b);
    v128.store(to, v128.load(select(a, b, first)));
    a += <usize>first << 4;
    b += <usize>!first << 4;
    to += 16;
  }
  if (a < aEnd) {
    memory.copy(to, a, aEnd - a);
    to += aEnd - a;
  }
  if (b < end) {
    memory.copy(to, b, end - b);
    to += end - b;
  }
  return to;
}
