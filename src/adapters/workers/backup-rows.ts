/** What a series object gives to a backup, and takes back in. */

import type { KllSketch } from '../../sketch/sketch.js';
import type { BackupBucket } from '../../wire/backup-records.js';
import { type BucketPlace, DAY, HOUR, isInLarger, type Level, MINUTE } from './buckets.js';
import type { BackupPage, BackupPlace, RestoreCall, RestoreState } from './contract.js';
import { codeOf } from './error-code.js';
import { readBucket } from './part-merge.js';
import { planRetention } from './retention.js';
import { rollUp } from './rollup.js';
import type { SeriesStore } from './series-store.js';
import { snapshotVersion } from './snapshots.js';
import { planValidation } from './validation.js';

const PAGE_BYTES = 2 * 2 ** 20;
const PAGE_ROWS = 5_000;

interface SeenRow {
  [column: string]: SqlStorageValue;
  row: number;
  key: string;
  start: number;
  n: number;
  closes: number | null;
  closing: number | null;
  code: string | null;
  image: ArrayBuffer;
  isRolledUp: number;
}

/** What a snapshot sees of the table of buckets, and of what was replaced since. */
const SEEN = (table: string, condition: string): string => `
  SELECT b.row, s.key, b.start, b.n, b.closes, b.closing, b.code, b.image,
    (${isInLarger('buckets', 'AND u.version <= ?2')}
     OR ${isInLarger('bucket_history', 'AND u.version <= ?2 AND u.until > ?2')}) AS isRolledUp
  FROM ${table} AS b JOIN series AS s ON s.id = b.series
  WHERE b.level = ?1 AND (b.start, b.row) > (?3, ?4) AND b.version <= ?2 ${condition}
  ORDER BY b.start, b.row LIMIT ${PAGE_ROWS}`;

/**
 * A page of what a snapshot sees: days before hours before minutes, so that a restore knows of each bucket whether what
 * lies below it is in it already.
 * @throws Error when the snapshot is gone: it is the backup's own
 */
export function backupPage(
  store: SeriesStore,
  { snapshot, from = { level: DAY, start: -1, row: -1 } }: { snapshot: string; from?: BackupPlace },
): BackupPage {
  const version = snapshotVersion(store, snapshot);
  if (version === undefined) throw new Error('the snapshot of the backup is gone');
  const level = from.level as Level;
  const bindings = [level, version, from.start, from.row];
  const now = store.sql.exec<SeenRow>(SEEN('buckets', ''), ...bindings);
  const before = store.sql.exec<SeenRow>(SEEN('bucket_history', 'AND b.until > ?2'), ...bindings);
  const rows: BackupPage['rows'] = [];
  let bytes = 0;
  let last: BackupPlace = from;
  for (const row of inOrder(now, before)) {
    rows.push({ bucket: describe(row, level, store.state.exported), image: row.image });
    last = { level, start: row.start, row: row.row };
    bytes += row.image.byteLength + row.key.length + 100;
    if (bytes >= PAGE_BYTES || rows.length === PAGE_ROWS) return { rows, next: last };
  }
  return level === MINUTE ? { rows } : { rows, next: { level: level - 1, start: -1, row: -1 } };
}

/** Two cursors that are in order become one. */
function* inOrder(a: Iterable<SeenRow>, b: Iterable<SeenRow>): Generator<SeenRow> {
  const [left, right] = [a[Symbol.iterator](), b[Symbol.iterator]()];
  let [x, y] = [left.next(), right.next()];
  while (!x.done || !y.done) {
    const isLeft =
      y.done ||
      (!x.done &&
        (x.value.start < y.value.start || (x.value.start === y.value.start && x.value.row < y.value.row)));
    if (isLeft) {
      yield (x as IteratorYieldResult<SeenRow>).value;
      x = left.next();
    } else {
      yield (y as IteratorYieldResult<SeenRow>).value;
      y = right.next();
    }
  }
}

