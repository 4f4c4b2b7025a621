/** What batches hold, by series and minute: decoded, not merged yet. */
import { MAX_N } from '../../core/image.js';
import { type BatchSeries, decodeBatch } from '../../sketch/batch.js';
import type { KllSketch } from '../../sketch/sketch.js';
import { RESOLUTION_MS, type TenantConfig } from './contract.js';
import { codeOf } from './error-code.js';
import type { PendingBatch } from './pending.js';
import { seriesKey } from './series-key.js';

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

/** Besides items, what JavaScript keeps of a sketch or a list of values, and of a group. */
const BYTES_OF_SOURCE = 2_048;
const BYTES_OF_GROUP = 512;

/** What one series holds of one minute, as it came. */
export interface Group {
  key: string;
  /** Start of the minute, epoch milliseconds. */
  start: number;
  n: number;
  sketches: KllSketch[];
  values: Float64Array[];
}

export class BatchGroups {
  readonly #open = new Map<string, Group>();
  /** Those that would pass what a sketch can count: there is a further group of the same series and minute. */
  readonly #full: Group[] = [];
  /** Batches that cannot be read, and why. */
  readonly unreadable: { batch: PendingBatch; code: string }[] = [];
  /** Sketches and lists of values. */
  sources = 0;
  /** Memory they take, as estimated. */
  bytes = 0;

  /** @param batches in the order in which they came */
  constructor(
    batches: readonly PendingBatch[] = [],
    { windowMs }: Pick<TenantConfig, 'windowMs'> = { windowMs: 0 },
  ) {
    for (const batch of batches) this.#addBatch(batch, windowMs);
  }

  *[Symbol.iterator](): Generator<Group> {
    yield* this.#full;
    yield* this.#open.values();
  }

  /** Takes in the sources of others. @returns the groups here that hold more now */
  addAll(others: BatchGroups): Set<Group> {
    const grown = new Set<Group>();
    for (const { key, start, sketches, values } of others) {
      for (const sketch of sketches) grown.add(this.#add(key, start, sketch));
      for (const some of values) grown.add(this.#add(key, start, some));
    }
    return grown;
  }

  #addBatch(batch: PendingBatch, windowMs: number): void {
    let series: BatchSeries[];
    try {
      series = decodeBatch(batch.body, STORED_LIMITS).series;
    } catch (error) {
      this.unreadable.push({ batch, code: codeOf(error) });
      return;
    }
    for (const { name, labels, age, sketch, values } of series) {
      this.#add(seriesKey(name, labels), minuteOf(batch.received, age, windowMs), sketch ?? values!);
    }
  }

  #add(key: string, start: number, source: KllSketch | Float64Array): Group {
    const isValues = source instanceof Float64Array;
    const n = isValues ? source.length : source.n;
    const id = `${start} ${key}`;
    let group = this.#open.get(id);
    // A further row: the object that owns the series keeps them apart as parts of a bucket.
    if (group && group.n + n > MAX_N) {
      this.#full.push(group);
      group = undefined;
    }
    if (!group) {
      this.#open.set(id, (group = { key, start, n: 0, sketches: [], values: [] }));
      this.bytes += BYTES_OF_GROUP;
    }
    group.n += n;
    if (isValues) group.values.push(source);
    else group.sketches.push(source);
    this.sources++;
    this.bytes += BYTES_OF_SOURCE + 16 * (isValues ? n : source.numRetained);
    return group;
  }
}

/** The minute of values by their age at receipt: no clock but ours decides. */
function minuteOf(received: number, age: number, windowMs: number): number {
  const time = received - Math.min(Math.max(age, 0), windowMs);
  return Math.floor(time / RESOLUTION_MS.minute) * RESOLUTION_MS.minute;
}
