/** Closed buckets of a backup by digest, to tell whether another backup holds the same, bit for bit, in any order. */
import { createHash } from 'node:crypto';
import { type BackupRecord, decodeBucket, RECORD } from '../../wire/backup-records.js';

/** Of SHA-256: enough that two of a thousand million different buckets are not taken for one. */
const DIGEST_BYTES = 16;

export class BucketDigests {
  readonly #counts = new Map<string, number>();
  /** Parts that were closed and readable: an open one changes as it goes on. */
  closed = 0;
  /** All others. */
  open = 0;

  add({ type, payload }: BackupRecord): void {
    if (type !== RECORD.bucket) return;
    const digest = digestOf(payload);
    if (digest === undefined) {
      this.open++;
      return;
    }
    this.closed++;
    this.#counts.set(digest, (this.#counts.get(digest) ?? 0) + 1);
  }

  /** Takes out what another backup holds as well. */
  subtract({ type, payload }: BackupRecord): void {
    const digest = type === RECORD.bucket ? digestOf(payload) : undefined;
    const count = digest === undefined ? 0 : (this.#counts.get(digest) ?? 0);
    if (count > 1) this.#counts.set(digest!, count - 1);
    else this.#counts.delete(digest!);
  }

  /** Those that are left. */
  get left(): number {
    let left = 0;
    for (const count of this.#counts.values()) left += count;
    return left;
  }
}

/** What a bucket holds, and where; not what became of it above, or in exports. */
function digestOf(payload: Uint8Array): string | undefined {
  const { bucket, image } = decodeBucket(payload);
  const { key, level, start, n, closes, code } = bucket;
  if (closes !== undefined || code !== undefined) return undefined;
  return createHash('sha256')
    .update(JSON.stringify([key, level, start, n]))
    .update(image)
    .digest()
    .subarray(0, DIGEST_BYTES)
    .toString('latin1');
}
