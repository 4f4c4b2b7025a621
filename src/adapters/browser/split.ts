/** Batches that a beacon and an edge take: each below 64 KiB and of a hundred series, with an id of its own. */

import type { BatchSeries } from '../../wire/batch.js';
import { writeBatch } from '../../wire/batch-encode.js';
import { encodeDecimal } from '../../wire/encode-values.js';

/** Below what browsers let wait in beacons and keepalive requests, 64 KiB together. */
export const MOST_BYTES = 60_000;

/** What a key of the edge takes in a batch, unless it was given more: one of more is refused whole. */
export const MOST_SERIES = 100;

/** A batch as it is stored and sent: the same bytes each time. */
export interface OutgoingBatch {
  /** Its id in hexadecimal digits. */
  id: string;
  /** Epoch milliseconds. */
  created: number;
  bytes: Uint8Array;
}

/** @param series at least one; a single one is far below the limit (series.ts: at most 1024 values, or k of 1024) */
export function toBatches(series: BatchSeries[], key: string | undefined): OutgoingBatch[] {
  const id = crypto.getRandomValues(new Uint8Array(16));
  const created = Date.now();
  // What was rounded to decimals needs no other codec.
  const bytes = writeBatch({ id, created, key, series }, encodeDecimal);
  if (series.length < 2 || (bytes.length <= MOST_BYTES && series.length <= MOST_SERIES)) {
    return [{ id: Array.from(id, (byte) => byte.toString(16).padStart(2, '0')).join(''), created, bytes }];
  }
  const half = series.length >> 1;
  return [...toBatches(series.slice(0, half), key), ...toBatches(series.slice(half), key)];
}
