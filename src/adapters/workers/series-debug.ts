/** One series as it lies in storage, for a person who looks into it: rows, heads of images, and what they decode to. */
import { compactHeader } from '../../wire/compact-header.js';
import { BUCKET_COLUMNS, RESOLUTIONS, type StoredBucket } from './buckets.js';
import type { BucketDebug, SeriesCalls, SeriesDebug } from './contract.js';
import { codeOf } from './error-code.js';
import { readBucket } from './part-merge.js';
import type { SeriesStore } from './series-store.js';

/** Nothing is changed by it: a part that cannot be read is not set aside, and none is taken from memory. */
export function debugSeries(
  { sql }: SeriesStore,
  { key, resolution, from, to, limit }: Parameters<SeriesCalls['debug']>[0],
): SeriesDebug | undefined {
  const [series] = sql
    .exec<{ id: number; n: number; first: number; last: number }>(
      'SELECT id, n, first, last FROM series WHERE key = ?',
      key,
    )
    .toArray();
  if (!series) return undefined;
  const { id, ...totals } = series;
  const counts = sql
    .exec<{ level: number; rows: number; open: number }>(
      'SELECT level, count(*) AS rows, count(closes) AS open FROM buckets WHERE series = ? GROUP BY level',
      id,
    )
    .toArray();
  const partsOf = (level: number) => {
    const { rows = 0, open = 0 } = counts.find((one) => one.level === level) ?? {};
    return { rows, open };
  };
  const rows = sql
    .exec<StoredBucket>(
      `SELECT ${BUCKET_COLUMNS}, image FROM buckets
         WHERE series = ?1 AND level BETWEEN ?2 AND ?3 AND start >= ?4 AND start < ?5
         ORDER BY level, start DESC, part DESC LIMIT ?6`,
      id,
      resolution ? RESOLUTIONS.indexOf(resolution) : 0,
      resolution ? RESOLUTIONS.indexOf(resolution) : RESOLUTIONS.length,
      from,
      to,
      limit,
    )
    .toArray();
  return {
    ...totals,
    parts: { minute: partsOf(0), hour: partsOf(1), day: partsOf(2) },
    buckets: rows.map(describe),
  };
}

function describe(row: StoredBucket): BucketDebug {
  const { level, start, part, n, version, closes, closing } = row;
  const image = new Uint8Array(row.image);
  let state: BucketDebug['state'];
  let { code } = row;
  try {
    if (code === null) state = readBucket(row, image).debugState();
  } catch (error) {
    code = codeOf(error);
  }
  return {
    resolution: RESOLUTIONS[level],
    start,
    part,
    n,
    version,
    ...(closes === null ? {} : { closes }),
    ...(closing === null ? {} : { closing }),
    ...(code === null ? {} : { code }),
    bytes: image.length,
    header: compactHeader(image),
    ...(state ? { state } : {}),
  };
}
