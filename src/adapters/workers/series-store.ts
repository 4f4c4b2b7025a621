/** What the steps of a series object work on: its tables, and how a part of a bucket takes values or is found broken. */
import { MAX_N } from '../../core/image.js';
import { KllSketch } from '../../sketch/sketch.js';
import { ApplyParts } from './apply-parts.js';
import { BucketCache } from './bucket-cache.js';
import {
  type BucketPlace,
  type BucketRow,
  BucketTable,
  DAY,
  HOUR,
  LEVEL_MS,
  type Level,
  RESOLUTIONS,
  type StoredBucket,
  startOf,
} from './buckets.js';
import type { TenantConfig } from './contract.js';
import { codeOf } from './error-code.js';
import { createExportTable } from './export-plan.js';
import { logError } from './log.js';
import { type Part, readBucket, readPart } from './part-merge.js';
import { Pause } from './pause.js';
import { Quarantine } from './quarantine.js';
import { type Handler, Schedule } from './schedule.js';
import { SeriesCounters } from './series-counters.js';
import { SeriesState } from './series-state.js';
import { SeriesTable } from './series-table.js';
import { createSnapshotObjects } from './snapshots.js';

export type SeriesStep = 'close' | 'roll-up' | 'retain' | 'validate';

const NOTHING = new Uint8Array(0);

export class SeriesStore {
  readonly sql: SqlStorage;
  readonly state: SeriesState;
  readonly series: SeriesTable;
  readonly buckets: BucketTable;
  readonly parts: ApplyParts;
  readonly cache = new BucketCache();
  readonly quarantine: Quarantine;
  readonly pause: Pause;
  readonly counters: SeriesCounters;
  readonly schedule: Schedule<SeriesStep>;

  constructor(storage: DurableObjectStorage, handlers: Readonly<Record<SeriesStep, Handler>>) {
    this.sql = storage.sql;
    this.state = new SeriesState(this.sql);
    this.buckets = new BucketTable(this.sql, this.state, (row) => this.cache.delete(row));
    this.series = new SeriesTable(this.sql);
    this.parts = new ApplyParts(this.sql);
    this.quarantine = new Quarantine(this.sql);
    this.pause = new Pause(this.sql);
    this.counters = new SeriesCounters(this.sql);
    this.sql.exec(
      `CREATE TABLE IF NOT EXISTS roll_ups (level INTEGER NOT NULL, start INTEGER NOT NULL, series INTEGER NOT NULL,
         PRIMARY KEY (level, start, series)) WITHOUT ROWID;
       CREATE TABLE IF NOT EXISTS validation (one INTEGER PRIMARY KEY CHECK (one = 1), row INTEGER NOT NULL);
       INSERT OR IGNORE INTO validation VALUES (1, 0)`,
    );
    createExportTable(this.sql);
    createSnapshotObjects(this.sql);
    const unlessPaused =
      (handler: Handler): Handler =>
      (key, now) =>
        this.pause.end(this.state.knownConfig, now) ?? handler(key, now);
    this.schedule = new Schedule(storage, {
      handlers: {
        close: unlessPaused(handlers.close),
        'roll-up': unlessPaused(handlers['roll-up']),
        retain: unlessPaused(handlers.retain),
        validate: unlessPaused(handlers.validate),
      },
      onFailure: (kind, error) => {
        logError('step failed, tried again', error, { tier: 'series', step: kind });
        this.transaction(() => this.counters.failed(kind));
      },
    });
  }

  /** One transaction; where it fails, memory goes back to what is stored. */
  transaction<T>(body: () => T): T {
    try {
      return this.schedule.transaction(body);
    } catch (error) {
      this.cache.clear();
      for (const part of [this.state, this.series, this.buckets, this.pause]) part.load();
      throw error;
    }
  }

