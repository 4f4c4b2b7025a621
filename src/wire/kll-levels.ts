/** The levels of KLL1 and KLL2 images: for each a length and its items, in any order, more than any capacity if need be. */
import { SketchDataError } from '../core/errors.js';
import { checkWeights } from './foreign-image.js';
import type { ForeignReader } from './foreign-reader.js';

/** The Python package has no more. */
const MAX_KLL_LEVELS = 64;

/** Refuses a level count outside 1..64. */
export function checkKllLevelCount(numLevels: number, offset: number): void {
  if (numLevels < 1 || numLevels > MAX_KLL_LEVELS) {
    throw new SketchDataError(
      'ERR_LEVELS',
      `levels: expected 1..${MAX_KLL_LEVELS}, found ${numLevels}`,
      offset,
    );
  }
}

/**
 * Reads the levels up to the end of the image: first every length against the bytes that are there and against n,
 * then the items, so that a length allocates nothing it does not bring.
 * @returns sizes and items, each level ascending
 */
export function readKllLevels(
  reader: ForeignReader,
  numLevels: number,
  n: number,
): { sizes: number[]; items: Float64Array } {
  const start = reader.offset;
  const sizes: number[] = [];
  let numRetained = 0;
  for (let level = 0; level < numLevels; level++) {
    const size = reader.u32();
    reader.need(size * 8, `level ${level}`);
    reader.skip(size * 8);
    sizes.push(size);
    numRetained += size;
  }
  reader.end();
  checkWeights(sizes, n);

  const items = new Float64Array(numRetained);
  reader.offset = start;
  let at = 0;
  for (const size of sizes) {
    reader.skip(4);
    const level = items.subarray(at, at + size);
    for (let i = 0; i < size; i++) level[i] = reader.f64();
    level.sort();
    at += size;
  }
  return { sizes, items };
}
