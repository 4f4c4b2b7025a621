/** What an ingest object counts. */
import { EDGE_METRICS } from '../../metrics/edge-names.js';
import type { CounterDelta, ObjectCounters, TakeResult } from './contract.js';
import { CounterTable } from './object-counters.js';
import type { PendingBatch } from './pending.js';
import type { SealedRow } from './seal.js';

const TIER = [['tier', 'ingest']] as const;

/** What an ingest object holds right now. */
export interface IngestLevels {
  pendingBatches: number;
  pendingBytes: number;
  pendingValues: number;
  outboxRows: number;
  outboxBytes: number;
  oldestSeconds: number;
  isPaused: boolean;
  capturedBlobs: number;
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
    if (outcome === 'duplicate') this.#table.add(EDGE_METRICS.duplicates.name, [], 1);
  }

  /** Inside the transaction that removes the batches: they were stored, whatever becomes of them. */
  stored({ batches, values, bytes }: { batches: number; values: number; bytes: number }): void {
    this.#table.add(EDGE_METRICS.storedBatches.name, [], batches);
    this.#table.add(EDGE_METRICS.storedValues.name, [], values);
    this.#table.add(EDGE_METRICS.storedBytes.name, [], bytes);
  }

  /** Inside the transaction that removes the batches. */
  sealed(what: {
    batches: readonly PendingBatch[];
    rows: readonly SealedRow[];
    unreadable: number;
    merged: number;
    seconds: number;
  }): void {
    this.stored({
      batches: what.batches.length,
      values: what.batches.reduce((sum, batch) => sum + batch.values, 0),
      bytes: what.batches.reduce((sum, batch) => sum + batch.body.byteLength, 0),
    });
    this.#table.add(EDGE_METRICS.sealedSequences.name, [], 1);
    this.#table.add(EDGE_METRICS.sealedSources.name, [], what.merged);
    this.#table.add(EDGE_METRICS.sealedRows.name, [], what.rows.length);
    const sealedBytes = what.rows.reduce((sum, { image }) => sum + image.byteLength, 0);
    this.#table.add(EDGE_METRICS.sealedBytes.name, [], sealedBytes);
    this.#table.add(EDGE_METRICS.sealDuration.name, [], what.seconds);
    if (what.unreadable > 0) this.#table.add(EDGE_METRICS.unreadable.name, TIER, what.unreadable);
  }

  /** Inside a transaction: a step of the schedule that is tried again. */
  failed(step: string): void {
    this.#table.add(EDGE_METRICS.ingestStepFailures.name, [['step', step]], 1);
  }

  /** What a scrape sees: the table, what is not sealed yet, and the levels. */
  read(levels: IngestLevels): ObjectCounters {
    const counters = this.#table.read();
    const addTo = (name: string, value: number) => {
      const row = counters.find((counter) => counter.name === name);
      if (row) row.value += value;
      else if (value > 0) counters.push({ name, labels: [], value });
    };
    addTo(EDGE_METRICS.storedBatches.name, levels.pendingBatches);
    addTo(EDGE_METRICS.storedValues.name, levels.pendingValues);
    addTo(EDGE_METRICS.storedBytes.name, levels.pendingBytes);
    const gauge = (name: string, value: number, labels: CounterDelta['labels'] = []) => ({
      name,
      labels,
      value,
    });
    return {
      counters,
      gauges: [
        gauge(EDGE_METRICS.pendingBatches.name, levels.pendingBatches),
        gauge(EDGE_METRICS.pendingBytes.name, levels.pendingBytes),
        gauge(EDGE_METRICS.outboxRows.name, levels.outboxRows),
        gauge(EDGE_METRICS.outboxBytes.name, levels.outboxBytes),
        gauge(EDGE_METRICS.oldestPending.name, levels.oldestSeconds),
        gauge(EDGE_METRICS.quarantined.name, levels.quarantined, TIER),
        gauge(EDGE_METRICS.capturedBlobs.name, levels.capturedBlobs),
        gauge(EDGE_METRICS.pausedObjects.name, Number(levels.isPaused), TIER),
        gauge(EDGE_METRICS.storage.name, levels.storageBytes, TIER),
        gauge(EDGE_METRICS.storageLargest.name, levels.storageBytes, TIER),
      ],
    };
  }
}
