/**
 * What a series object gives to an export: closed buckets in the order of their closing, a bounded range at a time.
 *
 *    plan (stored) -> its rows, as often as asked -> confirmed: the watermark moves, and they may expire
 *
 * A range that was planned stays the same until it is confirmed, so that an export that died writes the same files
 * again, and nothing is in two of them.
 */
import { DAY, LEVEL_MS, type Level, RESOLUTIONS, startOf } from './buckets.js';
import { CALL_BYTES } from './call-bytes.js';
import type { ExportedRow, ExportPlan, TenantConfig } from './contract.js';
import type { SeriesStore } from './series-store.js';

/** What one file of a plan holds at most, images and keys; a larger row goes by itself. */
const MOST_ROWS = 2_000;
const MOST_BYTES = 4 * 2 ** 20;
const IS_EXPORTED = 'level = ? AND closing > ? AND closing <= ? AND code IS NULL AND buckets.n > 0';

interface Planned {
  [column: string]: SqlStorageValue;
  from: number;
  to: number;
  level: Level;
}

export function isExporting({ exportTo = 'none' }: Pick<TenantConfig, 'exportTo'>): boolean {
  return exportTo !== 'none';
}

export function createExportTable(sql: SqlStorage): void {
  sql.exec(
    `CREATE TABLE IF NOT EXISTS export_plan (one INTEGER PRIMARY KEY CHECK (one = 1), "from" INTEGER NOT NULL,
       "to" INTEGER NOT NULL, level INTEGER NOT NULL)`,
  );
}

/** The range that leaves next; undefined when there is nothing to export. */
export function planExport(store: SeriesStore, config: TenantConfig): ExportPlan | undefined {
  return store.transaction(() => {
    store.state.remember(config);
    const planned = plannedOf(store) ?? planNext(store, config);
    if (!planned) return undefined;
    const { from, to, level } = planned;
    const days = store.sql
      .exec<{ day: number; rows: number }>(
        `SELECT start - start % ${LEVEL_MS[DAY]} AS day, count(*) AS rows FROM buckets WHERE ${IS_EXPORTED}
           GROUP BY day ORDER BY day`,
        level,
        from,
        to,
      )
      .toArray();
    return { from, to, resolution: RESOLUTIONS[level], days };
  });
}

function planNext(store: SeriesStore, { exportResolution = 'minute' }: TenantConfig): Planned | undefined {
  const { sql, state } = store;
  const level = RESOLUTIONS.indexOf(exportResolution) as Level;
  const from = state.exported;
  const rows = sql.exec<{ closing: number; bytes: number }>(
    `SELECT closing, ${CALL_BYTES} AS bytes FROM buckets JOIN series ON series.id = buckets.series
       WHERE ${IS_EXPORTED} ORDER BY closing LIMIT ?`,
    level,
    from,
    state.closing,
    MOST_ROWS + 1,
  );
  let count = 0;
  let bytes = 0;
  let to = state.closing;
  let last = from;
  for (const row of rows) {
    if (count === MOST_ROWS || (count > 0 && bytes + row.bytes > MOST_BYTES)) {
      to = last;
      break;
    }
    count++;
    bytes += row.bytes;
    last = row.closing;
  }
  if (count === 0) {
    // Rows of other resolutions closed: they leave by none, and need not be kept for it.
    if (to > from) state.setExported(to);
    return undefined;
  }
  sql.exec('INSERT OR REPLACE INTO export_plan VALUES (1, ?, ?, ?)', from, to, level);
  return { from, to, level };
}

/** Rows of a plan in one day; undefined when it is not the plan of now. */
export function exportedRows(
  store: SeriesStore,
  { to, day }: { to: number; day: number },
): ExportedRow[] | undefined {
  const planned = plannedOf(store);
  if (planned?.to !== to) return undefined;
  const { level, from } = planned;
  return store.sql
    .exec<{ key: string; start: number; n: number; image: ArrayBuffer }>(
      `SELECT key, start, buckets.n, image FROM buckets JOIN series ON series.id = buckets.series
         WHERE ${IS_EXPORTED} AND start >= ? AND start < ? ORDER BY closing`,
      level,
      from,
      to,
      startOf(DAY, day),
      startOf(DAY, day) + LEVEL_MS[DAY],
    )
    .toArray()
    .map(({ key, start, n, image }) => ({ key, from: start, to: start + LEVEL_MS[level], n, image }));
}

/** A repeated confirmation changes nothing. @returns whether it is the plan of now, or was before */
export function confirmExport(store: SeriesStore, to: number): boolean {
  if (plannedOf(store)?.to !== to) return store.state.exported >= to;
  store.transaction(() => {
    store.state.setExported(to);
    store.sql.exec('DELETE FROM export_plan');
  });
  return true;
}

export function restartExport(store: SeriesStore): void {
  store.transaction(() => {
    store.state.setExported(0);
    store.sql.exec('DELETE FROM export_plan');
    for (const table of ['buckets', 'bucket_history']) numberRestored(store, table);
  });
}

/** Inside a transaction: what a backup brought as exported is behind no watermark any more. */
function numberRestored({ sql, state }: SeriesStore, table: string): void {
  const { rowsWritten } = sql.exec(
    `UPDATE ${table} SET closing = ? + place FROM (SELECT rowid AS id, row_number() OVER (ORDER BY rowid) AS place
       FROM ${table} WHERE closing = 0) WHERE rowid = id`,
    state.closing,
  );
  // Rows of indexes are counted too: numbers that nobody gets do no harm.
  if (rowsWritten > 0) state.skipClosings(rowsWritten);
}

function plannedOf({ sql }: SeriesStore): Planned | undefined {
  return sql.exec<Planned>('SELECT "from", "to", level FROM export_plan').toArray()[0];
}
