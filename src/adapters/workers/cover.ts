/**
 * Which buckets cover a stretch of time: days that lie whole inside it, hours in what is left, minutes at the rims. Only
 * buckets that are there count; where a day was not rolled up yet, its hours are read. And how far what was read reaches.
 */
import { type BucketRow, DAY, LEVEL_MS, type Level, MINUTE } from './buckets.js';

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

/** What parts of buckets hold together. */
export interface Span {
  n: number;
  /** Where the last of them starts, epoch milliseconds. */
  last: number;
}

/**
 * Until when there may be values in a bucket, epoch milliseconds: where its own end would be told too late, that of the newest
 * of those that it was rolled up from, as long as all of them are kept.
 * @param look at the parts of a level that start in [from, to)
 */
export function newestEnd(
  level: Level,
  start: number,
  look: (level: Level, from: number, to: number) => Span,
): number {
  const end = start + LEVEL_MS[level];
  if (level === MINUTE) return end;
  const finer = (level - 1) as Level;
  const { n, last } = look(finer, start, end);
  return n === look(level, start, end).n ? newestEnd(finer, last, look) : end;
}
