/** What everybody knows of a tenant, and how counts travel. */
import type { Tails } from '../../core/image.js';

/** One way of spreading a tenant's data. Versions grow by one; the newest is the last of a list. */
export interface RingVersion {
  version: number;
  /** Ingest objects, 1..256: batch ids are spread over them. */
  ingest: number;
  /** Series objects, 1..256: series are spread over them. */
  series: number;
  /** When it became the newest, epoch milliseconds. */
  since: number;
}

/**
 * All about a tenant that objects need. It travels with the calls; what an object does by the clock goes by the latest it
 * has heard of, and a change is told to all of them.
 */
export interface TenantConfig {
  tenant: string;
  /** Grows with each change and with each reset; absent where a release gave it that did not count them. */
  revision?: number;
  /** Oldest first. Former versions stay as long as data of theirs may exist. */
  rings: readonly RingVersion[];
  /** k of open buckets; default 1024. */
  workingK: number;
  /** k that closed buckets are condensed to; default 200. */
  imageK: number;
  tails: Tails;
  /** How long after its end a bucket still takes values before it closes, milliseconds; default 120 000. */
  graceMs: number;
  /** How long a batch id is known, and the oldest age a value may have, milliseconds; default 48 h. */
  windowMs: number;
  /** How long closed buckets are kept, milliseconds, by resolution; 0 keeps them for ever. */
  retentionMs: Readonly<Record<Resolution, number>>;
  /** How many named snapshots are kept, the newest, and for how long, milliseconds; 0, the default, keeps all. */
  keepSnapshots?: number;
  keepSnapshotsMs?: number;
  /** Where closed buckets are exported to; they are kept until they were. 'none' by default. */
  exportTo?: 'none' | 'bucket' | 'pull';
  /** Which buckets: each value is once in those of one resolution; default 'minute'. */
  exportResolution?: Resolution;
  /** Roll-ups and hand-overs wait until then, epoch milliseconds. */
  pausedUntil?: number;
  /** Longest pause between two steps of validating closed buckets, milliseconds; 0: never. */
  validateMs?: number;
  /** Whether refused blobs are kept for administrators to look at; default false. */
  captureRefused?: boolean;
  /** Keep batches that were taken, a bounded number, for a replay elsewhere: default no. */
  captureTaken?: boolean;
  /** Series of a tenant beyond which new ones enter `__other__`: of their name, and beyond as many again of one for all. */
  maxSeries: number;
  /** Pending batches and bytes of an ingest object, keys of series with them, above which it answers 'full'. */
  maxPendingBatches: number;
  maxPendingBytes: number;
  /** A sequence is sealed at so many batches or bytes, keys of series with them, or after so long. */
  sealBatches: number;
  sealBytes: number;
  sealMs: number;
  /** Storage of an object above which ingest answers 'storage-full', bytes; default 90 % of 10 GB. */
  maxStorageBytes: number;
}

/** Whether a configuration was followed by the one that is known: whoever sent it has not heard of the change yet. */
export function isFormer({ revision = Infinity }: TenantConfig, known: TenantConfig | undefined): boolean {
  return revision < (known?.revision ?? 0);
}

export type Resolution = 'minute' | 'hour' | 'day';
export const RESOLUTION_MS: Readonly<Record<Resolution, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** Counters to be added where the data is: `name` is one of `EDGE_METRICS`, labels are sorted pairs. */
export interface CounterDelta {
  name: string;
  labels: readonly (readonly [string, string])[];
  value: number;
}

/** Counters and gauges of an object, for `/metrics`. */
export interface ObjectCounters {
  counters: CounterDelta[];
  /** Values of now: summed over objects, or the largest taken, as `EDGE_METRICS` says. */
  gauges: CounterDelta[];
}
