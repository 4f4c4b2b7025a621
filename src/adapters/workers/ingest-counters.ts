/** What an ingest object counts. */
import type { CounterDelta, ObjectCounters, TakeResult } from './contract.js';
import { CounterTable } from './object-counters.js';
import type { PendingBatch } from './pending.js';

export const INGEST_NAMES = {
  storedBatches: 'kll_edge_stored_batches_total',
  storedValues: 'kll_edge_stored_values_total',
  duplicates: 'kll_edge_duplicate_batches_total',
  sealedSequences: 'kll_edge_sealed_sequences_total',
  mergedSources: 'kll_edge_sealed_sources_total',
  sealSeconds: 'kll_edge_seal_seconds_total',
  unreadable: 'kll_edge_unreadable_total',
  stepFailures: 'kll_edge_step_failures_total',
  pendingBatches: 'kll_edge_pending_batches',
  pendingBytes: 'kll_edge_pending_bytes',
  outboxRows: 'kll_edge_outbox_rows',
  outboxBytes: 'kll_edge_outbox_bytes',
  oldestSeconds: 'kll_edge_oldest_pending_seconds',
  quarantined: 'kll_edge_quarantined_rows',
  storageBytes: 'kll_edge_storage_bytes',
} as const;

const TIER = [['tier', 'ingest']] as const;

/** What an ingest object holds right now. */
export interface IngestLevels {
  pendingBatches: number;
  pendingBytes: number;
  pendingValues: number;
  outboxRows: number;
  outboxBytes: number;
  oldestSeconds: number;
  quarantined: number;
  storageBytes: number;
}

/**
 * A batch that was stored counts by its row until it is sealed, and in the table from then on: so a take writes no
 * counter, and still nothing is counted before it is durable.
 */
export class IngestCounters {
  readonly #table: CounterTable;

  constructor(sql: SqlStorage) {
    this.#table = new CounterTable(sql);
  }

  /** Inside a transaction. */
  addAll(deltas?: readonly CounterDelta[]): void {
    this.#table.addAll(deltas);
  }

  /** Inside a transaction: a batch that was not stored. */
  answered(outcome: TakeResult['outcome'], deltas?: readonly CounterDelta[]): void {
    this.addAll(deltas);
    if (outcome === 'duplicate') this.#table.add(INGEST_NAMES.duplicates, [], 1);
  }

  /** Inside the transaction that removes the batches. */
  sealed(what: {
    batches: readonly PendingBatch[];
    unreadable: number;
    merged: number;
    seconds: number;
  }): void {
    const values = what.batches.reduce((sum, batch) => sum + batch.values, 0);
    this.#table.add(INGEST_NAMES.storedBatches, [], what.batches.length);
    this.#table.add(INGEST_NAMES.storedValues, [], values);
    this.#table.add(INGEST_NAMES.sealedSequences, [], 1);
    this.#table.add(INGEST_NAMES.mergedSources, [], what.merged);
    this.#table.add(INGEST_NAMES.sealSeconds, [], what.seconds);
    if (what.unreadable > 0) this.#table.add(INGEST_NAMES.unreadable, TIER, what.unreadable);
  }

  /** Inside a transaction: a step of the schedule that is tried again. */
  failed(step: string): void {
    this.#table.add(INGEST_NAMES.stepFailures, [['step', step]], 1);
  }

  /** What a scrape sees: the table, what is not sealed yet, and the levels. */
  read(levels: IngestLevels): ObjectCounters {
    const counters = this.#table.read();
    const addTo = (name: string, value: number) => {
      const row = counters.find((counter) => counter.name === name);
      if (row) row.value += value;
      else if (value > 0) counters.push({ name, labels: [], value });
    };
    addTo(INGEST_NAMES.storedBatches, levels.pendingBatches);
    addTo(INGEST_NAMES.storedValues, levels.pendingValues);
    const gauge = (name: string, value: number, labels: CounterDelta['labels'] = []) => ({
      name,
      labels,
      value,
    });
    return {
      counters,
      gauges: [
        gauge(INGEST_NAMES.pendingBatches, levels.pendingBatches),
        gauge(INGEST_NAMES.pendingBytes, levels.pendingBytes),
        gauge(INGEST_NAMES.outboxRows, levels.outboxRows),
        gauge(INGEST_NAMES.outboxBytes, levels.outboxBytes),
        gauge(INGEST_NAMES.oldestSeconds, levels.oldestSeconds),
        gauge(INGEST_NAMES.quarantined, levels.quarantined, TIER),
        gauge(INGEST_NAMES.storageBytes, levels.storageBytes, TIER),
      ],
    };
  }

  /** Inside a transaction. */
  clear(): void {
    this.#table.clear();
  }
}
