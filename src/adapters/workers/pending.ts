/**
 * Batches that were taken and not merged yet, by the sequence they will travel in.
 *
 *    open (takes batches; its ring version is fixed) -> closed (full, or open for long enough) -> sealed (seal.ts)
 *
 * The number of a sequence is the time it was opened at, or one more than the last: it never repeats, not even when
 * storage was lost and the object began anew, unless a thousand sequences a second were opened before.
 */

import { CHUNK_BYTES, chunkOf, joinChunks } from './chunks.js';
import type { RingVersion } from './contract.js';

export interface Sequence {
  [column: string]: SqlStorageValue;
  sequence: number;
  ringVersion: number;
  /** Series objects of that ring. */
  owners: number;
  /** Receipt of its first batch, epoch milliseconds. */
  opened: number;
  /** 1 when it takes no more batches. */
  closed: number;
  batches: number;
  /** Of bodies. */
  bytes: number;
  /** Characters of the keys of series, those of each batch. */
  keys: number;
  /** That series hold, those of each batch: what is in memory when it is merged. */
  items: number;
  values: number;
}

export type UnsealedSequence = Pick<Sequence, 'sequence' | 'ringVersion' | 'owners' | 'opened' | 'closed'>;

export interface NewBatch {
  body: ArrayBuffer;
  /** Values in it, weights counted. */
  values: number;
  /** Characters of the keys of its series. */
  keys?: number;
  /** That its series hold. */
  items?: number;
  /** Epoch milliseconds. */
  received: number;
}

export interface PendingBatch {
  batch: number;
  received: number;
  values: number;
  body: Uint8Array;
}

