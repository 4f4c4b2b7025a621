/** Parts of sequences that are too large for one call: kept until the last is there, and they are applied together. */
import type { ApplyPartCall, HandOverRow } from './contract.js';

/** Kept rows that are read at once. */
const ROWS_AT_ONCE = 64;

export class ApplyParts {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS apply_parts (sender TEXT NOT NULL, sequence INTEGER NOT NULL,
         place INTEGER NOT NULL, key TEXT NOT NULL, start INTEGER NOT NULL, image BLOB NOT NULL,
         PRIMARY KEY (sender, sequence, place))`,
    );
  }

  /** Inside a transaction. What comes again is the same: a sequence that is sealed stays as it is. */
  keep({ sender, sequence, first, rows }: ApplyPartCall): void {
    for (const [i, { key, start, image }] of rows.entries()) {
      this.#sql.exec(
        'INSERT OR REPLACE INTO apply_parts VALUES (?, ?, ?, ?, ?, ?)',
        sender,
        sequence,
        first + i,
        key,
        start,
        image,
      );
    }
  }

  /** Whether all rows before a part are there. */
  hasAllBefore({ sender, sequence, first }: ApplyPartCall): boolean {
    const { rows } = this.#sql
      .exec<{ rows: number }>(
        'SELECT count(*) AS rows FROM apply_parts WHERE sender = ? AND sequence = ? AND place < ?',
        sender,
        sequence,
        first,
      )
      .one();
    return rows === first;
  }

  /** What was kept, and behind it the last part. */
  *upTo({ sender, sequence, first, rows }: ApplyPartCall): Generator<HandOverRow> {
    for (let place = 0; place < first; place += ROWS_AT_ONCE) {
      yield* this.#sql
        .exec<HandOverRow & { [column: string]: SqlStorageValue }>(
          `SELECT key, start, image FROM apply_parts WHERE sender = ? AND sequence = ? AND place >= ? AND place < ?
             ORDER BY place`,
          sender,
          sequence,
          place,
          Math.min(place + ROWS_AT_ONCE, first),
        )
        .toArray();
    }
    yield* rows;
  }

  /** Inside a transaction: a sender's sequence is applied. */
  forget(sender: string, sequence: number): void {
    this.#sql.exec('DELETE FROM apply_parts WHERE sender = ? AND sequence <= ?', sender, sequence);
  }

  /** Inside a transaction. */
  clear(): void {
    this.#sql.exec('DELETE FROM apply_parts');
  }
}
