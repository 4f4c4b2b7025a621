/** The library: a KLL quantile sketch. Nothing to initialise, await or free. */
// Nothing of it is used here. It comes first, so that it lies first in a bundle: gzip then has one block of codes that
// serves its bytes as well, and not two.
// biome-ignore lint/correctness/noUnusedImports: for its place
import {} from '#kernel';

export type { ExtendOptions } from './core/accumulator.js';
export type { DebugLevel, DebugState } from './core/debug-state.js';
export {
  type ArgumentErrorCode,
  type DataErrorCode,
  type RuntimeErrorCode,
  SketchArgumentError,
  SketchDataError,
  SketchRuntimeError,
} from './core/errors.js';
export type { SketchImage, StateBlock, Tails, TailsCode } from './core/image.js';
export type * from './core/observer.js';
export type { LoadOptions, ReadLimits, SketchOptions } from './core/options.js';
export type { OwnBytes } from './core/own-bytes.js';
export type { Bounds, QuantileOptions, RankOptions } from './core/queries.js';
export type { MergeAllOptions } from './sketch/merge-options.js';
export { type BytesOptions, KllSketch, type MergeSource, type SketchJSON } from './sketch/sketch.js';
export type { Precision } from './wire/precision.js';
