/**
 * What a sketch tells whoever watches it. Every hook is optional, is called after the fact, and must
 * not touch the sketch. A sketch without an observer pays nothing for this. An observer that throws breaks the call
 * it watches.
 */
import type { SketchDataError } from './errors.js';
import type { Tails } from './image.js';

/** What an observer may look at; it must not keep it. */
export interface ObservedSketch {
  readonly k: number;
  readonly minK: number;
  readonly n: number;
  readonly numRetained: number;
  readonly numLevels: number;
  readonly tails: Tails;
  readonly tailGuarantee: Tails;
  readonly seed: bigint;
}

export interface IngestEvent {
  /** Values that entered, weights counted. */
  values: number;
  /** Values that were rejected (`invalid: 'skip'`). */
  rejected: number;
  /** Seconds spent, on the clock the observer carries. */
  seconds: number;
}

export interface CompactionEvent {
  level: number;
  /** Compactions of this level since the last event. */
  compactions: number;
  /** Items on the level now. */
  population: number;
}

export interface MergeEvent {
  /** Sketches or images merged. */
  sources: number;
  /** Sources that were refused and left out (`invalid: 'skip'`): their positions, and why. */
  refused: readonly (readonly [position: number, error: SketchDataError])[];
  /** Names of the shards the sources came from, refused ones included, where the caller gave them. */
  shards?: readonly string[] | undefined;
  /** Values that entered; of no meaning where the merge failed. */
  values: number;
  /** 'ok', or the code of the error that is thrown next. */
  outcome: 'ok' | string;
  seconds: number;
  minKBefore: number;
  minKAfter: number;
  tailGuaranteeBefore: Tails;
  tailGuaranteeAfter: Tails;
}

export type QueryKind = 'quantile' | 'rank' | 'cdf' | 'pmf' | 'bounds';

export interface QueryEvent {
  kind: QueryKind;
  /** Answers asked for in one call. */
  answers: number;
  seconds: number;
}

export interface SerializeEvent {
  bytes: number;
  n: number;
  seconds: number;
}

export interface DeserializeEvent {
  bytes: number;
  /** 'ok', or the code of the error that is thrown next. */
  outcome: 'ok' | string;
  seconds: number;
}

export interface CondenseEvent {
  fromItems: number;
  toItems: number;
  variance: number;
  /** True where the variance left is above twice that of a single condense: it is being condensed to keep. */
  excessive: boolean;
  seconds: number;
}

export interface SketchObserver {
  /** Monotone clock in milliseconds; without one, events carry 0 seconds. */
  now?(): number;
  /** A sketch came into being, empty as yet: made, read, merged, condensed or cloned. */
  onCreate?(sketch: ObservedSketch): void;
  onIngest?(event: IngestEvent): void;
  onCompaction?(event: CompactionEvent): void;
  onMerge?(event: MergeEvent, sketch: ObservedSketch): void;
  onQuery?(event: QueryEvent): void;
  onSerialize?(event: SerializeEvent, sketch: ObservedSketch): void;
  onDeserialize?(event: DeserializeEvent): void;
  onCondense?(event: CondenseEvent): void;
}
