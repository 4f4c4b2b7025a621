/** Options of merging many, and the k it takes when none is given. */
import type { SketchDataError } from '../core/errors.js';
import { DEFAULT_K } from '../core/image.js';
import type { SketchOptions } from '../core/options.js';
import { peekK } from '../wire/compact-decode.js';

export interface MergeAllOptions extends SketchOptions {
  /** Bytes that are refused: 'throw' (default) or 'skip'. */
  invalid?: 'throw' | 'skip';
  /** Told of each source left out by `invalid: 'skip'`: its position and why. */
  onSkip?: (position: number, error: SketchDataError) => void;
  /** Names of the shards the sources came from, for the observer. */
  shards?: readonly string[];
}

/** The largest k among sources; bytes that do not say count for nothing. */
export function largestK(sources: readonly (Uint8Array | { readonly k: number })[]): number {
  let largest = 0;
  for (const source of sources) {
    largest = Math.max(largest, (source instanceof Uint8Array ? peekK(source) : source?.k) ?? 0);
  }
  return largest || DEFAULT_K;
}
