/**
 * The table of buckets: what a series holds of a minute, an hour or a day, in parts.
 *
 *    open (working k, takes values until `closes`) -> closed (condensed once, never changed again)
 *
 * A bucket has at most one open part; what comes when there is none opens a further one, so that late values have a
 * part of their own. A part that cannot be read stays as a mark (`code`): whoever reads the bucket knows that it lacks
 * something.
 *
 * Rows carry the version they were written at. One that is overwritten or deleted while a snapshot still sees it goes to
 * `bucket_history` first: a snapshot is the number of a version, and costs nothing until something changes.
 */
import { RESOLUTION_MS, type Resolution } from './contract.js';
import type { SeriesState } from './series-state.js';

export const RESOLUTIONS: readonly Resolution[] = ['minute', 'hour', 'day'];
export const MINUTE = 0;
export const HOUR = 1;
export const DAY = 2;
/** Minute, hour and day by their place in RESOLUTIONS. */
export type Level = typeof MINUTE | typeof HOUR | typeof DAY;
export const LEVEL_MS: readonly number[] = RESOLUTIONS.map((resolution) => RESOLUTION_MS[resolution]);

/** The start of the bucket of a level that a time lies in. */
export function startOf(level: Level, time: number): number {
  return Math.floor(time / LEVEL_MS[level]) * LEVEL_MS[level];
}

/** Which bucket. */
export interface BucketPlace {
  series: number;
  level: Level;
  start: number;
}

/** Everything of a row but its image. */
export interface BucketRow {
  [column: string]: SqlStorageValue;
  row: number;
  series: number;
  level: Level;
  start: number;
  part: number;
  version: number;
  n: number;
  /** When an open part closes, epoch milliseconds; null when it is closed. */
  closes: number | null;
  /** Its number among all closings; null when it is open. */
  closing: number | null;
  /** Why it cannot be read; null when nothing is known against it. */
  code: string | null;
}

export interface StoredBucket extends BucketRow {
  image: ArrayBuffer;
}

/**
 * A condition: a bucket `b` is in a larger one of a table, whichever: the one between them may have expired before.
 * @param seen a further condition on the larger one, `u`
 */
export function isInLarger(table: 'buckets' | 'bucket_history', seen = ''): string {
  const ofLevel = (level: Level) => `EXISTS (SELECT 1 FROM ${table} AS u WHERE b.level < ${level}
    AND u.series = b.series AND u.level = ${level} AND u.start = b.start - b.start % ${LEVEL_MS[level]} ${seen})`;
  return `(${ofLevel(HOUR)} OR ${ofLevel(DAY)})`;
}

/** Of a row, all but its image. */
export const BUCKET_COLUMNS = 'row, series, level, start, part, version, n, closes, closing, code';
const DEFINITION = `series INTEGER NOT NULL, level INTEGER NOT NULL, start INTEGER NOT NULL, part INTEGER NOT NULL,
  version INTEGER NOT NULL, n INTEGER NOT NULL, closes INTEGER, closing INTEGER, code TEXT, image BLOB NOT NULL`;

export class BucketTable {
  readonly #sql: SqlStorage;
  readonly #state: SeriesState;
  /** The newest snapshot: rows of later versions are seen by none. */
  #newestSnapshot = 0;
  /** Told of rows whose image is another or gone: a cache forgets them. */
  readonly #changed: (row: number) => void;

  constructor(sql: SqlStorage, state: SeriesState, changed: (row: number) => void) {
    this.#sql = sql;
    this.#state = state;
    this.#changed = changed;
    // Numbers of rows never repeat, so that what is cached by them is never taken for another.
    sql.exec(
      `CREATE TABLE IF NOT EXISTS buckets (row INTEGER PRIMARY KEY AUTOINCREMENT, ${DEFINITION},
         UNIQUE (series, level, start, part));
       CREATE INDEX IF NOT EXISTS buckets_open ON buckets (closes) WHERE closes IS NOT NULL;
       CREATE INDEX IF NOT EXISTS buckets_closed ON buckets (closing) WHERE closing IS NOT NULL;
       CREATE INDEX IF NOT EXISTS buckets_by_start ON buckets (level, start);
       CREATE TABLE IF NOT EXISTS bucket_history (row INTEGER NOT NULL, ${DEFINITION}, until INTEGER NOT NULL,
         PRIMARY KEY (row, version));
       CREATE INDEX IF NOT EXISTS history_of_series ON bucket_history (series, level, start);
       CREATE INDEX IF NOT EXISTS history_by_start ON bucket_history (level, start, row);
       CREATE INDEX IF NOT EXISTS history_by_until ON bucket_history (until);
       CREATE TABLE IF NOT EXISTS snapshots (name TEXT PRIMARY KEY, version INTEGER NOT NULL,
         created INTEGER NOT NULL) WITHOUT ROWID`,
    );
    this.load();
  }

