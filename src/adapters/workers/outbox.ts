/**
 * Sealed rows on their way: kept until the object that owns their series has acknowledged their sequence.
 *
 * Sequences go to each owner in order, one at a time; owners do not wait for each other. A row is deleted after its
 * owner has it, so a hand-over that was interrupted anywhere is repeated, and the owner ignores what it has applied.
 */
import { CALL_BYTES, MOST_CALL_BYTES } from './call-bytes.js';
import type { ApplyCall, ApplyPartCall, HandOverRow, PendingPlace, PendingRow } from './contract.js';
import { comparePlaces } from './pending-place.js';
import type { SealedRow } from './seal.js';

/** A row without its image. */
type OutboxPlace = Omit<PendingRow, 'image'> & { row: number; [column: string]: SqlStorageValue };

/** Gives a sequence's rows, or a part of them, to their owner; resolves with the last sequence it has applied. */
export type HandOver = (
  part: Omit<ApplyCall, 'config' | 'sender'> | Omit<ApplyPartCall, 'config' | 'sender'>,
) => Promise<number>;

/** Rows that go in one call: their numbers from the first to the last, and how many they are. */
interface Part {
  from: number;
  to: number;
  rows: number;
}

export class Outbox {
  readonly #sql: SqlStorage;
  #rows = 0;
  #bytes = 0;
  /** Hand-overs under way, by slot: a second one joins the first. */
  readonly #underWay = new Map<number, Promise<void>>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS outbox (row INTEGER PRIMARY KEY, slot INTEGER NOT NULL, sequence INTEGER NOT NULL,
         ring_version INTEGER NOT NULL, opened INTEGER NOT NULL, key TEXT NOT NULL, start INTEGER NOT NULL,
         bytes INTEGER NOT NULL, image BLOB NOT NULL);
       CREATE INDEX IF NOT EXISTS outbox_of_slot ON outbox (slot, sequence)`,
    );
    this.load();
  }

  /** Reads anew what the table says: after a transaction that failed, too. */
  load(): void {
    const { rows, bytes } = this.#sql
      .exec<{ rows: number; bytes: number }>(
        'SELECT count(*) AS rows, coalesce(sum(bytes), 0) AS bytes FROM outbox',
      )
      .one();
    this.#rows = rows;
    this.#bytes = bytes;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Of images and keys. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Inside a transaction. @param opened receipt of the first batch of the sequence, epoch milliseconds */
  add(
    sequence: { sequence: number; ringVersion: number; opened: number },
    slot: number,
    { key, start, image }: SealedRow,
  ): void {
    const bytes = image.byteLength + key.length;
    this.#sql.exec(
      `INSERT INTO outbox (slot, sequence, ring_version, opened, key, start, bytes, image)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      slot,
      sequence.sequence,
      sequence.ringVersion,
      sequence.opened,
      key,
      start,
      bytes,
      image,
    );
    this.#rows++;
    this.#bytes += bytes;
  }

  /** Owners that rows wait for. */
  slots(): number[] {
    return this.#sql
      .exec<{ slot: number }>('SELECT DISTINCT slot FROM outbox')
      .toArray()
      .map(({ slot }) => slot);
  }

  /** Receipt of the oldest batch in it, epoch milliseconds. */
  oldest(): number | undefined {
    return (
      this.#sql.exec<{ oldest: number | null }>('SELECT min(opened) AS oldest FROM outbox').one().oldest ??
      undefined
    );
  }

  /** Rows of minutes in [from, to) behind a place, in order of places, each image when its turn has come. */
  *rowsBetween(
    from: number,
    to: number,
    after: PendingPlace | undefined,
    isWanted: (key: string) => boolean,
  ): Generator<PendingRow> {
    const rows = this.#sql
      .exec<OutboxPlace>(
        `SELECT row, sequence, ring_version AS ringVersion, key, start FROM outbox WHERE start >= ? AND start < ?`,
        from,
        to,
      )
      .toArray()
      .filter((row) => (!after || comparePlaces(row, after) > 0) && isWanted(row.key))
      .sort(comparePlaces);
    for (const { row, ...place } of rows) {
      const { image } = this.#sql
        .exec<{ image: ArrayBuffer }>('SELECT image FROM outbox WHERE row = ?', row)
        .one();
      yield { ...place, image };
    }
  }

  /**
   * Hands over what waits for one owner, oldest first, at most `limit` sequences.
   * @returns the sequence that waits next
   * @throws what `handOver` throws: rows that are not acknowledged stay
   */
  async deliver(slot: number, limit: number, handOver: HandOver): Promise<number | undefined> {
    let delivery = this.#underWay.get(slot);
    if (!delivery) {
      delivery = this.#deliver(slot, limit, handOver).finally(() => this.#underWay.delete(slot));
      this.#underWay.set(slot, delivery);
    }
    await delivery;
    return this.#next(slot);
  }

  /** Inside a transaction. */
  clear(): void {
    this.#sql.exec('DELETE FROM outbox');
    this.load();
  }

  async #deliver(slot: number, limit: number, handOver: HandOver): Promise<void> {
    for (let count = 0; count < limit; count++) {
      const sequence = this.#next(slot);
      if (sequence === undefined) return;
      const applied = await this.#handOver(slot, sequence, handOver);
      if (applied < sequence) {
        throw new Error(`expected sequence ${sequence} to be applied, found ${applied}`);
      }
      this.#acknowledge(slot, sequence);
    }
  }

  /** In one call, or in as many as it takes. @returns what the last one answers */
  async #handOver(slot: number, sequence: number, handOver: HandOver): Promise<number> {
    const parts = this.#partsOf(slot, sequence);
    if (parts.length === 1) return await handOver({ sequence, rows: this.#rowsOf(slot, sequence, parts[0]) });
    const of = parts.reduce((sum, { rows }) => sum + rows, 0);
    let first = 0;
    let applied = 0;
    for (const part of parts) {
      applied = await handOver({ sequence, rows: this.#rowsOf(slot, sequence, part), first, of });
      // An answer was lost before: it has all of them.
      if (applied >= sequence) break;
      first += part.rows;
    }
    return applied;
  }

  /** How the rows of a sequence for one owner are spread over calls. */
  #partsOf(slot: number, sequence: number): Part[] {
    const sizes = this.#sql.exec<{ row: number; bytes: number }>(
      `SELECT row, ${CALL_BYTES} AS bytes FROM outbox WHERE slot = ? AND sequence = ? ORDER BY row`,
      slot,
      sequence,
    );
    const parts: Part[] = [];
    let free = 0;
    for (const { row, bytes } of sizes) {
      if (parts.length === 0 || bytes > free) {
        parts.push({ from: row, to: row, rows: 0 });
        free = MOST_CALL_BYTES;
      }
      const part = parts[parts.length - 1];
      part.to = row;
      part.rows++;
      free -= bytes;
    }
    return parts;
  }

  #rowsOf(slot: number, sequence: number, { from, to }: Part): HandOverRow[] {
    return this.#sql
      .exec<HandOverRow & { [column: string]: SqlStorageValue }>(
        `SELECT key, start, image FROM outbox WHERE slot = ? AND sequence = ? AND row BETWEEN ? AND ?
           ORDER BY row`,
        slot,
        sequence,
        from,
        to,
      )
      .toArray();
  }

  #next(slot: number): number | undefined {
    return (
      this.#sql
        .exec<{ sequence: number | null }>(
          'SELECT min(sequence) AS sequence FROM outbox WHERE slot = ?',
          slot,
        )
        .one().sequence ?? undefined
    );
  }

  #acknowledge(slot: number, sequence: number): void {
    const bytes = this.#sql
      .exec<{ bytes: number }>(
        'DELETE FROM outbox WHERE slot = ? AND sequence = ? RETURNING bytes',
        slot,
        sequence,
      )
      .toArray();
    this.#rows -= bytes.length;
    for (const row of bytes) this.#bytes -= row.bytes;
  }
}
