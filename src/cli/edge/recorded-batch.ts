/** Batches that lie in files: containers as senders post them. */
import type { BatchLimits } from '../../wire/batch.js';

/** What is read of one's own files: more than any edge takes. */
export const OWN_LIMITS: BatchLimits = {
  bytes: 64 * 2 ** 20,
  strings: 1_000_000,
  stringBytes: 65_535,
  series: 1_000_000,
  labels: 255,
  items: 50_000_000,
  n: 2 ** 53,
  k: 65_535,
};
