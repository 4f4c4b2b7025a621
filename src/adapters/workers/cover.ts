/**
 * Which buckets cover a stretch of time: days that lie whole inside it, hours in what is left, minutes at the rims. Only
 * buckets that are there count; where a day was not rolled up yet, its hours are read. And how far what was read reaches.
 */
import { type BucketPlace, type BucketRow, DAY, LEVEL_MS, type Level, MINUTE } from './buckets.js';

/** Reads the parts of buckets of a level that start in [from, to), in order of start. */
export type ReadLevel = (level: Level, from: number, to: number) => BucketRow[];

/**
 * @param from @param to epoch milliseconds, [from, to)
 * @param find parts of one series
 * @param level the largest to look for
 */
export function cover(from: number, to: number, find: ReadLevel, level: Level = DAY): BucketRow[] {
  if (from >= to) return [];
  const size = LEVEL_MS[level];
  if (level === MINUTE) return find(level, Math.ceil(from / size) * size, to);
  const first = Math.ceil(from / size) * size;
  const end = Math.floor(to / size) * size;
  const found = first < end ? find(level, first, end) : [];
  const rows: BucketRow[] = [];
  let covered = from;
  for (const row of found) {
    if (row.start >= covered) {
      rows.push(...cover(covered, row.start, find, (level - 1) as Level));
      covered = row.start + size;
    }
    rows.push(row);
  }
  rows.push(...cover(covered, to, find, (level - 1) as Level));
  return rows;
}

/** What a bucket of a series holds, and the buckets that it was rolled up from, as far as they are kept. */
export interface Span {
  series: number;
  n: number;
  finerN: number;
  /** Where the last of the finer ones starts, epoch milliseconds. */
  last: number;
}

/**
 * Until when there may be values in the newest buckets of some series, epoch milliseconds: where a bucket's own end would be
 * told too late, that of the newest of those below it, if they hold all its values.
 * @param newest one for each series, at least one
 * @param look at one bucket of several series at once
 */
export function newestEnd(
  newest: readonly BucketPlace[],
  look: (series: number[], level: Level, start: number) => Span[],
): number {
  const endOf = ({ level, start }: BucketPlace) => start + LEVEL_MS[level];
  for (let places = newest; ; ) {
    const top = places.reduce((a, b) => (endOf(b) > endOf(a) ? b : a));
    const { level, start } = top;
    if (level === MINUTE) return endOf(top);
    const isTop = (place: BucketPlace) => place.level === level && place.start === start;
    const spans = look(
      places.filter(isTop).map(({ series }) => series),
      level,
      start,
    );
    if (spans.some(({ n, finerN }) => n !== finerN)) return endOf(top);
    const finer = spans.map(({ series, last }) => ({ series, level: (level - 1) as Level, start: last }));
    places = [...places.filter((place) => !isTop(place)), ...finer];
  }
}
