/** States whose values are all still there. */
import { F64, U32 } from '../wasm/abi.js';
import type { SketchState } from './state.js';
import { compensatedSum } from './sum.js';

/**
 * What a sum has beyond that of the values: nothing but for rounded images, and where values past the largest double came in
 * another order; NaN where the sum is not known.
 */
export function residueOf(sum: number, values: ArrayLike<number>): number {
  const found = compensatedSum(values);
  return sum === found ? 0 : sum - found;
}

/** The same of a state without levels above 0, and its items. */
export function residue({ real, items }: SketchState): number {
  return residueOf(compensatedSum([], 0, real[F64.sum], real[F64.carry]), items);
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
