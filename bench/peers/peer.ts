/** What a peer must answer to be compared. What it lacks stays out of its row. */

export interface Peer<S = unknown> {
  name: string;
  /** What has to be said beside the figures. */
  note: string;
  /** Whether only positive integers are taken: values are then counted in the units of their stream. */
  isInteger?: boolean;
  /** Whether negative and huge values are refused, so that only latencies can be measured. */
  onlyLatencies?: boolean;
  /** Whether its answers depend on the seed: errors are then means over several. */
  isRandomized?: boolean;
  /** Whether blobs say less than the sketch did: then it is a decoded blob that answers. */
  sendsLess?: boolean;
  /** The ranks it answers, where it does not answer all. */
  ranks?: readonly number[];
  create(seed: number): S;
  add(sketch: S, x: number): void;
  /** Bulk ingestion, where there is one. */
  extend?(sketch: S, values: Float64Array): void;
  quantile(sketch: S, rank: number): number;
  /** Merges `other` into `sketch`, and returns what then holds both. */
  merge?(sketch: S, other: S): S;
  encode?(sketch: S): Uint8Array | string;
  decode?(bytes: Uint8Array | string): S;
  /** Merges many sketches, where there is more than a loop of `merge`. */
  mergeAll?(sketches: readonly S[]): S;
  /** Decodes and merges many, where there is more than a loop of both. */
  mergeBlobs?(blobs: readonly (Uint8Array | string)[]): S;
  /** Lets go of what the collector does not see. */
  free?(sketch: S): void;
}

export function sizeOf(blob: Uint8Array | string): number {
  return typeof blob === 'string' ? Buffer.byteLength(blob) : blob.length;
}