  /**
   * Inside a transaction: adds a sketch to a bucket: to its open part, or to a further one, which closes when the grace
   * is over.
   */
  add(at: BucketPlace, sketch: KllSketch, now: number): void {
    const { workingK, tails, graceMs } = this.state.config;
    const open = this.buckets.open(at);
    const held = open && this.load(open);
    if (open && held && held.n + sketch.n <= MAX_N) {
      const merged = held.merge(sketch);
      this.buckets.update(open, merged.n, merged.toBytes());
      this.cache.set(open.row, merged);
      return;
    }
    if (open && held) this.close(open);
    const part = KllSketch.mergeAll([sketch], { k: workingK, tails });
    const end = at.start + LEVEL_MS[at.level];
    const closes = Math.max(end, now) + graceMs;
    this.cache.set(this.buckets.insert(at, { n: part.n, closes, image: part.toBytes() }), part);
    this.schedule.planBy('close', '', closes);
  }

  /** Inside a transaction: an open part is condensed, and takes no more values. */
  close(bucket: BucketRow): void {
    const sketch = this.load(bucket);
    if (!sketch) return;
    const { imageK } = this.state.config;
    const small = sketch.k > imageK ? sketch.condense(imageK) : sketch;
    this.buckets.close(bucket, small.toBytes({ state: false }));
    this.counters.closed(RESOLUTIONS[bucket.level]);
  }

  /** The sketch of an open part. One that cannot be read goes to the quarantine: inside a transaction. */
  load(bucket: BucketRow): KllSketch | undefined {
    if (bucket.code !== null) return undefined;
    const cached = this.cache.get(bucket.row);
    if (cached instanceof KllSketch) return cached;
    const bytes = new Uint8Array(this.buckets.image(bucket.row));
    try {
      const sketch = readBucket(bucket, bytes);
      this.cache.set(bucket.row, sketch);
      return sketch;
    } catch (error) {
      this.setAside(bucket, codeOf(error), bytes);
      return undefined;
    }
  }

  /** Any part, to be merged with others; not kept in memory. Otherwise as `load`. */
  part(bucket: StoredBucket): Part | undefined {
    if (bucket.code !== null) return undefined;
    const cached = this.cache.get(bucket.row);
    if (cached) return cached;
    const bytes = new Uint8Array(bucket.image);
    try {
      return readPart(bucket, bytes);
    } catch (error) {
      this.setAside(bucket, codeOf(error), bytes);
      return undefined;
    }
  }

  /** Inside a transaction: a part that cannot be read becomes a mark; what is rolled up from it later gets one too. */
  setAside(bucket: BucketRow, code: string, image: Uint8Array): void {
    const key = this.series.keyOf(bucket.series);
    const what = `${RESOLUTIONS[bucket.level]} ${bucket.start} part ${bucket.part} of ${key}`;
    this.quarantine.add(what, code, image);
    this.buckets.close(bucket, NOTHING, code);
    bucket.code = code;
    this.counters.unreadable();
  }

  /** Inside a transaction: a bucket lacks something that came and could not be read. */
  mark(at: BucketPlace, n: number, code: string): void {
    this.buckets.insert(at, { n, code, image: NOTHING });
  }

  /**
   * Inside a transaction, after something came into a bucket: those above it take part in it as far as they were rolled
   * up already; where none was, that is planned.
   * @param addAbove adds the same to a bucket above
   */
  carryUp({ series, level, start }: BucketPlace, now: number, addAbove: (place: BucketPlace) => void): void {
    const above = ([HOUR, DAY] as const)
      .filter((higher) => higher > level)
      .map((higher): BucketPlace => ({ series, level: higher, start: startOf(higher, start) }));
    let top = above.length;
    while (top > 0 && !this.buckets.has(above[top - 1])) top--;
    for (const place of above.slice(0, top)) addAbove(place);
    if (top === 0 && above.length > 0) this.planRollUp(above[0], now);
  }

  /** Inside a transaction. */
  planRollUp({ series, level, start }: BucketPlace, now: number): void {
    this.sql.exec('INSERT OR IGNORE INTO roll_ups VALUES (?, ?, ?)', level, start, series);
    const due = rollUpDue(level, start, this.state.config);
    this.schedule.planBy('roll-up', `${level}:${start}`, Math.max(due, now));
  }
}

/** Buckets below it have closed by then, and those of the level below were rolled up. */
export function rollUpDue(level: Level, start: number, { graceMs }: Pick<TenantConfig, 'graceMs'>): number {
  return start + LEVEL_MS[level] + graceMs * level + 1_000 * level;
}
