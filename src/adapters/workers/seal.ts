/**
 * Sealing: batches of one sequence become one sketch for each series and minute, small enough to hand over. Nothing is
 * lost by it: n and sum stay exact, and a row is refused only where it cannot be read.
 */
import { MAX_N } from '../../core/image.js';
import { type BatchSeries, decodeBatch } from '../../sketch/batch.js';
import { KllSketch } from '../../sketch/sketch.js';
import { RESOLUTION_MS, type TenantConfig } from './contract.js';
import type { PendingBatch } from './pending.js';
import { seriesKey } from './series-key.js';

/** What one series holds of one minute. */
export interface SealedRow {
  key: string;
  /** Start of the minute, epoch milliseconds. */
  start: number;
  n: number;
  /** Compact image, working k, without state. */
  image: Uint8Array;
}

export interface Sealed {
  rows: SealedRow[];
  /** Batches that cannot be read, and why. */
  unreadable: { batch: PendingBatch; code: string }[];
  /** Sketches and lists of values that were merged. */
  merged: number;
}

export type SealConfig = Pick<TenantConfig, 'workingK' | 'tails' | 'windowMs'>;

/** What is stored was checked against tighter limits when it came: these only bound what damage may ask for. */
const STORED_LIMITS = {
  bytes: 2 ** 26,
  strings: 2 ** 20,
  stringBytes: 2 ** 16,
  series: 2 ** 20,
  labels: 2 ** 10,
  items: 2 ** 23,
  n: MAX_N,
  k: 65_535,
};

/** Values are merged as sketches of their own where the sketch would pass what it can count. */
interface Group {
  key: string;
  start: number;
  n: number;
  sketches: KllSketch[];
  values: Float64Array[];
}

/**
 * Merges batches per series and minute.
 * @param isWanted which series and minutes; all, when absent
 */
export function sealBatches(
  batches: readonly PendingBatch[],
  config: SealConfig,
  isWanted: (key: string, start: number) => boolean = () => true,
): Sealed {
  const groups = new Map<string, Group>();
  const unreadable: Sealed['unreadable'] = [];
  const full: Group[] = [];
  let merged = 0;
  for (const batch of batches) {
    let series: BatchSeries[];
    try {
      series = decodeBatch(batch.body, STORED_LIMITS).series;
    } catch (error) {
      unreadable.push({ batch, code: codeOf(error) });
      continue;
    }
    for (const { name, labels, age, sketch, values } of series) {
      const key = seriesKey(name, labels);
      const start = minuteOf(batch.received, age, config.windowMs);
      if (!isWanted(key, start)) continue;
      const n = sketch ? sketch.n : values!.length;
      const id = `${start} ${key}`;
      let group = groups.get(id);
      // A further row: the object that owns the series keeps them apart as parts of a bucket.
      if (group && group.n + n > MAX_N) {
        full.push(group);
        group = undefined;
      }
      if (!group) groups.set(id, (group = { key, start, n: 0, sketches: [], values: [] }));
      group.n += n;
      if (sketch) group.sketches.push(sketch);
      else group.values.push(values!);
      merged++;
    }
  }
  const rows = [...full, ...groups.values()].map((group) => sealGroup(group, config));
  return { rows, unreadable, merged };
}

function sealGroup({ key, start, n, sketches, values }: Group, { workingK, tails }: SealConfig): SealedRow {
  const sources = [...sketches];
  if (values.length > 0) {
    const raw = new KllSketch({ k: workingK, tails });
    for (const some of values) raw.extend(some);
    sources.push(raw);
  }
  const sketch =
    sources.length === 1 && values.length > 0
      ? sources[0]
      : KllSketch.mergeAll(sources, { k: workingK, tails });
  return { key, start, n, image: sketch.toBytes({ state: false }) };
}

/** The minute of values by their age at receipt: no clock but ours decides. */
function minuteOf(received: number, age: number, windowMs: number): number {
  const time = received - Math.min(Math.max(age, 0), windowMs);
  return Math.floor(time / RESOLUTION_MS.minute) * RESOLUTION_MS.minute;
}

/** The code of an error of the library; its kind where it has none. */
export function codeOf(error: unknown): string {
  if (error instanceof Error) return 'code' in error ? String(error.code) : error.name;
  return typeof error;
}
