/** What a series object answers to a query: the buckets that cover it, merged per group. */
import { MAX_N } from '../../core/image.js';
import { bufferOf } from './array-buffer.js';
import { BUCKET_COLUMNS, type BucketRow, LEVEL_MS, type Level, RESOLUTIONS } from './buckets.js';
import { MOST_ANSWER_BYTES } from './call-bytes.js';
import type { LeftOut, ReadAnswer, ReadCall, ReadExplain, ReadGroup, TenantConfig } from './contract.js';
import { cover, newestEnd, type Span } from './cover.js';
import { codeOf } from './error-code.js';
import { type GroupLabels, groupLabels } from './grouping.js';
import { itemsOf, type Part, PartMerge, readPart } from './part-merge.js';
import { seriesTest } from './selection.js';
import { bucketName } from './series-key.js';
import type { SeriesStore } from './series-store.js';
import { findSnapshot } from './snapshots.js';

interface Group {
  labels: GroupLabels;
  series: { key: string; rows: BucketRow[] }[];
}

interface Image {
  [column: string]: SqlStorageValue;
  row: number;
  image: ArrayBuffer;
}

/** Where an answer is made. */
interface Reading {
  store: SeriesStore;
  config: TenantConfig;
  /** Of the snapshot that is asked for. */
  version: number | undefined;
  explain: ReadExplain;
  leftOut: LeftOut[];
}

/** Parts that are decoded before they are merged: so much memory a query takes at once, besides the cache. */
const PARTS_AT_ONCE = 256;
const IN_RANGE = 'series = ?1 AND level = ?2 AND start >= ?3 AND start < ?4';
const OF_SEVERAL =
  'series IN (SELECT value FROM json_each(?1)) AND level IN (?2, ?2 - 1) AND start >= ?3 AND start < ?4';
const AMONG = 'row IN (SELECT value FROM json_each(?1))';

export function read(store: SeriesStore, call: ReadCall): ReadAnswer {
  const { config, selection, by, asOf, maxBuckets, maxSeries, maxGroups = Infinity } = call;
  const { maxBytes = MOST_ANSWER_BYTES } = call;
  const explain: ReadExplain = {
    bucketsRead: 0,
    bucketsPruned: 0,
    imagesMerged: 0,
    itemsScanned: 0,
    cacheHits: 0,
    cacheMisses: 0,
    readMs: 0,
    mergeMs: 0,
  };
  const answer: ReadAnswer = { applied: store.state.applied(), groups: [], leftOut: [], explain };
  if (by === 'each') answer.isOfEach = true;
  const snapshot = asOf === undefined ? undefined : findSnapshot(store, asOf);
  if (asOf !== undefined && !snapshot) return { ...answer, isUnknownSnapshot: true };
  if (snapshot?.objects !== undefined) answer.snapshotObjects = snapshot.objects;
  const version = snapshot?.version;
  const began = performance.now();
  const { hits, misses } = store.cache;
  const isSelected = seriesTest(selection);
  const selected = store.series.ofName(selection.name).filter(({ key }) => isSelected(key));
  if (selected.length > maxSeries) return { ...answer, tooMuch: 'series' };
  const without = new Set(call.without?.map(bucketName));
  const counts = (key: string, { start, level }: BucketRow) =>
    without.size === 0 || !without.has(bucketName({ key, start, resolution: RESOLUTIONS[level] }));
  const groups = new Map<string, Group>();
  for (const { id, key } of selected) {
    const rows = cover(selection.from, selection.to, (level, from, to) =>
      select(store, [id, level, from, to], version),
    ).filter((row) => counts(key, row));
    explain.bucketsRead += rows.length;
    if (explain.bucketsRead > maxBuckets) return { ...answer, tooMuch: 'buckets' };
    if (rows.length === 0) continue;
    const labels = groupLabels(key, by);
    const name = JSON.stringify(labels);
    let group = groups.get(name);
    if (!group) groups.set(name, (group = { labels, series: [] }));
    if (groups.size > maxGroups) return { ...answer, tooMuch: 'groups' };
    group.series.push({ key, rows });
  }
  explain.readMs = performance.now() - began;
  const reading: Reading = { store, config, version, explain, leftOut: answer.leftOut };
  let bytes = 0;
  for (const group of groups.values()) {
    const merged = merge(reading, group);
    if (!merged) continue;
    bytes += merged.image.byteLength;
    if (bytes > maxBytes) return { ...answer, groups: [], tooMuch: 'bytes' };
    answer.groups.push(merged);
  }
  explain.mergeMs = performance.now() - began - explain.readMs;
  explain.cacheHits = store.cache.hits - hits;
  explain.cacheMisses = store.cache.misses - misses;
  explain.bucketsPruned = pruned(store, explain.bucketsRead, version);
  return answer;
}

