/**
 * Rolling back: what a snapshot sees becomes what is there. What was handed over since is dropped for good, and stays
 * applied, so that no sender brings it again; what ingest objects still hold comes as ever.
 */
import { BUCKET_COLUMNS, isInLarger, LEVEL_MS, type Level } from './buckets.js';
import { rollUpDue, type SeriesStore } from './series-store.js';
import { snapshotVersion } from './snapshots.js';

const COLUMNS = `${BUCKET_COLUMNS}, image`;
/** What no larger bucket has in it. */
const NOT_ROLLED_UP = `NOT ${isInLarger('buckets')}`;
/** Before all versions: of then nothing is there. */
const BEFORE_ALL = 0;

/**
 * Later snapshots are dropped with it.
 * @returns false when there is no such snapshot
 */
export function rollBack(
  store: SeriesStore,
  { name, hadNothing }: { name: string; hadNothing: boolean },
  now: number,
): boolean {
  const version = hadNothing ? BEFORE_ALL : snapshotVersion(store, name);
  if (version === undefined) return false;
  store.transaction(() => {
    const { sql, series, buckets, schedule } = store;
    sql.exec('DELETE FROM snapshots WHERE version > ?', version);
    sql.exec('DELETE FROM buckets WHERE version > ?', version);
    sql.exec(
      `INSERT INTO buckets (${COLUMNS}) SELECT ${COLUMNS} FROM bucket_history WHERE version <= ?1 AND until > ?1`,
      version,
    );
    sql.exec('DELETE FROM bucket_history WHERE until > ?', version);
    sql.exec(
      `DELETE FROM series WHERE id NOT IN (SELECT series FROM buckets)
         AND id NOT IN (SELECT series FROM bucket_history)`,
    );
    sql.exec(
      `UPDATE series SET (n, first, last) = (SELECT coalesce(sum(b.n), 0), coalesce(min(b.start), first),
         coalesce(max(b.start), last) FROM buckets AS b WHERE b.series = series.id AND ${NOT_ROLLED_UP})`,
    );
    // A backup that was restored since is gone with the rest: it may come again.
    store.state.forgetBackups();
    planAnew(store, now);
    const due = buckets.nextDue();
    if (due !== undefined) schedule.planBy('close', '', due);
    buckets.load();
    series.load();
  });
  store.cache.clear();
  return true;
}

/** Inside a transaction: what waits to be rolled up is found in the buckets themselves. */
function planAnew({ sql, schedule, state }: SeriesStore, now: number): void {
  sql.exec('DELETE FROM roll_ups');
  sql.exec(
    `INSERT OR IGNORE INTO roll_ups SELECT b.level + 1,
       b.start - b.start % CASE b.level WHEN 0 THEN ${LEVEL_MS[1]} ELSE ${LEVEL_MS[2]} END, b.series
       FROM buckets AS b WHERE b.level < 2 AND ${NOT_ROLLED_UP}`,
  );
  const waiting = sql
    .exec<{ level: Level; start: number }>('SELECT DISTINCT level, start FROM roll_ups')
    .toArray();
  for (const { level, start } of waiting) {
    const due = rollUpDue(level, start, state.config);
    schedule.planBy('roll-up', `${level}:${start}`, Math.max(due, now));
  }
}