export class PendingBatches {
  readonly #sql: SqlStorage;
  /** The sequence that takes batches. */
  #open: Sequence | undefined;
  #batches = 0;
  #bytes = 0;
  #keys = 0;
  #values = 0;
  #last = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS sequences (sequence INTEGER PRIMARY KEY, ring_version INTEGER NOT NULL,
         owners INTEGER NOT NULL, opened INTEGER NOT NULL, closed INTEGER NOT NULL DEFAULT 0);
       CREATE TABLE IF NOT EXISTS last_sequence (one INTEGER PRIMARY KEY CHECK (one = 1), sequence INTEGER NOT NULL);
       CREATE TABLE IF NOT EXISTS batches (batch INTEGER PRIMARY KEY, sequence INTEGER NOT NULL,
         received INTEGER NOT NULL, n INTEGER NOT NULL, bytes INTEGER NOT NULL, body BLOB NOT NULL);
       CREATE INDEX IF NOT EXISTS batches_of_sequence ON batches (sequence);
       CREATE TABLE IF NOT EXISTS batch_chunks (batch INTEGER NOT NULL, part INTEGER NOT NULL, body BLOB NOT NULL,
         PRIMARY KEY (batch, part)) WITHOUT ROWID`,
    );
    // Storage of a release before has none; that release gives none, and does without it.
    const columns = sql.exec<{ name: string }>("SELECT name FROM pragma_table_info('batches')").toArray();
    for (const added of ['keys', 'items']) {
      if (columns.some(({ name }) => name === added)) continue;
      sql.exec(`ALTER TABLE batches ADD COLUMN ${added} INTEGER NOT NULL DEFAULT 0`);
    }
    this.load();
  }

  /** Reads anew what the tables say: after a transaction that failed, too. */
  load(): void {
    const sequences = this.unsealed();
    this.#open = sequences.find(({ closed }) => !closed);
    this.#batches = sequences.reduce((sum, { batches }) => sum + batches, 0);
    this.#bytes = sequences.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#keys = sequences.reduce((sum, { keys }) => sum + keys, 0);
    this.#values = sequences.reduce((sum, { values }) => sum + values, 0);
    const last = this.#sql.exec<{ sequence: number }>('SELECT sequence FROM last_sequence').toArray();
    this.#last = last[0]?.sequence ?? 0;
  }

  /** Of all unsealed sequences. */
  get batches(): number {
    return this.#batches;
  }

  /** Of bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Characters of the keys of series: what bodies do not show of what they become. */
  get keys(): number {
    return this.#keys;
  }

  get values(): number {
    return this.#values;
  }

  /** The last sequence that was opened; 0 when none was. */
  get lastSequence(): number {
    return this.#last;
  }

  /** The sequence that takes batches, when one is open. */
  get open(): Readonly<Sequence> | undefined {
    return this.#open;
  }

  /** Inside a transaction. @param ring the newest: the sequence's for good */
  openSequence({ version: ringVersion, series: owners }: RingVersion, now: number): void {
    const sequence = Math.max(this.#last + 1, now);
    this.#sql.exec(
      'INSERT INTO last_sequence VALUES (1, ?) ON CONFLICT DO UPDATE SET sequence = excluded.sequence',
      sequence,
    );
    this.#sql.exec('INSERT INTO sequences VALUES (?, ?, ?, ?, 0)', sequence, ringVersion, owners, now);
    this.#open = {
      sequence,
      ringVersion,
      owners,
      opened: now,
      closed: 0,
      batches: 0,
      bytes: 0,
      keys: 0,
      items: 0,
      values: 0,
    };
    this.#last = sequence;
  }

  /** Inside a transaction, with a sequence open. */
  store({ body, values, keys = 0, items = 0, received }: NewBatch): void {
    const open = this.#open!;
    const bytes = body.byteLength;
    const { batch } = this.#sql
      .exec<{ batch: number }>(
        'INSERT INTO batches (sequence, received, n, bytes, keys, items, body) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING batch',
        open.sequence,
        received,
        values,
        bytes,
        keys,
        items,
        bytes > CHUNK_BYTES ? chunkOf(body, 0) : body,
      )
      .one();
    for (let part = 1; part * CHUNK_BYTES < bytes; part++) {
      this.#sql.exec('INSERT INTO batch_chunks VALUES (?, ?, ?)', batch, part, chunkOf(body, part));
    }
    open.batches++;
    open.bytes += bytes;
    open.keys += keys;
    open.items += items;
    this.#batches++;
    this.#bytes += bytes;
    this.#keys += keys;
    this.#values += values;
  }

  /** Inside a transaction: the open sequence takes no more. */
  close(): void {
    if (!this.#open) return;
    this.#sql.exec('UPDATE sequences SET closed = 1 WHERE sequence = ?', this.#open.sequence);
    this.#open = undefined;
  }

  /** Sequences that are not sealed, in order. */
  unsealed(): Sequence[] {
    return this.#sql
      .exec<Sequence>(
        `SELECT s.sequence, ring_version AS ringVersion, owners, opened, closed, count(batch) AS batches,
           coalesce(sum(bytes), 0) AS bytes, coalesce(sum(keys), 0) AS keys, coalesce(sum(items), 0) AS items,
           coalesce(sum(n), 0) AS "values"
         FROM sequences s LEFT JOIN batches b ON b.sequence = s.sequence GROUP BY s.sequence ORDER BY s.sequence`,
      )
      .toArray();
  }

  /** In order, without their counts. @param limit so many of the oldest */
  unsealedSequences(limit = -1): UnsealedSequence[] {
    return this.#sql
      .exec<Sequence>(
        'SELECT sequence, ring_version AS ringVersion, owners, opened, closed FROM sequences ORDER BY sequence LIMIT ?',
        limit,
      )
      .toArray();
  }

  /** The oldest sequence that is not sealed, without its counts. */
  oldest(): UnsealedSequence | undefined {
    return this.unsealedSequences(1)[0];
  }

  /** In order of receipt. @param after only those that came after this one */
  batchesOf(sequence: number, after = 0): PendingBatch[] {
    const rows = this.#sql
      .exec<{ batch: number; received: number; values: number; bytes: number; body: ArrayBuffer }>(
        `SELECT batch, received, n AS "values", bytes, body FROM batches WHERE sequence = ? AND batch > ?
           ORDER BY batch`,
        sequence,
        after,
      )
      .toArray();
    return rows.map(({ batch, received, values, bytes, body }) => ({
      batch,
      received,
      values,
      body: bytes > CHUNK_BYTES ? this.#whole(batch, body, bytes) : new Uint8Array(body),
    }));
  }

  /** Inside a transaction: a sequence is sealed, its batches are in the outbox. */
  remove(sequence: number): void {
    this.#sql.exec(
      'DELETE FROM batch_chunks WHERE batch IN (SELECT batch FROM batches WHERE sequence = ? AND bytes > ?)',
      sequence,
      CHUNK_BYTES,
    );
    const gone = this.#sql
      .exec<{ batches: number; bytes: number; keys: number; values: number }>(
        `SELECT count(*) AS batches, coalesce(sum(bytes), 0) AS bytes, coalesce(sum(keys), 0) AS keys,
           coalesce(sum(n), 0) AS "values" FROM batches WHERE sequence = ?`,
        sequence,
      )
      .one();
    this.#sql.exec('DELETE FROM batches WHERE sequence = ?', sequence);
    this.#sql.exec('DELETE FROM sequences WHERE sequence = ?', sequence);
    this.#batches -= gone.batches;
    this.#bytes -= gone.bytes;
    this.#keys -= gone.keys;
    this.#values -= gone.values;
    if (this.#open?.sequence === sequence) this.#open = undefined;
  }

  /** Inside a transaction: forgets all batches, but no number. */
  clear(): void {
    for (const table of ['batch_chunks', 'batches', 'sequences']) this.#sql.exec(`DELETE FROM ${table}`);
    this.load();
  }

  #whole(batch: number, first: ArrayBuffer, bytes: number): Uint8Array {
    const whole = new Uint8Array(bytes);
    whole.set(new Uint8Array(first));
    const chunks = this.#sql.exec<{ part: number; body: ArrayBuffer }>(
      'SELECT part, body FROM batch_chunks WHERE batch = ?',
      batch,
    );
    return joinChunks(whole, chunks);
  }
}