  /** Reads anew what tables say: after a transaction that failed, and when snapshots come or go. */
  load(): void {
    this.#newestSnapshot =
      this.#sql.exec<{ newest: number | null }>('SELECT max(version) AS newest FROM snapshots').one()
        .newest ?? 0;
  }

  has({ series, level, start }: BucketPlace): boolean {
    const found = this.#sql.exec(
      'SELECT 1 FROM buckets WHERE series = ? AND level = ? AND start = ? LIMIT 1',
      series,
      level,
      start,
    );
    return found.toArray().length > 0;
  }

  /** The part that takes values. */
  open({ series, level, start }: BucketPlace): BucketRow | undefined {
    return this.#sql
      .exec<BucketRow>(
        `SELECT ${BUCKET_COLUMNS} FROM buckets WHERE series = ? AND level = ? AND start = ? AND closes IS NOT NULL`,
        series,
        level,
        start,
      )
      .toArray()[0];
  }

  image(row: number): ArrayBuffer {
    return this.#sql.exec<{ image: ArrayBuffer }>('SELECT image FROM buckets WHERE row = ?', row).one().image;
  }

  /** All parts of all buckets that start in [from, to), in order of start and part. */
  between(series: number, level: Level, from: number, to: number): StoredBucket[] {
    return this.#sql
      .exec<StoredBucket>(
        `SELECT ${BUCKET_COLUMNS}, image FROM buckets WHERE series = ? AND level = ? AND start >= ? AND start < ?
           ORDER BY start, part`,
        series,
        level,
        from,
        to,
      )
      .toArray();
  }

  /** Inside a transaction: a further part. One without `closes` is closed from its beginning. */
  insert(
    at: BucketPlace,
    part: { n: number; closes?: number; closing?: number; code?: string; image: Uint8Array },
  ): number {
    const { closes = null, code = null, n, image } = part;
    const closing = closes === null ? (part.closing ?? this.#state.nextClosing()) : null;
    return this.#sql
      .exec<{ row: number }>(
        `INSERT INTO buckets (series, level, start, part, version, n, closes, closing, code, image)
           VALUES (?1, ?2, ?3, (SELECT coalesce(max(part) + 1, 0) FROM buckets
             WHERE series = ?1 AND level = ?2 AND start = ?3), ?4, ?5, ?6, ?7, ?8, ?9) RETURNING row`,
        at.series,
        at.level,
        at.start,
        this.#state.version,
        n,
        closes,
        closing,
        code,
        image,
      )
      .one().row;
  }

  /** Inside a transaction: more came into an open part. */
  update(bucket: BucketRow, n: number, image: Uint8Array): void {
    this.#keepForSnapshots(bucket);
    this.#sql.exec(
      'UPDATE buckets SET n = ?, image = ?, version = ? WHERE row = ?',
      n,
      image,
      this.#state.version,
      bucket.row,
    );
  }

  /** Inside a transaction: takes no more values. */
  close(bucket: BucketRow, image: Uint8Array, code: string | null = null): void {
    this.#keepForSnapshots(bucket);
    this.#sql.exec(
      'UPDATE buckets SET closes = NULL, closing = ?, code = ?, image = ?, version = ? WHERE row = ?',
      bucket.closing ?? this.#state.nextClosing(),
      code,
      image,
      this.#state.version,
      bucket.row,
    );
    this.#changed(bucket.row);
  }

  /** Inside a transaction. */
  delete(bucket: BucketRow): void {
    this.#keepForSnapshots(bucket);
    this.#sql.exec('DELETE FROM buckets WHERE row = ?', bucket.row);
    this.#changed(bucket.row);
  }

  /** Open parts whose time has come, earliest first. */
  due(now: number, limit: number): BucketRow[] {
    return this.#sql
      .exec<BucketRow>(
        `SELECT ${BUCKET_COLUMNS} FROM buckets WHERE closes <= ? ORDER BY closes LIMIT ?`,
        now,
        limit,
      )
      .toArray();
  }

  /** When the next part closes. */
  nextDue(): number | undefined {
    const row = this.#sql.exec<{ closes: number | null }>(
      'SELECT min(closes) AS closes FROM buckets WHERE closes IS NOT NULL',
    );
    return row.one().closes ?? undefined;
  }

  /** Inside a transaction. */
  clear(): void {
    this.#sql.exec('DELETE FROM buckets; DELETE FROM bucket_history; DELETE FROM snapshots');
    this.load();
  }

  #keepForSnapshots({ row, version }: BucketRow): void {
    if (version > this.#newestSnapshot) return;
    this.#sql.exec(
      `INSERT OR IGNORE INTO bucket_history (${BUCKET_COLUMNS}, image, until)
         SELECT ${BUCKET_COLUMNS}, image, ? FROM buckets WHERE row = ?`,
      this.#state.version,
      row,
    );
  }
}
