/** Stored bytes that could not be read: set aside for a person to look at, so that the rest goes on. */
import { CHUNK_BYTES } from './chunks.js';

/** The oldest go first: damage that repeats itself must not fill the storage. */
const MOST_ROWS = 200;

export class Quarantine {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS quarantine (row INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL,
         code TEXT NOT NULL, body BLOB NOT NULL)`,
    );
  }

  /**
   * Inside a transaction. What is long is kept in rows that follow each other.
   * @param what what it was, as text
   * @param code why it could not be read
   */
  add(what: string, code: string, body: Uint8Array): void {
    for (let at = 0; at === 0 || at < body.length; at += CHUNK_BYTES) {
      this.#sql.exec(
        'INSERT INTO quarantine (at, what, code, body) VALUES (?, ?, ?, ?)',
        Date.now(),
        what,
        code,
        body.slice(at, at + CHUNK_BYTES),
      );
    }
    this.#sql.exec('DELETE FROM quarantine WHERE row <= (SELECT max(row) FROM quarantine) - ?', MOST_ROWS);
  }

  get rows(): number {
    return this.#sql.exec<{ rows: number }>('SELECT count(*) AS rows FROM quarantine').one().rows;
  }

  /** Inside a transaction. */
  clear(): void {
    this.#sql.exec('DELETE FROM quarantine');
  }
}
