/**
 * Closing and rolling up: minutes close and are condensed once; an hour is made of its minutes, a day of its hours.
 *
 * Every level is complete from the moment it is there: what comes into a bucket later goes into those above it too. So
 * neither the order of these steps nor an interruption between them can lose or repeat anything.
 */
import { MAX_N } from '../../core/image.js';
import { type BucketPlace, DAY, HOUR, LEVEL_MS, type Level, RESOLUTIONS } from './buckets.js';
import { type Part, PartMerge } from './part-merge.js';
import type { SeriesStore } from './series-store.js';

/** Parts closed, and series rolled up, in one step of an alarm. */
const PARTS_A_STEP = 64;
const SERIES_A_STEP = 16;

/** Closes what is due: each part by itself. @returns when the next one is */
export function closeDue(store: SeriesStore, now: number): number | undefined {
  for (const bucket of store.buckets.due(now, PARTS_A_STEP)) store.transaction(() => store.close(bucket));
  return store.buckets.nextDue();
}

/** Rolls up what waits for a bucket: each series by itself. @param key level and start, as planned */
export function rollUpDueSeries(store: SeriesStore, key: string, now: number): number | undefined {
  const [level, start] = key.split(':').map(Number) as [Level, number];
  const waiting = store.sql
    .exec<{ series: number }>(
      'SELECT series FROM roll_ups WHERE level = ? AND start = ? LIMIT ?',
      level,
      start,
      SERIES_A_STEP,
    )
    .toArray();
  for (const { series } of waiting) store.transaction(() => rollUp(store, { series, level, start }, now));
  return waiting.length < SERIES_A_STEP ? undefined : now;
}

/** Inside a transaction: one bucket of one series from all parts of all buckets below it, when there are any. */
export function rollUp(store: SeriesStore, place: BucketPlace, now: number): void {
  const { series, level, start } = place;
  const { buckets } = store;
  // A day is not there before all hours of it are: else what comes by them would come twice, or not yet.
  if (level === DAY) rollUpHours(store, series, start, now);
  store.sql.exec('DELETE FROM roll_ups WHERE level = ? AND start = ? AND series = ?', level, start, series);
  // What came since is in it already.
  if (buckets.has(place)) return;
  const { config } = store.state;
  const { imageK } = config;
  const groups: { n: number; parts: Part[] }[] = [];
  const broken: { n: number; code: string }[] = [];
  const below = buckets.between(series, (level - 1) as Level, start, start + LEVEL_MS[level]);
  for (const bucket of below) {
    const part = store.part(bucket);
    if (!part) {
      broken.push({ n: bucket.n, code: bucket.code! });
      continue;
    }
    let group = groups.at(-1);
    if (!group || group.n + bucket.n > MAX_N) groups.push((group = { n: 0, parts: [] }));
    group.n += bucket.n;
    group.parts.push(part);
  }
  const merged = groups.map(({ parts }) => PartMerge.of(parts, config));
  for (const sketch of merged) {
    const small = sketch.k > imageK ? sketch.condense(imageK) : sketch;
    buckets.insert(place, { n: small.n, image: small.toBytes({ state: false }) });
    store.counters.closed(RESOLUTIONS[level]);
  }
  for (const { n, code } of broken) store.mark(place, n, code);
  if (below.length === 0) return;
  store.carryUp(place, now, (above) => {
    for (const sketch of merged) store.add(above, sketch, now);
    for (const { n, code } of broken) store.mark(above, n, code);
  });
}

function rollUpHours(store: SeriesStore, series: number, day: number, now: number): void {
  const hours = store.sql
    .exec<{ start: number }>(
      'SELECT start FROM roll_ups WHERE level = ? AND start >= ? AND start < ? AND series = ?',
      HOUR,
      day,
      day + LEVEL_MS[DAY],
      series,
    )
    .toArray();
  for (const { start } of hours) rollUp(store, { series, level: HOUR, start }, now);
}
