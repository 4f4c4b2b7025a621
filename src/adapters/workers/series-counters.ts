/** What a series object counts. */
import { EDGE_METRICS } from '../../metrics/edge-names.js';
import type { BucketCache } from './bucket-cache.js';
import type { CounterDelta, ObjectCounters, Resolution } from './contract.js';
import { CounterTable } from './object-counters.js';

const TIER = [['tier', 'series']] as const;

export interface SeriesLevels {
  series: number;
  quarantined: number;
  isPaused: boolean;
  storageBytes: number;
}

export class SeriesCounters {
  readonly #table: CounterTable;

  constructor(sql: SqlStorage) {
    this.#table = new CounterTable(sql);
  }

  /** Inside a transaction: a hand-over. */
  applied(what: { rows: number; values: number; late: number; others: number; seconds: number }): void {
    this.#add('appliedSequences', 1);
    this.#add('appliedRows', what.rows);
    this.#add('appliedValues', what.values);
    this.#add('lateRows', what.late);
    this.#add('otherRows', what.others);
    this.#add('applyDuration', what.seconds);
  }

  /** Inside a transaction. */
  repeated(): void {
    this.#add('repeatedSequences', 1);
  }

  /** Inside a transaction: a part was condensed. */
  closed(resolution: Resolution): void {
    this.#add('closedBuckets', 1, [['resolution', resolution]]);
  }

  /** Inside a transaction. */
  expired(resolution: Resolution, rows: number): void {
    this.#add('expiredBuckets', rows, [['resolution', resolution]]);
  }

  /** Inside a transaction. */
  unreadable(): void {
    this.#add('unreadable', 1, TIER);
  }

  /** Inside a transaction. @param failed how many of the parts were not what they had been */
  validated(parts: number, failed: number): void {
    this.#add('validatedBuckets', parts);
    this.#add('validationFailures', failed);
  }

  /** Inside a transaction: a step of the schedule that is tried again. */
  failed(step: string): void {
    this.#add('seriesStepFailures', 1, [['step', step]]);
  }

  /** Inside a transaction: what the cache has counted goes to the table. */
  takeCache(cache: BucketCache): void {
    this.#add('cacheHits', cache.hits);
    this.#add('cacheMisses', cache.misses);
    cache.hits = 0;
    cache.misses = 0;
  }

  read(levels: SeriesLevels): ObjectCounters {
    const gauge = (name: string, value: number, labels: CounterDelta['labels'] = []) => ({
      name,
      labels,
      value,
    });
    return {
      counters: this.#table.read(),
      gauges: [
        gauge(EDGE_METRICS.series.name, levels.series),
        gauge(EDGE_METRICS.quarantined.name, levels.quarantined, TIER),
        gauge(EDGE_METRICS.pausedObjects.name, Number(levels.isPaused), TIER),
        gauge(EDGE_METRICS.storage.name, levels.storageBytes, TIER),
        gauge(EDGE_METRICS.storageLargest.name, levels.storageBytes, TIER),
      ],
    };
  }

  #add(metric: keyof typeof EDGE_METRICS, value: number, labels: CounterDelta['labels'] = []): void {
    if (value > 0) this.#table.add(EDGE_METRICS[metric].name, labels, value);
  }
}
