/** Every metric the edge gives out at `/metrics`. Names and help texts are part of what users rely on. */
import type { MetricDescriptor } from './names.js';

export interface EdgeMetric extends MetricDescriptor {
  /** How the gauges of several objects become one: their sum (default), or the largest. */
  readonly combine?: 'sum' | 'max';
}

/** Counted by the Worker, per isolate; they travel to an object with the next call, and are kept there. */
const WORKER = {
  requests: {
    name: 'kll_edge_requests_total',
    help: 'Requests answered, by route and status.',
    type: 'counter',
    unit: 'requests',
    labels: ['route', 'status'],
  },
  requestDuration: {
    name: 'kll_edge_request_duration_seconds',
    help: 'Time from a request to its answer, by route and status.',
    type: 'summary',
    unit: 'seconds',
    labels: ['route', 'status'],
  },
  ingestSeen: {
    name: 'kll_edge_ingest_seen_total',
    help: 'Ingest requests that arrived, before any check; beside the batches stored, it shows what is lost.',
    type: 'counter',
    unit: 'requests',
  },
  refusals: {
    name: 'kll_edge_refusals_total',
    help: 'Requests refused, by the code of the problem.',
    type: 'counter',
    unit: 'requests',
    labels: ['code'],
  },
  slowQueries: {
    name: 'kll_edge_slow_queries_total',
    help: 'Queries that took longer than KLL_SLOW_QUERY_MS; their explain is in the log.',
    type: 'counter',
    unit: 'requests',
  },
  staleAnswers: {
    name: 'kll_edge_stale_answers_total',
    help: 'Queries answered from what was known before, because an object did not answer.',
    type: 'counter',
    unit: 'requests',
  },
  partialAnswers: {
    name: 'kll_edge_partial_answers_total',
    help: 'Queries answered without buckets or objects that could not be read.',
    type: 'counter',
    unit: 'requests',
  },
} as const satisfies Record<string, EdgeMetric>;

/** All of them, in the order of the page. */
export const EDGE_METRICS = { ...WORKER } as const satisfies Record<string, EdgeMetric>;
