/**
 * Blobs of a tenant, kept for a person to look at or to be replayed: while the tenant asks for it, a bounded number of
 * them, for a bounded time. The first are kept: a stream of refusals fills what there is room for, and costs no more.
 * Refused ones and those that were taken have room of their own.
 */

import { CHUNK_BYTES, chunkOf, joinChunks } from './chunks.js';
import type { CaptureCall, CapturedBlob } from './contract.js';

export const MOST_BLOBS = 100;
export const MOST_BYTES = 16 * 2 ** 20;
/** One fault that repeats itself leaves room for others. */
export const MOST_OF_CODE = 25;
/** The code of batches that were taken. */
export const TAKEN = 'TAKEN';
export const MOST_TAKEN = 500;
export const KEPT_MS = 7 * 86_400_000;

interface Row extends CapturedBlob {
  [column: string]: SqlStorageValue;
}

export class Captures {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS captures (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,
         code TEXT NOT NULL, form TEXT NOT NULL, shard TEXT, bytes INTEGER NOT NULL);
       CREATE TABLE IF NOT EXISTS capture_chunks (capture INTEGER NOT NULL, part INTEGER NOT NULL, body BLOB NOT NULL,
         PRIMARY KEY (capture, part)) WITHOUT ROWID`,
    );
  }

  get blobs(): number {
    return this.#held(true).blobs + this.#held(false).blobs;
  }

  /** Inside a transaction. @returns false when there is no room for it */
  add({ code, form, shard, body }: CaptureCall, now: number): boolean {
    const isTaken = code === TAKEN;
    const { blobs, bytes } = this.#held(isTaken);
    const { ofCode } = this.#sql
      .exec<{ ofCode: number }>('SELECT count(*) AS ofCode FROM captures WHERE code = ?', code)
      .one();
    const isFull = isTaken ? blobs >= MOST_TAKEN : blobs >= MOST_BLOBS || ofCode >= MOST_OF_CODE;
    if (isFull || bytes + body.byteLength > MOST_BYTES) return false;
    const { id } = this.#sql
      .exec<{ id: number }>(
        'INSERT INTO captures (at, code, form, shard, bytes) VALUES (?, ?, ?, ?, ?) RETURNING id',
        now,
        code,
        form,
        shard ?? null,
        body.byteLength,
      )
      .one();
    for (let part = 0; part * CHUNK_BYTES < body.byteLength; part++) {
      this.#sql.exec('INSERT INTO capture_chunks VALUES (?, ?, ?)', id, part, chunkOf(body, part));
    }
    return true;
  }

  /** Oldest first. */
  list(): CapturedBlob[] {
    return this.#sql.exec<Row>('SELECT id, at, code, form, shard, bytes FROM captures ORDER BY id').toArray();
  }

  body(id: number): ArrayBuffer | undefined {
    const [blob] = this.list().filter((one) => one.id === id);
    if (!blob) return undefined;
    const chunks = this.#sql.exec<{ part: number; body: ArrayBuffer }>(
      'SELECT part, body FROM capture_chunks WHERE capture = ?',
      id,
    );
    return joinChunks(new Uint8Array(blob.bytes), chunks).buffer as ArrayBuffer;
  }

  /** Inside a transaction. @returns how many */
  drop(id?: number): number {
    return this.#delete('id = coalesce(?, id)', id ?? null);
  }

  /** Inside a transaction: what is old goes. @returns when the next one is, epoch milliseconds */
  expire(now: number): number | undefined {
    this.#delete('at <= ?', now - KEPT_MS);
    const { oldest } = this.#sql
      .exec<{ oldest: number | null }>('SELECT min(at) AS oldest FROM captures')
      .one();
    return oldest === null ? undefined : oldest + KEPT_MS;
  }

  /** Inside a transaction. */
  clear(): void {
    this.drop();
  }

  #held(isTaken: boolean): { blobs: number; bytes: number } {
    return this.#sql
      .exec<{ blobs: number; bytes: number }>(
        `SELECT count(*) AS blobs, coalesce(sum(bytes), 0) AS bytes FROM captures WHERE (code = '${TAKEN}') = ?`,
        Number(isTaken),
      )
      .one();
  }

  #delete(condition: string, binding: number | null): number {
    const gone = this.#sql
      .exec<{ id: number }>(`DELETE FROM captures WHERE ${condition} RETURNING id`, binding)
      .toArray();
    for (const { id } of gone) this.#sql.exec('DELETE FROM capture_chunks WHERE capture = ?', id);
    return gone.length;
  }
}
