/** States whose values are all still there. */
import { F64, U32 } from '../wasm/abi.js';
import type { SketchState } from './state.js';
import { compensatedSum } from './sum.js';

/**
 * What the sum of a state without levels above 0 has beyond the sum of its items: nothing but for rounded images; NaN
 * where the sum is not known.
 */
export function residue({ real, items }: SketchState): number {
  const known = compensatedSum([], 0, real[F64.sum], real[F64.carry]);
  const found = compensatedSum(items);
  return known === found ? 0 : known - found;
}

/**
 * Whether a state's values are all still there, and may be staged. An image from elsewhere may know of smaller and larger
 * values than its one level holds: staged, they would be forgotten.
 */
export function isExact(state: SketchState): boolean {
  const levels = state.word[U32.levels];
  if (levels !== 1) return !levels;
  const { real, items } = state;
  // An infinity less itself is NaN: infinities cannot be staged either.
  return items[0] - real[F64.min] === 0 && items[items.length - 1] - real[F64.max] === 0;
}
