/**
 * The ids of batches that were taken, with the checksum of their bytes: one table an hour of the senders' clocks, so
 * that forgetting an hour is dropping a table. An id is known for the whole window; a batch from before it is refused
 * unseen, so nothing is taken twice. It is known whatever creation time comes with it: an id names one batch.
 */
import { bufferOf } from './array-buffer.js';
import type { IdsPage } from './contract.js';

const HOUR_MS = 3_600_000;
const TABLE = /^ids_(\d+)$/;
/** One statement looks into so many: a function has at most 32 arguments in workerd. */
const TABLES_A_STATEMENT = 31;

export class BatchIds {
  readonly #sql: SqlStorage;
  /** Hours that have a table. */
  readonly #hours = new Set<number>();
  /** Statements that look into all of them; made when they are needed. */
  #lookups: string[] | undefined;
  /** Hours up to this one are forgotten. */
  #forgotten = -1;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.load();
  }

  /** Reads anew what the tables say: after a transaction that failed, too. */
  load(): void {
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS forgotten_ids (one INTEGER PRIMARY KEY CHECK (one = 1), hour INTEGER NOT NULL)',
    );
    this.#lookups = undefined;
    this.#hours.clear();
    const tables = this.#sql.exec<{ name: string }>(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'ids_*'`,
    );
    for (const { name } of tables) {
      const hour = TABLE.exec(name)?.[1];
      if (hour) this.#hours.add(Number(hour));
    }
    const forgotten = this.#sql.exec<{ hour: number }>('SELECT hour FROM forgotten_ids').toArray();
    this.#forgotten = forgotten[0]?.hour ?? -1;
  }

  /** Whether a batch was made too long ago for its id to be known for sure. */
  isTooOld(created: number, now: number, windowMs: number): boolean {
    return created < now - windowMs || this.isForgotten(created);
  }

  /** Whether ids of its hour are forgotten: the window may have been shorter once than it is now. */
  isForgotten(created: number): boolean {
    return hourOf(created) <= this.#forgotten;
  }

  /** The checksum of a batch that was taken; undefined for one that was not. */
  find(id: ArrayBuffer): number | undefined {
    this.#lookups ??= lookupsIn([...this.#hours]);
    for (const lookup of this.#lookups) {
      const { crc } = this.#sql.exec<{ crc: number | null }>(lookup, id).one();
      if (crc !== null) return crc;
    }
    return undefined;
  }

  #findIn(hour: number, id: ArrayBuffer): number | undefined {
    if (!this.#hours.has(hour)) return undefined;
    return this.#sql.exec<{ crc: number }>(`SELECT crc FROM ids_${hour} WHERE id = ?`, id).toArray()[0]?.crc;
  }

  /** Ids in order of hours and ids. @param from where the page begins; the first when it is absent */
  page(from: { hour: number; after: ArrayBuffer } | undefined, limit: number): IdsPage {
    const hours = [...this.#hours].sort((a, b) => a - b);
    const hour = from?.hour ?? hours[0] ?? 0;
    const after = from?.after ?? new ArrayBuffer(0);
    const ids = this.#hours.has(hour)
      ? this.#sql
          .exec<{ id: ArrayBuffer; crc: number }>(
            `SELECT id, crc FROM ids_${hour} WHERE id > ? ORDER BY id LIMIT ?`,
            after,
            limit,
          )
          .toArray()
      : [];
    if (ids.length === limit) return { hour, ids, next: { hour, after: ids[limit - 1].id } };
    const later = hours.find((one) => one > hour);
    return {
      hour,
      ids,
      ...(later === undefined ? {} : { next: { hour: later, after: new ArrayBuffer(0) } }),
      ...(later === undefined && this.#forgotten >= 0 ? { forgotten: this.#forgotten } : {}),
    };
  }

  /** Inside a transaction: an id that a backup brings. @returns the hour, when it is the first id of it */
  restore(id: Uint8Array, hour: number, crc: number): { isNew: boolean; planned?: number } {
    if (hour <= this.#forgotten || this.#findIn(hour, bufferOf(id)) !== undefined) return { isNew: false };
    const planned = this.add(bufferOf(id), hour * HOUR_MS, crc);
    return { isNew: true, ...(planned === undefined ? {} : { planned }) };
  }

  /** Inside a transaction. @returns the hour, when it is the first id of it: plan to forget it */
  add(id: ArrayBuffer, created: number, crc: number): number | undefined {
    const hour = hourOf(created);
    const isNew = !this.#hours.has(hour);
    if (isNew) {
      this.#sql.exec(`CREATE TABLE ids_${hour} (id BLOB PRIMARY KEY, crc INTEGER NOT NULL) WITHOUT ROWID`);
      this.#hours.add(hour);
      this.#lookups = undefined;
    }
    this.#sql.exec(`INSERT INTO ids_${hour} VALUES (?, ?)`, id, crc);
    return isNew ? hour : undefined;
  }

  /** Inside a transaction. Ids of this hour are too old from now on. */
  forget(hour: number): void {
    this.#sql.exec(`DROP TABLE IF EXISTS ids_${hour}`);
    this.#sql.exec(
      'INSERT INTO forgotten_ids VALUES (1, ?) ON CONFLICT DO UPDATE SET hour = max(hour, excluded.hour)',
      hour,
    );
    this.#hours.delete(hour);
    this.#lookups = undefined;
    this.#forgotten = Math.max(this.#forgotten, hour);
  }

  /** Inside a transaction. As if no batch had ever been taken. */
  clear(): void {
    for (const hour of this.#hours) this.#sql.exec(`DROP TABLE ids_${hour}`);
    this.#sql.exec('DELETE FROM forgotten_ids');
    this.#hours.clear();
    this.#lookups = undefined;
    this.#forgotten = -1;
  }
}

/** When all ids of an hour are older than the window, epoch milliseconds. */
export function forgettableAt(hour: number, windowMs: number): number {
  return (hour + 1) * HOUR_MS + windowMs;
}

function lookupsIn(hours: readonly number[]): string[] {
  const lookups: string[] = [];
  for (let first = 0; first < hours.length; first += TABLES_A_STATEMENT) {
    const some = hours.slice(first, first + TABLES_A_STATEMENT);
    const each = some.map((hour) => `(SELECT crc FROM ids_${hour} WHERE id = ?1)`);
    lookups.push(`SELECT coalesce(${each.join(', ')}, NULL) AS crc`);
  }
  return lookups;
}

function hourOf(created: number): number {
  return Math.floor(created / HOUR_MS);
}
