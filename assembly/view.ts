/** The sorted view: every item once, ascending, with the cumulative weight up to and including it. */
import { groupBlock } from './group';
import { INPUT, SAMPLE, viewBuffer, viewBytes } from './layout';
import { levelSize, levelStart, mergeApart, numLevels, retained } from './levels';

/**
 * Builds the view of the state in the window and of `staged` values (at most a block, any order) in the input
 * window. Returns where the items are, as many as there are in both; their cumulative weights follow.
 */
export function buildView(staged: i32): usize {
  const pairs = viewBuffer();
  const other = pairs + viewBytes();
  let end: usize;
  if (staged) {
    groupBlock(INPUT, staged, 0);
    const middle = copyRun(other, SAMPLE, staged, 0);
    const stop = mergeLevels(0, numLevels(), middle, pairs + (middle - other));
    mergeApart<v128>(pairs, other, middle, middle, stop);
    end = pairs + (stop - other);
  } else {
    end = mergeLevels(0, numLevels(), pairs, other);
  }
  // Items to the front of the other buffer, cumulative weights behind them.
  const bytes = (end - pairs) >> 1;
  let cumulative: u64 = 0;
  let to = other;
  for (let at = pairs; at < end; at += 16) {
    store<f64>(to, load<f64>(at));
    cumulative += load<u64>(at, 8);
    store<f64>(to + bytes, <f64>(<i64>cumulative));
    to += 8;
  }
  assert(bytes >> 3 == <usize>(retained() + staged), 'an item is not in the view');
  return other;
}

/**
 * Merges levels [first, last), as pairs, to `to`; returns the end. Each half of about as many items is merged by itself
 * to `other`, so that the few items of many low levels are not moved once for each of those: 2.8 passes over a full
 * sketch, where merging neighbours in rounds takes 4.
 */
function mergeLevels(first: i32, last: i32, to: usize, other: usize): usize {
  if (last - first == 1) return copyRun(to, levelStart(first), levelSize(first), first);
  const ends = levelStart(first) + levelStart(last);
  let middle = last - 1;
  // Down to the boundary nearest to the middle.
  while (middle - 1 > first && levelStart(middle) + levelStart(middle - 1) > ends) middle--;
  const left = mergeLevels(first, middle, other, to);
  const right = mergeLevels(middle, last, left, to + (left - other));
  mergeApart<v128>(to, other, left, left, right);
  return to + (right - other);
}

/** Copies a level as pairs of item and weight. */
function copyRun(to: usize, from: usize, count: i32, level: i32): usize {
  const end = from + (<usize>count << 3);
  const weight = <u64>1 << level;
  for (; from < end; from += 8) {
    store<f64>(to, load<f64>(from));
    store<u64>(to, weight, 8);
    to += 16;
  }
  return to;
}
