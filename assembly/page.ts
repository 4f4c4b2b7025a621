/**
 * The kernel's binary interface. A call works on the state that lies in the window: the caller copies a sketch
 * in, calls, and copies it out; nothing is remembered between two sketches. Integers and addresses in, counts
 * and booleans out.
 */
import { H_KEY, header, memoryNeeded, setSlots, sourceWindow } from './layout';
import { closeState, openState } from './levels';
import { compress } from './compact';
import { useKey } from './group';
import { dropWaiting, ingest, scan, takeWaiting } from './ingest';
import { absorbState, absorbValues, absorbWeighted as absorbPairs, beginMerge, finishMerge } from './merge';
import { buildView } from './view';

/** Bytes of memory that a level window of `count` items needs. */
export function memoryFor(count: u32): usize {
  return memoryNeeded(count);
}

/** Gives the level window room for `count` items; the memory has been grown. Returns where the header is then: the levels end there. */
export function reserve(count: u32): usize {
  setSlots(count);
  return header;
}

/** Opens the state that was copied in. Every call below works on it until `close`. */
export function open(): void {
  dropWaiting();
  useKey(header + H_KEY);
  openState();
}

/** Closes the state. Returns its number of items: the caller copies those and the header out. */
export function close(): u32 {
  takeWaiting();
  return closeState();
}

/**
 * Takes `count` values (at most 16384) of the input window. Returns 0, with the state unusable (drop it), if one is
 * not finite.
 */
export function extend(count: i32): bool {
  if (!scan(count)) return false;
  ingest(count);
  return true;
}

/** Begins a merge into the open state. */
export function beginAbsorb(): void {
  beginMerge();
}

/** Where a source is copied to: behind everything else. The caller has grown the memory. */
export function sourceAddress(): usize {
  return sourceWindow();
}

/** Takes the source whose header begins at `at`: see merge.ts. */
export function absorb(at: usize): void {
  absorbState(at);
}

/** Takes `count` finite values of the input window. */
export function absorbStaged(count: i32): void {
  absorbValues(count);
}

/** Takes `count` (value, weight) pairs: see merge.ts. */
export function absorbWeighted(count: i32): void {
  absorbPairs(count);
}

/** Ends a merge. */
export function finishAbsorb(): void {
  finishMerge();
}

/** Compacts the open state until it is within the budget of its k and tails. */
export function fit(): void {
  compress();
}

/** Builds the sorted view of the open state and `staged` values of the input window: see view.ts. */
export function view(staged: i32): usize {
  return buildView(staged);
}