function describe(row: SeenRow, level: Level, exported: number): BackupBucket {
  const { key, start, n, closes, closing, code, isRolledUp } = row;
  return {
    key,
    level,
    start,
    n,
    ...(closes === null ? {} : { closes }),
    ...(code === null ? {} : { code }),
    ...(isRolledUp ? { isRolledUp: true } : {}),
    ...(closing !== null && closing <= exported ? { isExported: true } : {}),
  };
}

/** What a series object knows the rows of a backup by. */
const senderOf = (backup: string): string => `backup:${backup}`;

export function restoreState({ series, state }: SeriesStore, backup: string): RestoreState {
  const objects = state.restoredOver(backup);
  return {
    isEmpty: series.count === 0,
    restored: state.appliedOf(senderOf(backup)),
    ...(objects === undefined ? {} : { objects }),
  };
}

/**
 * One transaction: all rows of the call, or nothing. A part comes back as it was, byte for byte; where there is an open
 * part already, one that was open too is merged into it.
 */
export function restore(
  store: SeriesStore,
  { config, backup, objects, rows }: RestoreCall,
  now: number,
): { values: number; skipped: number } {
  return store.transaction(() => {
    store.state.remember(config);
    if (objects !== undefined) requireSpread(store, backup, objects);
    const sender = senderOf(backup);
    const restored = store.state.appliedOf(sender);
    let values = 0;
    let skipped = 0;
    let last = restored;
    for (const { ordinal, bucket, image } of rows) {
      if (ordinal <= restored) {
        skipped++;
        continue;
      }
      restoreBucket(store, bucket, new Uint8Array(image), now);
      if (!bucket.isRolledUp) values += bucket.n;
      last = Math.max(last, ordinal);
    }
    store.state.setApplied(sender, last);
    planRetention(store, now);
    planValidation(store, now);
    return { values, skipped };
  });
}

/** Inside a transaction. Two restores of one backup began at once, before and after a change of rings: one of them ends. */
function requireSpread({ state }: SeriesStore, backup: string, objects: number): void {
  const known = state.restoredOver(backup);
  if (known === undefined) state.setRestoredOver(backup, objects);
  else if (known !== objects) {
    throw new Error(`rows of the backup are spread over ${known} objects, not over ${objects}`);
  }
}

function restoreBucket(store: SeriesStore, bucket: BackupBucket, image: Uint8Array, now: number): void {
  const { key, start, n, closes, isRolledUp = false, isExported = false } = bucket;
  const level = bucket.level as Level;
  const { id: series } = store.series.enter(key, isRolledUp ? 0 : n, start);
  const place: BucketPlace = { series, level, start };
  // What was here before is rolled up by itself, or the bucket would look as if it held it already.
  if (level >= HOUR && !store.buckets.has(place)) rollUp(store, place, now);
  const { sketch, code } = read(store, bucket, image);
  if (code !== undefined || !sketch) {
    store.buckets.insert(place, { n, code: code ?? 'ERR_COUNT', image: new Uint8Array(0) });
  } else if (closes === undefined) {
    // 0 is before every closing: an export that has had it does not get it again.
    store.buckets.insert(place, { n, image, ...(isExported ? { closing: 0 } : {}) });
  } else if (store.buckets.open(place)) {
    store.add(place, sketch, now);
  } else {
    store.buckets.insert(place, { n, closes, image });
    store.schedule.planBy('close', '', Math.max(closes, now));
  }
  if (isRolledUp || level === DAY) return;
  store.carryUp(place, now, (above) =>
    sketch ? store.add(above, sketch, now) : store.mark(above, 0, code!),
  );
}

/** One that was broken before stays a mark; one that is broken now becomes one, and is kept aside. */
function read(
  store: SeriesStore,
  { n, code, key, level, start }: BackupBucket,
  image: Uint8Array,
): { sketch?: KllSketch; code?: string } {
  if (code !== undefined) return { code };
  try {
    return { sketch: readBucket({ n }, image) };
  } catch (error) {
    const found = codeOf(error);
    store.quarantine.add(`level ${level} ${start} of ${key} in a backup`, found, image);
    store.counters.unreadable();
    return { code: found };
  }
}