/** One group: each of its parts is merged as soon as it is decoded. @returns undefined where nothing can be read */
function merge(reading: Reading, { labels, series }: Group): ReadGroup | undefined {
  const { store, config, version, explain, leftOut } = reading;
  const seen = { parts: 0, n: 0, from: Infinity, newest: new Map<number, BucketRow>() };
  /** Whether the group has room for a part, which counts then. */
  const takes = (row: BucketRow, part: Part): boolean => {
    const { series, start, n } = row;
    if (seen.n + n > MAX_N) return false;
    seen.parts++;
    seen.n += n;
    seen.from = Math.min(seen.from, start);
    if (start >= (seen.newest.get(series)?.start ?? 0)) seen.newest.set(series, row);
    explain.itemsScanned += itemsOf(part);
    return true;
  };
  const parts = function* (): Generator<Part> {
    for (const { key, rows } of series) {
      for (let done = 0; done < rows.length; done += PARTS_AT_ONCE) {
        const began = performance.now();
        const refused = ({ level, start }: BucketRow, code: string) =>
          leftOut.push({ key, start, resolution: RESOLUTIONS[level], code });
        const loaded = partsOf(reading, rows.slice(done, done + PARTS_AT_ONCE), refused);
        explain.readMs += performance.now() - began;
        for (const [row, part] of loaded) {
          if (takes(row, part)) yield part;
          else refused(row, 'ERR_COUNT_OVERFLOW');
        }
      }
    }
  };
  const merged = PartMerge.of(parts(), config);
  if (seen.parts === 0) return undefined;
  explain.imagesMerged += seen.parts;
  const began = performance.now();
  const to = newestEnd([...seen.newest.values()], (series, level, start) =>
    spansOf(store, [JSON.stringify(series), level, start, start + LEVEL_MS[level]], version),
  );
  explain.readMs += performance.now() - began;
  return { labels, image: bufferOf(merged.toBytes({ state: false })), from: seen.from, to };
}

/** Parts of one series that start in a range. */
function select(
  { sql }: SeriesStore,
  range: [series: number, level: Level, from: number, to: number],
  version: number | undefined,
): BucketRow[] {
  const statement = `${partsOfThen(BUCKET_COLUMNS, IN_RANGE, version)} ORDER BY start, part`;
  return sql.exec<BucketRow>(statement, ...range, ...(version === undefined ? [] : [version])).toArray();
}

/** What a bucket of some series, and those below it, hold: by one statement, a fifth of the time of two for each series. */
function spansOf(
  { sql }: SeriesStore,
  range: [series: string, level: Level, from: number, to: number],
  version: number | undefined,
): Span[] {
  const columns = `series, sum(iif(level = ?2, n, 0)) AS n, sum(iif(level = ?2, 0, n)) AS finerN,
    max(iif(level = ?2, 0, start)) AS last`;
  const parts = partsOfThen('series, level, start, n', OF_SEVERAL, version);
  return sql
    .exec<Span & { [column: string]: number }>(
      `SELECT ${columns} FROM (${parts}) GROUP BY series`,
      ...range,
      ...(version === undefined ? [] : [version]),
    )
    .toArray();
}

/** The statement for parts of now, or for those that a snapshot sees: its version is ?5. */
function partsOfThen(columns: string, where: string, version: number | undefined): string {
  const live = `SELECT ${columns} FROM buckets WHERE ${where}`;
  if (version === undefined) return live;
  const history = `SELECT ${columns} FROM bucket_history WHERE ${where}`;
  return `${live} AND version <= ?5 UNION ALL ${history} AND version <= ?5 AND until > ?5`;
}

/** From memory or from storage. */
function partsOf(
  { store, version }: Reading,
  rows: readonly BucketRow[],
  refused: (row: BucketRow, code: string) => void,
): [BucketRow, Part][] {
  const parts: [BucketRow, Part][] = [];
  const missing: BucketRow[] = [];
  for (const row of rows) {
    if (row.code !== null) {
      refused(row, row.code);
      continue;
    }
    const cached = version === undefined ? store.cache.get(row.row) : undefined;
    if (cached) parts.push([row, cached]);
    else missing.push(row);
  }
  if (missing.length === 0) return parts;
  const images = imagesOf(store, missing, version);
  for (const row of missing) {
    const image = new Uint8Array(images.get(row.row)!);
    try {
      const part = readPart(row, image);
      if (version === undefined) store.cache.set(row.row, part);
      parts.push([row, part]);
    } catch (error) {
      const code = codeOf(error);
      refused(row, code);
      // A snapshot's own copy stays as it is: it is named with every answer.
      if (version === undefined) store.transaction(() => store.setAside(row, code, image));
    }
  }
  return parts;
}

/**
 * Some images by one statement, and no other: between minutes at both ends of a stretch lie all those whose hours and
 * days are read instead.
 * @returns images by the numbers of their rows
 */
function imagesOf(
  { sql }: SeriesStore,
  rows: readonly BucketRow[],
  version: number | undefined,
): Map<number, ArrayBuffer> {
  const numbers = JSON.stringify(rows.map(({ row }) => row));
  const live = `SELECT row, image FROM buckets WHERE ${AMONG}`;
  const history = `SELECT row, image FROM bucket_history WHERE ${AMONG}`;
  const seen = `${live} AND version <= ?2 UNION ALL ${history} AND version <= ?2 AND until > ?2`;
  const found =
    version === undefined ? sql.exec<Image>(live, numbers) : sql.exec<Image>(seen, numbers, version);
  return new Map(found.toArray().map(({ row, image }) => [row, image]));
}

/** Buckets that were not looked at: estimated from the largest number of a row, for counting them would read them. */
function pruned({ sql }: SeriesStore, bucketsRead: number, version: number | undefined): number {
  if (version !== undefined) return 0;
  const { rows } = sql
    .exec<{ rows: number }>(
      // Each end by itself: asked for both at once, SQLite reads the whole table.
      'SELECT coalesce((SELECT max(row) FROM buckets) - (SELECT min(row) FROM buckets) + 1, 0) AS rows',
    )
    .one();
  return Math.max(0, rows - bucketsRead);
}
