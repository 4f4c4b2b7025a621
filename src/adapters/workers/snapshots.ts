/**
 * Snapshots: a name for a version. Rows written later carry later versions, and what they replace stays in
 * `bucket_history` for as long as a snapshot sees it.
 */
import type { Snapshot } from './contract.js';
import type { SeriesStore } from './series-store.js';

/** A table of its own, for the release before writes rows of `snapshots` without it. Versions never repeat. */
export function createSnapshotObjects(sql: SqlStorage): void {
  sql.exec(
    'CREATE TABLE IF NOT EXISTS snapshot_objects (version INTEGER PRIMARY KEY, objects INTEGER NOT NULL)',
  );
}

/** Of the same name, the first one stands: a repeated call changes nothing. */
export function createSnapshot(
  store: SeriesStore,
  { name, objects }: { name: string; objects?: number | undefined },
  now: number,
): Snapshot & { isKnown?: true } {
  return store.transaction(() => {
    const known = findSnapshot(store, name);
    if (known) return { ...known, isKnown: true };
    const version = store.state.endVersion();
    store.sql.exec('INSERT INTO snapshots VALUES (?, ?, ?)', name, version, now);
    store.sql.exec('DELETE FROM snapshot_objects WHERE version NOT IN (SELECT version FROM snapshots)');
    if (objects !== undefined) {
      store.sql.exec('INSERT INTO snapshot_objects VALUES (?, ?)', version, objects);
    }
    store.buckets.load();
    return { name, version, created: now, ...(objects === undefined ? {} : { objects }) };
  });
}

/** Oldest first. */
export function listSnapshots({ sql }: SeriesStore): Snapshot[] {
  return sql
    .exec<{ name: string; version: number; created: number; objects: number | null }>(
      'SELECT name, s.version, created, objects FROM snapshots AS s LEFT JOIN snapshot_objects USING (version) ORDER BY 2',
    )
    .toArray()
    .map(({ objects, ...snapshot }) => (objects === null ? snapshot : { ...snapshot, objects }));
}

/**
 * @param version only that one of the name
 * @returns whether there was one; what no other snapshot sees is deleted
 */
export function dropSnapshot(store: SeriesStore, name: string, version?: number): boolean {
  return store.transaction(() => {
    const { sql, buckets, series } = store;
    const found = snapshotVersion(store, name);
    if (found === undefined || (version !== undefined && version !== found)) return false;
    sql.exec('DELETE FROM snapshots WHERE name = ?', name);
    const others = listSnapshots(store).map((snapshot) => snapshot.version);
    // What the snapshots beside it see stays: rows from before the former one, and those replaced after the next.
    const gone = sql
      .exec<{ series: number }>(
        'DELETE FROM bucket_history WHERE until > ?1 AND until <= ?2 AND version > ?3 RETURNING series',
        found,
        others.find((other) => other > found) ?? Number.MAX_SAFE_INTEGER,
        others.findLast((other) => other < found) ?? 0,
      )
      .toArray();
    for (const id of new Set(gone.map((row) => row.series))) series.forgetIfEmpty(id);
    buckets.load();
    return true;
  });
}

/** The last version that a snapshot sees; undefined when there is none of this name. */
export function snapshotVersion(store: SeriesStore, name: string): number | undefined {
  return findSnapshot(store, name)?.version;
}

export function findSnapshot(store: SeriesStore, name: string): Snapshot | undefined {
  return listSnapshots(store).find((snapshot) => snapshot.name === name);
}
