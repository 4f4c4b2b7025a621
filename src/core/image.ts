/**
 * A sketch at rest: what every decoder gives, what every encoder takes, and what a sketch is loaded
 * from. Levels are contiguous, level 0 first; an item of level i stands for 2^i values.
 */

/** Which ends of the distribution are kept sharp; the numbers are those of the wire. */
export const TAILS = { none: 0, high: 1, both: 2 } as const;
export type Tails = keyof typeof TAILS;
export type TailsCode = 0 | 1 | 2;
export const TAILS_NAMES: readonly Tails[] = ['none', 'high', 'both'];

export const MIN_K = 8;
export const MAX_K = 65535;
export const DEFAULT_K = 200;
/** Levels of a sketch: 2^53 values need no more. */
export const MAX_LEVELS = 54;
/** n stays exact up to here. */
export const MAX_N = 2 ** 53;

/** No values, shared: making an array of none was a fourteenth of a merge. */
export const NO_VALUES: Float64Array = new Float64Array(0);

export interface SketchImage {
  /** Accuracy parameter, 8..65535. */
  k: number;
  /** Smallest k of any compaction behind the data, 8..65535. */
  minK: number;
  /** Number of values, 0..2^53; equals the sum of size x 2^level. */
  n: number;
  /** Sum of the values; NaN when a source did not carry one. */
  sum: number;
  /** Exact smallest and largest value; NaN when empty. */
  min: number;
  max: number;
  /** Items of each level, level 0 first; the last is not zero. Empty when n is 0. */
  sizes: Uint32Array;
  /** All items, level 0 first, each level ascending. */
  items: Float64Array;
  /** The weakest protection behind the data. */
  tailGuarantee: TailsCode;
  /** Condensing variance in units of n^2; 0 for a sketch that was never condensed. */
  variance: number;
  /** The precision byte of a rounded image (formats.md); absent otherwise. */
  precision?: number | undefined;
  /** What makes a loaded copy go on exactly as the original would; absent from condensed and rounded images. */
  state?: StateBlock | undefined;
}

export interface StateBlock {
  /** State of the generator, unsigned 64 bits. */
  generator: bigint;
  /** The seed it started from, unsigned 64 bits. */
  seed: bigint;
  /** Policy of compactions to come. */
  tails: TailsCode;
  /** The offset the next sampled block takes, as an integer below 2^53; absent when it is to be drawn. */
  pendingOffset?: number | undefined;
  /** For each level: 2 x compactions so far + the coin of the last one. */
  compactions: Uint32Array;
}
