/** What a series object answers to a query: the buckets that cover it, merged per group. */
import { MAX_N } from '../../core/image.js';
import { KllSketch } from '../../sketch/sketch.js';
import { type BucketRow, LEVEL_MS, type Level, RESOLUTIONS } from './buckets.js';
import type { ReadAnswer, ReadCall, ReadExplain } from './contract.js';
import { cover } from './cover.js';
import { type GroupLabels, groupLabels } from './grouping.js';
import { codeOf } from './seal.js';
import { seriesTest } from './selection.js';
import { readBucket, type SeriesStore } from './series-store.js';
import { snapshotVersion } from './snapshots.js';

interface Group {
  labels: GroupLabels;
  n: number;
  sketches: KllSketch[];
  from: number;
  to: number;
}

const COLUMNS = 'row, series, level, start, part, version, n, closes, closing, code';
const IN_RANGE = 'series = ?1 AND level = ?2 AND start >= ?3 AND start < ?4';

export function read(store: SeriesStore, call: ReadCall): ReadAnswer {
  const { config, selection, by, asOf, maxBuckets, maxSeries } = call;
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
  const version = asOf === undefined ? undefined : snapshotVersion(store, asOf);
  if (asOf !== undefined && version === undefined) return { ...answer, isUnknownSnapshot: true };
  const began = performance.now();
  const { hits, misses } = store.cache;
  const isSelected = seriesTest(selection);
  const selected = store.series.ofName(selection.name).filter(({ key }) => isSelected(key));
  if (selected.length > maxSeries) return { ...answer, tooMuch: 'series' };
  const groups = new Map<string, Group>();
  for (const { id, key } of selected) {
    const rows = cover(selection.from, selection.to, (level, from, to) =>
      find(store, id, level, from, to, version),
    );
    explain.bucketsRead += rows.length;
    if (explain.bucketsRead > maxBuckets) return { ...answer, leftOut: [], tooMuch: 'buckets' };
    if (rows.length === 0) continue;
    const labels = groupLabels(key, by);
    const name = JSON.stringify(labels);
    let group = groups.get(name);
    if (!group) groups.set(name, (group = { labels, n: 0, sketches: [], from: Infinity, to: -Infinity }));
    const refused = (row: BucketRow, code: string) =>
      answer.leftOut.push({ key, start: row.start, resolution: RESOLUTIONS[row.level], code });
    for (const { row, sketch } of sketchesOf(store, id, rows, version, refused)) {
      if (group.n + sketch.n > MAX_N) {
        refused(row, 'ERR_COUNT_OVERFLOW');
        continue;
      }
      group.n += sketch.n;
      group.sketches.push(sketch);
      explain.itemsScanned += sketch.numRetained;
      group.from = Math.min(group.from, row.start);
      group.to = Math.max(group.to, row.start + LEVEL_MS[row.level]);
    }
  }
  const loaded = performance.now();
  for (const { labels, sketches, from, to } of groups.values()) {
    if (sketches.length === 0) continue;
    explain.imagesMerged += sketches.length;
    const { workingK: k, tails } = config;
    const bytes = KllSketch.mergeAll(sketches, { k, tails }).toBytes({ state: false });
    answer.groups.push({ labels, image: bufferOf(bytes), from, to });
  }
  explain.readMs = loaded - began;
  explain.mergeMs = performance.now() - loaded;
  explain.cacheHits = store.cache.hits - hits;
  explain.cacheMisses = store.cache.misses - misses;
  explain.bucketsPruned = pruned(store, explain.bucketsRead, version);
  return answer;
}

/** Parts of one series, without their images: those of now, or those that a snapshot sees. */
function find(
  { sql }: SeriesStore,
  series: number,
  level: Level,
  from: number,
  to: number,
  version: number | undefined,
): BucketRow[] {
  if (version === undefined) {
    const live = `SELECT ${COLUMNS} FROM buckets WHERE ${IN_RANGE} ORDER BY start, part`;
    return sql.exec<BucketRow>(live, series, level, from, to).toArray();
  }
  return sql
    .exec<BucketRow>(
      `SELECT ${COLUMNS} FROM buckets WHERE ${IN_RANGE} AND version <= ?5
         UNION ALL SELECT ${COLUMNS} FROM bucket_history WHERE ${IN_RANGE} AND version <= ?5 AND until > ?5
         ORDER BY start, part`,
      series,
      level,
      from,
      to,
      version,
    )
    .toArray();
}

/** Decodes what is not in memory: neighbours are read by one statement. */
function* sketchesOf(
  store: SeriesStore,
  series: number,
  rows: readonly BucketRow[],
  version: number | undefined,
  refused: (row: BucketRow, code: string) => void,
): Generator<{ row: BucketRow; sketch: KllSketch }> {
  const missing: BucketRow[] = [];
  for (const row of rows) {
    if (row.code !== null) {
      refused(row, row.code);
      continue;
    }
    const cached = version === undefined ? store.cache.get(row.row) : undefined;
    if (cached) yield { row, sketch: cached };
    else missing.push(row);
  }
  const images = missing.length > 0 ? imagesOf(store, series, missing, version) : undefined;
  for (const row of missing) {
    const image = new Uint8Array(images!.get(`${row.row} ${row.version}`)!);
    try {
      const sketch = readBucket(row, image);
      if (version === undefined) store.cache.set(row.row, sketch);
      yield { row, sketch };
    } catch (error) {
      const code = codeOf(error);
      refused(row, code);
      // A snapshot's own copy stays as it is: it is named with every answer.
      if (version === undefined) store.transaction(() => store.setAside(row, code, image));
    }
  }
}

function imagesOf(
  { sql }: SeriesStore,
  series: number,
  rows: readonly BucketRow[],
  version: number | undefined,
): Map<string, ArrayBuffer> {
  const images = new Map<string, ArrayBuffer>();
  const tables = version === undefined ? ['buckets'] : ['buckets', 'bucket_history'];
  for (const level of new Set(rows.map((row) => row.level))) {
    const starts = rows.filter((row) => row.level === level).map((row) => row.start);
    const wanted = new Set(starts);
    for (const table of tables) {
      const found = sql.exec<{ row: number; version: number; start: number; image: ArrayBuffer }>(
        `SELECT row, version, start, image FROM ${table} WHERE ${IN_RANGE}`,
        series,
        level,
        starts.reduce((a, b) => Math.min(a, b)),
        starts.reduce((a, b) => Math.max(a, b)) + 1,
      );
      for (const one of found) if (wanted.has(one.start)) images.set(`${one.row} ${one.version}`, one.image);
    }
  }
  return images;
}

/** Buckets that were not looked at: estimated from the largest number of a row, for counting them would read them. */
function pruned({ sql }: SeriesStore, bucketsRead: number, version: number | undefined): number {
  if (version !== undefined) return 0;
  const { rows } = sql
    .exec<{ rows: number }>('SELECT coalesce(max(row) - min(row) + 1, 0) AS rows FROM buckets')
    .one();
  return Math.max(0, rows - bucketsRead);
}

export function bufferOf(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  return byteLength === buffer.byteLength
    ? (buffer as ArrayBuffer)
    : (buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
}
