/** Options of merging many, and the k it takes when none is given. */
import type { SketchDataError } from '../core/errors.js';
import { DEFAULT_K } from '../core/image.js';
import { Merging } from '../core/merging.js';
import { isBytes, type ReadLimits, type SketchOptions } from '../core/options.js';
import { peekLargerK } from '../wire/compact-decode.js';

export interface MergeAllOptions extends SketchOptions, ReadLimits {
  /** Bytes that are refused: 'throw' (default) or 'skip'. */
  invalid?: 'throw' | 'skip' | undefined;
  /** Told of each source left out by `invalid: 'skip'`: its position and why. */
  onSkip?: ((position: number, error: SketchDataError) => void) | undefined;
  /** Names of the shards the sources came from, for the observer. */
  shards?: readonly string[] | undefined;
}

/** The largest k among sources; what will be refused counts for nothing. */
export function largestK(sources: readonly unknown[], maxK: number): number {
  let largest = 0;
  for (const source of sources) {
    if (source instanceof Merging) largest = Math.max(largest, source.k);
    else if (isBytes(source)) largest = peekLargerK(source, largest, maxK);
  }
  return largest || DEFAULT_K;
}
