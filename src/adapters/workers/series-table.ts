/** The series an object knows, by key, each with a short number that its buckets carry. */
import { callBytes, MOST_CALL_BYTES } from './call-bytes.js';
import type { SeriesRow } from './contract.js';
import { parseSeriesKey, seriesKey, slotOf } from './series-key.js';

const OTHER_LABELS = { __other__: 'true' } as const;
const OTHER_NAME = '__other__';
/** How keys of series of others end. */
const OTHER_END = seriesKey('', OTHER_LABELS).slice('[""'.length);

/** How many series there may be in one of so many objects. */
export interface SeriesCap {
  most: number;
  objects: number;
}

/**
 * The share of one of `objects`, and room for chance: series are spread by a hash, and four standard deviations above the
 * share (binomial) hardly any object gets before all of them have `maxSeries` together.
 */
export function capOf(maxSeries: number, objects: number): SeriesCap {
  const share = maxSeries / objects;
  return { most: Math.ceil(share + 4 * Math.sqrt(share * (1 - 1 / objects))), objects };
}

/** Series by the object they belong to where there are so many of them, and those of others. */
interface Tally {
  objects: number;
  bySlot: number[];
  others: number;
}

interface Known {
  [column: string]: SqlStorageValue;
  id: number;
  key: string;
}

export class SeriesTable {
  readonly #sql: SqlStorage;
  #count = 0;
  /** Counted when it is needed first. */
  #tally: Tally | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE,
         n INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL)`,
    );
    this.load();
  }

  /** Counts anew: after a transaction that failed, too. */
  load(): void {
    this.#count = this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM series').one().count;
    this.#tally = undefined;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Inside a transaction: the number of a series, and what comes to it is counted. One that is new beyond the cap goes
   * to the series of all others of its name; there are as many again of those at most, and then one for all names. What
   * was left here by a former ring belongs to another object now, and takes no room of those that come.
   * @param start of the minute that values come for
   * @param cap absent: none
   */
  enter(key: string, n: number, start: number, cap?: SeriesCap): { id: number; isOther: boolean } {
    const known = this.#add(key, n, start);
    if (known !== undefined) return { id: known, isOther: false };
    const tally = cap && this.#tallyOf(cap.objects);
    if (!tally || likes(tally, key) < cap.most) {
      return { id: this.#create(key, n, start), isOther: false };
    }
    const other = seriesKey(parseSeriesKey(key).name, OTHER_LABELS);
    const others = this.#add(other, n, start);
    if (others !== undefined) return { id: others, isOther: true };
    // Names without end must not be series without end.
    const last = tally.others < cap.most ? other : seriesKey(OTHER_NAME, OTHER_LABELS);
    return { id: this.#add(last, n, start) ?? this.#create(last, n, start), isOther: true };
  }

  keyOf(id: number): string {
    const key = this.find(id);
    if (key === undefined) throw new Error(`there is no series ${id}`);
    return key;
  }

  /** Its key, when it is known still. */
  find(id: number): string | undefined {
    return this.#sql.exec<{ key: string }>('SELECT key FROM series WHERE id = ?', id).toArray()[0]?.key;
  }

  /** All of a name, in order of their keys. */
  ofName(name: string): Known[] {
    const [from, to] = keyRange(name);
    return this.#sql
      .exec<Known>('SELECT id, key FROM series WHERE key >= ? AND key < ? ORDER BY key', from, to)
      .toArray();
  }

  /** In order of their keys, after `after`: at least one, and of so many keys as go into one call. */
  list({ name, after = '', limit }: { name?: string; after?: string; limit: number }): {
    series: SeriesRow[];
    more?: true;
  } {
    const [from, to] = name === undefined ? ['', '\u{10ffff}'] : keyRange(name);
    const rows = this.#sql.exec<SeriesRow & Record<string, SqlStorageValue>>(
      `SELECT id, key, n, first, last FROM series WHERE key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?`,
      from,
      to,
      after,
      limit,
    );
    const series: SeriesRow[] = [];
    let bytes = 0;
    for (const row of rows) {
      bytes += callBytes(row);
      if (bytes > MOST_CALL_BYTES && series.length > 0) return { series, more: true };
      series.push(row);
    }
    return { series };
  }

  /** Inside a transaction: forgets a series of which nothing is kept, not by a snapshot either. */
  forgetIfEmpty(id: number): void {
    const { rowsWritten } = this.#sql.exec(
      `DELETE FROM series WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM buckets WHERE series = ?1)
         AND NOT EXISTS (SELECT 1 FROM bucket_history WHERE series = ?1)`,
      id,
    );
    if (rowsWritten > 0) this.load();
  }

  /** Inside a transaction. */
  clear(): void {
    this.#sql.exec('DELETE FROM series');
    this.load();
  }

  #add(key: string, n: number, start: number): number | undefined {
    return this.#sql
      .exec<{ id: number }>(
        `UPDATE series SET n = n + ?2, first = min(first, ?3), last = max(last, ?3) WHERE key = ?1 RETURNING id`,
        key,
        n,
        start,
      )
      .toArray()[0]?.id;
  }

  #tallyOf(objects: number): Tally {
    if (this.#tally?.objects === objects) return this.#tally;
    this.#tally = { objects, bySlot: [], others: 0 };
    for (const { key } of this.#sql.exec<{ key: string }>('SELECT key FROM series'))
      countIn(this.#tally, key);
    return this.#tally;
  }

  #create(key: string, n: number, start: number): number {
    this.#count++;
    if (this.#tally) countIn(this.#tally, key);
    return this.#sql
      .exec<{ id: number }>(
        'INSERT INTO series (key, n, first, last) VALUES (?1, ?2, ?3, ?3) RETURNING id',
        key,
        n,
        start,
      )
      .one().id;
  }
}

/** How many there are that share the cap with a key. */
function likes({ objects, bySlot, others }: Tally, key: string): number {
  return key.endsWith(OTHER_END) ? others : (bySlot[slotOf(key, objects)] ?? 0);
}

function countIn(tally: Tally, key: string): void {
  if (key.endsWith(OTHER_END)) tally.others++;
  else tally.bySlot[slotOf(key, tally.objects)] = likes(tally, key) + 1;
}

/** Where the keys of a name lie among all: they go on with , or ] behind its closing quote. */
function keyRange(name: string): [from: string, to: string] {
  const from = JSON.stringify([name]).slice(0, -1);
  return [from, `${from.slice(0, -1)}#`];
}
