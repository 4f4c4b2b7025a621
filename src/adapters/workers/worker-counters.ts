/**
 * What the Worker itself counts. An isolate may vanish at any time, so its counts are only what is not yet on its
 * way: they travel to the operator's ingest objects, with a batch of its own or by themselves. No other tenant keeps what
 * is the server's.
 */
import { EDGE_METRICS, type EdgeMetric } from '../../metrics/edge-names.js';
import type { Standing } from './answer.js';
import type { CounterDelta } from './contract.js';
import type { EdgeEnv } from './env.js';
import { objectName } from './series-key.js';

type LabelPairs = CounterDelta['labels'];

/** So long counts are gathered: a call that carries them costs the object more rows to write. */
const GATHER_MS = 1000;
/** Counts are sent by themselves once they have waited so long for a batch to travel with. */
const SEND_AFTER_MS = 5000;

/** Times that objectives may name, seconds (ops/slo). */
const WITHIN_S = [0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5];

export class WorkerCounters {
  readonly #sums = new Map<string, { name: string; labels: LabelPairs; value: number }>();
  #since = Infinity;

  /** Adds to a counter. @param labels pairs in order of their keys */
  add(metric: EdgeMetric, labels: LabelPairs = [], value = 1): void {
    this.#add(metric.name, labels, value);
  }

  /** Adds one observation to a summary. */
  observe(metric: EdgeMetric, labels: LabelPairs, value: number): void {
    this.#add(`${metric.name}_sum`, labels, value);
    this.#add(`${metric.name}_count`, labels, 1);
  }

  /** What is due by now, to be sent with a batch. */
  takeDue(): CounterDelta[] {
    return Date.now() - this.#since >= GATHER_MS ? this.take() : [];
  }

  /** All that was counted; from now on it is the caller's to send. */
  take(): CounterDelta[] {
    const due = [...this.#sums.values()];
    this.#sums.clear();
    this.#since = Infinity;
    return due;
  }

  /** Counts of a call that failed. It may have stored them: a count too much is told from one too few by nobody. */
  putBack(deltas: readonly CounterDelta[]): void {
    for (const { name, labels, value } of deltas) this.#add(name, labels, value);
  }

  /** Whether no call came for long. */
  get isOverdue(): boolean {
    return Date.now() - this.#since > SEND_AFTER_MS;
  }

  /** Sends what is due by a call of its own. */
  async send(env: EdgeEnv, tenant: string): Promise<void> {
    const due = this.take();
    if (due.length === 0) return;
    try {
      await env.INGEST.getByName(objectName('ingest', tenant, 0)).count(due);
    } catch (error) {
      this.putBack(due);
      throw error;
    }
  }

  #add(name: string, labels: LabelPairs, value: number): void {
    const key = JSON.stringify([name, labels]);
    const known = this.#sums.get(key);
    if (known) known.value += value;
    else this.#sums.set(key, { name, labels, value });
    this.#since = Math.min(this.#since, Date.now());
  }
}

/** Those of this isolate. */
export const workerCounters = new WorkerCounters();

/** Counts a request that was answered. @param route its template, never its path */
export function countRequest(route: string, status: number, seconds: number): void {
  const labels: LabelPairs = [
    ['route', route],
    ['status', String(status)],
  ];
  workerCounters.add(EDGE_METRICS.requests, labels);
  workerCounters.observe(EDGE_METRICS.requestDuration, labels, seconds);
  if (status >= 500) return;
  for (const limit of WITHIN_S) {
    if (seconds > limit) continue;
    workerCounters.add(EDGE_METRICS.requestsWithin, [
      ['route', route],
      ['seconds', String(limit)],
      // A class, for the seconds multiply them. A refusal is fast: it must not count for what was accepted.
      ['status', `${Math.floor(status / 100)}xx`],
    ]);
  }
}

/** Counts an answer that lacks something, or is not of now. */
export function countStanding({ partial, stale }: Standing): void {
  if (stale) workerCounters.add(EDGE_METRICS.staleAnswers);
  if (partial) workerCounters.add(EDGE_METRICS.partialAnswers);
}
