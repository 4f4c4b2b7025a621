/**
 * Snapshots: a name for a version. Rows written later carry later versions, and what they replace stays in
 * `bucket_history` for as long as a snapshot sees it.
 */
import type { Snapshot } from './contract.js';
import type { SeriesStore } from './series-store.js';

/** Of the same name, the first one stands: a repeated call changes nothing. */
export function createSnapshot(store: SeriesStore, name: string, now: number): Snapshot & { isKnown?: true } {
  return store.transaction(() => {
    const known = listSnapshots(store).find((snapshot) => snapshot.name === name);
    if (known) return { ...known, isKnown: true };
    const snapshot = { name, version: store.state.endVersion(), created: now };
    store.sql.exec('INSERT INTO snapshots VALUES (?, ?, ?)', name, snapshot.version, now);
    store.buckets.load();
    return snapshot;
  });
}

/** Oldest first. */
export function listSnapshots({ sql }: SeriesStore): Snapshot[] {
  return sql
    .exec<Snapshot & Record<string, SqlStorageValue>>(
      'SELECT name, version, created FROM snapshots ORDER BY version',
    )
    .toArray();
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
    const gone = sql
      .exec<{ series: number }>(
        `DELETE FROM bucket_history AS h WHERE NOT EXISTS (
           SELECT 1 FROM snapshots AS s WHERE s.version >= h.version AND s.version < h.until) RETURNING series`,
      )
      .toArray();
    for (const id of new Set(gone.map((row) => row.series))) series.forgetIfEmpty(id);
    buckets.load();
    return true;
  });
}

/** The last version that a snapshot sees; undefined when there is none of this name. */
export function snapshotVersion(store: SeriesStore, name: string): number | undefined {
  return listSnapshots(store).find((snapshot) => snapshot.name === name)?.version;
}
