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
  ingestNameless: {
    name: 'kll_edge_ingest_nameless_total',
    help: 'Ingest requests refused because they brought neither a token nor a key; they are counted as seen too.',
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
  requestsWithin: {
    name: 'kll_edge_requests_within_total',
    help: 'Requests answered without a fault of the server within so many seconds, by route and class of status; those within less are counted too.',
    type: 'counter',
    unit: 'requests',
    labels: ['route', 'seconds', 'status'],
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
  duties: {
    name: 'kll_edge_duties_total',
    help: 'Backups, restores, exports, snapshots, vacuums and resets, by how they ended.',
    type: 'counter',
    unit: 'requests',
    labels: ['duty', 'outcome'],
  },
  dutyDuration: {
    name: 'kll_edge_duty_duration_seconds',
    help: 'Time that backups, restores, exports, snapshots, vacuums and resets took.',
    type: 'summary',
    unit: 'seconds',
    labels: ['duty'],
  },
  partialAnswers: {
    name: 'kll_edge_partial_answers_total',
    help: 'Queries answered without buckets or objects that could not be read.',
    type: 'counter',
    unit: 'requests',
  },
} as const satisfies Record<string, EdgeMetric>;

/** Counted and measured by ingest objects, with their data. */
const INGEST = {
  storedBatches: {
    name: 'kll_edge_stored_batches_total',
    help: 'Batches made durable.',
    type: 'counter',
    unit: 'batches',
  },
  storedValues: {
    name: 'kll_edge_stored_values_total',
    help: 'Values made durable, weights counted.',
    type: 'counter',
    unit: 'values',
  },
  tenantValues: {
    name: 'kll_edge_tenant_stored_values_total',
    help: 'Values made durable, weights counted, by tenant.',
    type: 'counter',
    unit: 'values',
    labels: ['tenant'],
  },
  storedBytes: {
    name: 'kll_edge_stored_bytes_total',
    help: 'Bytes of the batches made durable; by their number, the size of a beacon.',
    type: 'counter',
    unit: 'bytes',
  },
  duplicates: {
    name: 'kll_edge_duplicate_batches_total',
    help: 'Batches that were known already, with the same bytes.',
    type: 'counter',
    unit: 'batches',
  },
  sealedSequences: {
    name: 'kll_edge_sealed_sequences_total',
    help: 'Sequences of batches merged and put into the outbox.',
    type: 'counter',
    unit: 'calls',
  },
  sealedSources: {
    name: 'kll_edge_sealed_sources_total',
    help: 'Sketches and lists of values merged when sequences were sealed.',
    type: 'counter',
    unit: 'sources',
  },
  sealedRows: {
    name: 'kll_edge_sealed_rows_total',
    help: 'Merged rows put into the outbox, one a series and minute.',
    type: 'counter',
    unit: 'rows',
  },
  sealedBytes: {
    name: 'kll_edge_sealed_bytes_total',
    help: 'Bytes of the merged rows put into the outbox; by their number, the size of a row.',
    type: 'counter',
    unit: 'bytes',
  },
  sealDuration: {
    name: 'kll_edge_seal_seconds_total',
    help: 'Time spent merging the batches of sequences.',
    type: 'counter',
    unit: 'seconds',
  },
  ingestStepFailures: {
    name: 'kll_edge_ingest_step_failures_total',
    help: 'Steps of the schedule of ingest objects that failed and are tried again.',
    type: 'counter',
    unit: 'calls',
    labels: ['step'],
    known: ['seal', 'hand-over', 'forget-ids', 'forget-captures'],
  },
  pendingBatches: {
    name: 'kll_edge_pending_batches',
    help: 'Batches that are durable and not merged yet.',
    type: 'gauge',
    unit: 'batches',
  },
  pendingBytes: {
    name: 'kll_edge_pending_bytes',
    help: 'Bytes of batches that are not merged yet.',
    type: 'gauge',
    unit: 'bytes',
  },
  outboxRows: {
    name: 'kll_edge_outbox_rows',
    help: 'Merged rows that wait for the objects that own their series.',
    type: 'gauge',
    unit: 'rows',
  },
  outboxBytes: {
    name: 'kll_edge_outbox_bytes',
    help: 'Bytes of merged rows that wait.',
    type: 'gauge',
    unit: 'bytes',
  },
  capturedBlobs: {
    name: 'kll_edge_captured_blobs',
    help: 'Refused blobs that are kept for administrators to look at.',
    type: 'gauge',
    unit: 'batches',
  },
  oldestPending: {
    name: 'kll_edge_oldest_pending_seconds',
    help: 'Age of the oldest batch that is not handed over.',
    type: 'gauge',
    unit: 'seconds',
    combine: 'max',
  },
} as const satisfies Record<string, EdgeMetric>;

/** Counted and measured by series objects, with their data. */
const SERIES = {
  appliedSequences: {
    name: 'kll_edge_applied_sequences_total',
    help: 'Hand-overs merged into buckets.',
    type: 'counter',
    unit: 'calls',
  },
  repeatedSequences: {
    name: 'kll_edge_repeated_sequences_total',
    help: 'Hand-overs that had been applied before, and were acknowledged again.',
    type: 'counter',
    unit: 'calls',
  },
  appliedRows: {
    name: 'kll_edge_applied_rows_total',
    help: 'Rows of hand-overs, one a series and minute.',
    type: 'counter',
    unit: 'rows',
  },
  appliedValues: {
    name: 'kll_edge_applied_values_total',
    help: 'Values merged into buckets, weights counted.',
    type: 'counter',
    unit: 'values',
  },
  applyDuration: {
    name: 'kll_edge_apply_seconds_total',
    help: 'Time spent merging hand-overs into buckets.',
    type: 'counter',
    unit: 'seconds',
  },
  lateRows: {
    name: 'kll_edge_late_rows_total',
    help: 'Rows that came after their minute had closed.',
    type: 'counter',
    unit: 'rows',
  },
  otherRows: {
    name: 'kll_edge_other_rows_total',
    help: 'Rows of series beyond the limit, which went to __other__.',
    type: 'counter',
    unit: 'rows',
  },
  closedBuckets: {
    name: 'kll_edge_closed_buckets_total',
    help: 'Parts of buckets that were condensed and closed.',
    type: 'counter',
    unit: 'rows',
    labels: ['resolution'],
    known: ['minute', 'hour', 'day'],
  },
  expiredBuckets: {
    name: 'kll_edge_expired_buckets_total',
    help: 'Parts of buckets deleted because they were older than is kept.',
    type: 'counter',
    unit: 'rows',
    labels: ['resolution'],
    known: ['minute', 'hour', 'day'],
  },
  validatedBuckets: {
    name: 'kll_edge_validated_buckets_total',
    help: 'Closed parts of buckets that were decoded and encoded again in the background.',
    type: 'counter',
    unit: 'rows',
  },
  validationFailures: {
    name: 'kll_edge_validation_failures_total',
    help: 'Validated parts that were not what they had been; they were set aside.',
    type: 'counter',
    unit: 'rows',
  },
  cacheHits: {
    name: 'kll_edge_bucket_cache_hits_total',
    help: 'Parts of buckets that were found decoded in memory.',
    type: 'counter',
    unit: 'rows',
  },
  cacheMisses: {
    name: 'kll_edge_bucket_cache_misses_total',
    help: 'Parts of buckets that were read and decoded.',
    type: 'counter',
    unit: 'rows',
  },
  seriesStepFailures: {
    name: 'kll_edge_series_step_failures_total',
    help: 'Steps of the schedule of series objects that failed and are tried again.',
    type: 'counter',
    unit: 'calls',
    labels: ['step'],
    known: ['close', 'roll-up', 'retain', 'validate'],
  },
  series: {
    name: 'kll_edge_series',
    help: 'Series known.',
    type: 'gauge',
    unit: 'series',
  },
} as const satisfies Record<string, EdgeMetric>;

/** Of objects of each tier. */
const OBJECTS = {
  unreadable: {
    name: 'kll_edge_unreadable_total',
    help: 'Stored rows that could not be read and were set aside.',
    type: 'counter',
    unit: 'rows',
    labels: ['tier'],
    known: ['ingest', 'series', 'export'],
  },
  quarantined: {
    name: 'kll_edge_quarantined_rows',
    help: 'Rows set aside because they could not be read.',
    type: 'gauge',
    unit: 'rows',
    labels: ['tier'],
  },
  pausedObjects: {
    name: 'kll_edge_paused_objects',
    help: 'Objects whose roll-ups and hand-overs wait, because an administrator said so.',
    type: 'gauge',
    unit: 'objects',
    labels: ['tier'],
    known: ['ingest', 'series'],
  },
  storage: {
    name: 'kll_edge_storage_bytes',
    help: 'Size of the storage of objects.',
    type: 'gauge',
    unit: 'bytes',
    labels: ['tier'],
  },
  storageLargest: {
    name: 'kll_edge_storage_largest_bytes',
    help: 'Size of the storage of the largest object; objects are limited one by one.',
    type: 'gauge',
    unit: 'bytes',
    labels: ['tier'],
    combine: 'max',
  },
} as const satisfies Record<string, EdgeMetric>;

/** Of the server as a whole. */
const SERVER = {
  backupCompleted: {
    name: 'kll_edge_backup_completed_timestamp_seconds',
    help: 'When the newest backup of a tenant was complete and checked, seconds since 1970, by who keeps it; of the tenant whose is the oldest. Absent: never.',
    type: 'gauge',
    unit: 'seconds',
    labels: ['target'],
    combine: 'max',
  },
  unbackedSince: {
    name: 'kll_edge_unbacked_since_timestamp_seconds',
    help: 'Since when a tenant is known that has stored values and was never backed up, seconds since 1970. Absent: there is none.',
    type: 'gauge',
    unit: 'seconds',
    labels: ['tenant'],
  },
  buildInfo: {
    name: 'kll_edge_build_info',
    help: 'Always 1: which version and commit answers, and the digest of its configuration.',
    type: 'gauge',
    unit: 'objects',
    labels: ['version', 'commit', 'configuration'],
    combine: 'max',
  },
} as const satisfies Record<string, EdgeMetric>;

/** All of them, in the order of the page. */
export const EDGE_METRICS = {
  ...WORKER,
  ...INGEST,
  ...SERIES,
  ...OBJECTS,
  ...SERVER,
} as const satisfies Record<string, EdgeMetric>;
