/** Retention: buckets and snapshots older than the tenant keeps are deleted, by schedule and on demand. */
import { isLeftOver, isOfBackup } from './backup-snapshots.js';
import { BUCKET_COLUMNS, type BucketRow, DAY, LEVEL_MS, type Level, MINUTE, RESOLUTIONS } from './buckets.js';
import type { TenantConfig } from './contract.js';
import { isExporting } from './export-plan.js';
import type { SeriesStore } from './series-store.js';
import { dropSnapshot, listSnapshots } from './snapshots.js';

const ROWS_A_STEP = 500;
const PAUSE_MS = 3_600_000;

/**
 * How long buckets of a level are kept, milliseconds. A level is kept at least as long as the one below it: what is
 * rolled up must not be gone before what it was made of.
 */
function keptFor(level: Level, { retentionMs }: Pick<TenantConfig, 'retentionMs'>): number {
  let longest = 0;
  for (const resolution of RESOLUTIONS.slice(0, level + 1)) {
    longest = Math.max(longest, retentionMs[resolution] || Infinity);
  }
  return longest;
}

function mayExpire(config: TenantConfig): boolean {
  const { keepSnapshots = 0, keepSnapshotsMs = 0 } = config;
  return keptFor(MINUTE, config) < Infinity || keepSnapshots > 0 || keepSnapshotsMs > 0;
}

/** Inside a transaction. */
export function planRetention(store: SeriesStore, now: number): void {
  if (mayExpire(store.state.config)) store.schedule.planBy('retain', '', now + PAUSE_MS);
}

/** A step of an alarm. @returns when to come back */
export function retain(store: SeriesStore, now: number): number | undefined {
  dropExpiredSnapshots(store, now);
  if (deleteExpired(store, now)) return now;
  const hasAny = store.series.count > 0 || listSnapshots(store).length > 0;
  return mayExpire(store.state.config) && hasAny ? now + PAUSE_MS : undefined;
}

/** All but the last ones that the tenant keeps, and those that are too old; a backup drops its own, if it lives. */
export function dropExpiredSnapshots(store: SeriesStore, now: number): void {
  const { keepSnapshots = 0, keepSnapshotsMs = 0 } = store.state.config;
  const all = listSnapshots(store);
  for (const snapshot of all) if (isLeftOver(snapshot, now)) dropSnapshot(store, snapshot.name);
  const named = all.filter((one) => !isOfBackup(one));
  const beyond = keepSnapshots > 0 ? named.length - keepSnapshots : 0;
  const isExpired = ({ created }: { created: number }) =>
    keepSnapshotsMs > 0 && created < now - keepSnapshotsMs;
  for (const [i, snapshot] of named.entries()) {
    if (i < beyond || isExpired(snapshot)) dropSnapshot(store, snapshot.name);
  }
}

/**
 * Deletes a bounded number of expired rows, smallest buckets first.
 *
 * A part stays while it is open, while the bucket above its own waits to be rolled up, and while an export that is asked
 * for has not had it.
 * @returns whether there may be more
 */
export function deleteExpired(store: SeriesStore, now: number): boolean {
  for (let level: Level = MINUTE; level <= DAY; level++) {
    const kept = keptFor(level as Level, store.state.config);
    if (kept === Infinity) continue;
    const rows = expired(store, level as Level, now - kept);
    if (rows.length === 0) continue;
    store.transaction(() => {
      for (const row of rows) store.buckets.delete(row);
      for (const series of new Set(rows.map((row) => row.series))) store.series.forgetIfEmpty(series);
      store.counters.expired(RESOLUTIONS[level], rows.length);
    });
    return true;
  }
  return false;
}

/** Rows of buckets that ended by `until`. */
function expired({ sql, state }: SeriesStore, level: Level, until: number): BucketRow[] {
  return sql
    .exec<BucketRow>(
      `SELECT ${BUCKET_COLUMNS} FROM buckets AS b
         WHERE level = ?1 AND start <= ?2 AND closes IS NOT NULL = 0 AND closing <= ?3
           AND NOT EXISTS (SELECT 1 FROM roll_ups AS r WHERE r.level = ?1 + 1
             AND r.start = b.start - b.start % ?4 AND r.series = b.series)
         ORDER BY start LIMIT ?5`,
      level,
      until - LEVEL_MS[level],
      isExporting(state.config) ? state.exported : Number.MAX_SAFE_INTEGER,
      LEVEL_MS[Math.min(level + 1, DAY)],
      ROWS_A_STEP,
    )
    .toArray();
}
