/** Closed buckets of a backup by digest, to tell whether another backup holds the same, bit for bit, in any order. */
import { createHash } from 'node:crypto';
import { type BackupRecord, decodeBucket, RECORD } from '../../wire/backup-records.js';

/** Of SHA-256: enough that two of a thousand million different buckets are not taken for one. */
const DIGEST_BYTES = 16;

/** How long buckets are kept, milliseconds, by level; 0: for ever. A level is kept at least as long as the one below it. */
export type Kept = readonly [minute: number, hour: number, day: number];

interface Place {
  level: number;
  start: number;
  count: number;
}

export class BucketDigests {
  readonly #places = new Map<string, Place>();
  /** Parts that were closed and readable: an open one changes as it goes on. */
  closed = 0;
  /** All others. */
  open = 0;

  add({ type, payload }: BackupRecord): void {
    if (type !== RECORD.bucket) return;
    const found = digestOf(payload);
    if (!found) {
      this.open++;
      return;
    }
    this.closed++;
    const { digest, level, start } = found;
    const place = this.#places.get(digest) ?? { level, start, count: 0 };
    place.count++;
    this.#places.set(digest, place);
  }

  /** Takes out what another backup holds as well. */
  subtract({ type, payload }: BackupRecord): void {
    const digest = type === RECORD.bucket ? digestOf(payload)?.digest : undefined;
    const place = digest === undefined ? undefined : this.#places.get(digest);
    if (place && --place.count === 0) this.#places.delete(digest!);
  }

  /** Those that are left, apart from those that may have expired by now. @param now epoch milliseconds */
  left(kept: Kept, now: number): { missing: number; expired: number } {
    const left = { missing: 0, expired: 0 };
    for (const { level, start, count } of this.#places.values()) {
      const longest = Math.max(...kept.slice(0, level + 1).map((ms) => ms || Number.POSITIVE_INFINITY));
      left[start <= now - longest ? 'expired' : 'missing'] += count;
    }
    return left;
  }
}

/** What a bucket holds, and where; not what became of it above, or in exports. */
function digestOf(payload: Uint8Array): { digest: string; level: number; start: number } | undefined {
  const { bucket, image } = decodeBucket(payload);
  const { key, level, start, n, closes, code } = bucket;
  if (closes !== undefined || code !== undefined) return undefined;
  const digest = createHash('sha256')
    .update(JSON.stringify([key, level, start, n]))
    .update(image)
    .digest()
    .subarray(0, DIGEST_BYTES)
    .toString('latin1');
  return { digest, level, start };
}
