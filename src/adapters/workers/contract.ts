/**
 * What the Worker and its Durable Objects say to each other: the calls of each object, and what travels in them.
 *
 *    request -> Worker -> ingest object (one of N a tenant, by batch id) -> series object (one of M, by series)
 *                  \-> directory object (keys, tenants, rings)      query: ingest objects first, then series objects
 *
 * Names: a series is a metric name with labels; its key is canonical text (`seriesKey`). An object is found by the name
 * that `objectName` gives, so that whoever is asked, asks the same one.
 */
import type { DebugState } from '../../core/debug-state.js';
import type { Tails } from '../../core/image.js';
import type { BackupBucket } from '../../wire/backup-records.js';
import type { CompactHeader } from '../../wire/compact-header.js';

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

/** All about a tenant that objects need. Travels with every call, so that objects keep no copy that could be old. */
export interface TenantConfig {
  tenant: string;
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
  /** How often some closed buckets are validated, milliseconds; 0: never. */
  validateMs?: number;
  /** Whether refused blobs are kept for administrators to look at; default false. */
  captureRefused?: boolean;
  /** Series of a tenant beyond which new ones enter `__other__`. */
  maxSeries: number;
  /** Pending batches and bytes of an ingest object above which it answers 'full'. */
  maxPendingBatches: number;
  maxPendingBytes: number;
  /** A sequence is sealed at so many batches or bytes, or after so long. */
  sealBatches: number;
  sealBytes: number;
  sealMs: number;
  /** Storage of an object above which ingest answers 'storage-full', bytes; default 90 % of 10 GB. */
  maxStorageBytes: number;
}

export type Resolution = 'minute' | 'hour' | 'day';
export const RESOLUTION_MS: Readonly<Record<Resolution, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** Counters to be added where the data is: `name` is one of `METRICS`, labels are sorted pairs. */
export interface CounterDelta {
  name: string;
  labels: readonly (readonly [string, string])[];
  value: number;
}

// ------------------------------------------------------------------------------------------- ingest object

export interface TakeCall {
  config: TenantConfig;
  /** 16 bytes. */
  batchId: ArrayBuffer;
  /** When the sender made it, epoch milliseconds of its clock: for the duplicate window only. */
  created: number;
  /** The sender named no creation time, `created` is the receipt: its id may lie in the table of any hour. */
  createdUnknown?: boolean;
  /**
   * CRC-32C of what was sent: the same id with another one is refused. Of a container it is the checksum it ends with,
   * which covers the bytes before it: over bytes and checksum together, it would be the same for all containers.
   */
  crc: number;
  /** A batch container, fully decoded and checked by the Worker before. */
  body: ArrayBuffer;
  /** Values in it, weights counted. */
  values: number;
  /** Counters of the Worker's isolate that are due. */
  counters?: readonly CounterDelta[];
}

export type TakeResult =
  /** Durable now. */
  | { outcome: 'stored' }
  /** Known already, same bytes. */
  | { outcome: 'duplicate' }
  /** Known already, other bytes: 409. */
  | { outcome: 'conflict' }
  /** Created before the window: 410. */
  | { outcome: 'too-old' }
  /** The object knows a newer ring: fetch the tenant's configuration again and retry. */
  | { outcome: 'stale-ring'; version: number }
  /** Too much is pending: 429. */
  | { outcome: 'full'; retryAfterMs: number }
  /** 507. */
  | { outcome: 'storage-full' };

/** What an ingest object holds that series objects may not have yet, by sequence. */
export interface PendingRow {
  /** The sequence it belongs to, or will when it is sealed. */
  sequence: number;
  /** The ring version of that sequence. */
  ringVersion: number;
  key: string;
  /** Start of its minute, epoch milliseconds. */
  start: number;
  /** Compact image without state. */
  image: ArrayBuffer;
}

export interface PendingAnswer {
  /** This object's name: the sender of its sequences. */
  sender: string;
  /**
   * The highest ring version it has heard of. A query whose newest ring is older begins again with the configuration of
   * now: whatever was acknowledged under a newer ring, an object of the former one has heard of it.
   */
  ringVersion: number;
  rows: PendingRow[];
  /** Receipt time of the oldest batch that is still pending or in the outbox; absent when there is none. */
  oldest?: number;
}

/** Which data a query is about. */
export interface Selection {
  /** Name of the series. */
  name: string;
  /** All must hold. `values` of 'in' may hold globs (`*`); a label that is missing counts as ''. */
  matchers: readonly Matcher[];
  /** Epoch milliseconds, multiples of a minute; [from, to). */
  from: number;
  to: number;
}

export type Matcher =
  | { label: string; op: '=' | '!='; value: string }
  | { label: string; op: '=~'; alternatives: readonly string[] };

/** Ids of batches for a backup. */
export interface IdsPage {
  hour: number;
  /** 16 bytes of id and its checksum, in turn. */
  ids: { id: ArrayBuffer; crc: number }[];
  /** Where the next page begins; absent when this was the last. */
  next?: { hour: number; after: ArrayBuffer };
}

/** A blob that was refused. */
export interface CaptureCall {
  /** Of the problem. */
  code: string;
  form: 'container' | 'json';
  /** The ingest object that it would have gone to, as far as its bytes tell. */
  shard?: string;
  /** As it was read, inflated. */
  body: ArrayBuffer;
}

export interface CapturedBlob {
  id: number;
  /** Epoch milliseconds. */
  at: number;
  code: string;
  form: 'container' | 'json';
  shard: string | null;
  bytes: number;
}

/** Calls of an ingest object. Every call is idempotent, but for `capture` and `count`. */
export interface IngestCalls {
  take(call: TakeCall): Promise<TakeResult>;
  /**
   * Asked by the owner of an id in a newer ring before it takes a batch: what this object knows of it. From then on this
   * object refuses calls of rings before `version` as stale.
   */
  knows(call: {
    batchId: ArrayBuffer;
    created: number;
    createdUnknown?: boolean;
    version: number;
  }): Promise<{ crc?: number }>;
  /** What a query must add to what series objects hold. */
  pending(selection: Selection, config: TenantConfig): Promise<PendingAnswer>;
  /** Seals what is pending and hands everything over now; resolves when series objects have it. */
  flush(config: TenantConfig): Promise<{ sequence: number }>;
  /**
   * Hands over everything that was taken so far, and nothing later until `release`, or for some seconds at most.
   * @returns the last sequence before the cut
   */
  hold(call: { config: TenantConfig; token: string }): Promise<{ sequence: number }>;
  /** @returns whether nothing later has left since `hold` */
  release(token: string): Promise<{ isWhole: boolean }>;
  /** Ids of batches that were taken before the cut; undefined when the object knows of no such cut any more. */
  heldIds(token: string, from?: IdsPage['next']): Promise<IdsPage | undefined>;
  /** The backup is made, or given up. */
  endHold(token: string): Promise<void>;
  /** Nothing is handed over by the clock until then. @param until epoch milliseconds; 0: from now on it goes on */
  pause(until: number): Promise<void>;
  /** Ids of batches that a backup brings: they are duplicates from now on. */
  restoreIds(call: {
    config: TenantConfig;
    hour: number;
    ids: { id: ArrayBuffer; crc: number }[];
  }): Promise<{ restored: number }>;
  /** Keeps a refused blob of the tenant: asked of the first ingest object alone. */
  capture(call: CaptureCall): Promise<{ stored: boolean }>;
  /** Oldest first. */
  captures(): Promise<CapturedBlob[]>;
  captured(id: number): Promise<ArrayBuffer | undefined>;
  /** @param id absent: all */
  dropCaptures(id?: number): Promise<{ dropped: number }>;
  counters(): Promise<ObjectCounters>;
  /** Adds counters of the Worker's isolate. */
  count(deltas: readonly CounterDelta[]): Promise<void>;
  /** Forgets everything. */
  wipe(): Promise<void>;
}

// ------------------------------------------------------------------------------------------- series object

export interface HandOverRow {
  key: string;
  /** Start of its minute, epoch milliseconds. */
  start: number;
  /** Compact image, working k, without state. */
  image: ArrayBuffer;
}

export interface ApplyCall {
  config: TenantConfig;
  /** The ingest object's name. */
  sender: string;
  /** Sequences of a sender arrive in order; gaps are sequences without rows for this object. */
  sequence: number;
  rows: HandOverRow[];
}

export interface ReadCall {
  config: TenantConfig;
  selection: Selection;
  /** Labels to group by; absent: all series together. */
  by?: readonly string[];
  /** Name of a snapshot. */
  asOf?: string;
  /** Most buckets and series this call may touch; more is refused by `tooMuch`. */
  maxBuckets: number;
  maxSeries: number;
}

export interface ReadAnswer {
  /** Last sequence applied, of each sender. */
  applied: Record<string, number>;
  groups: ReadGroup[];
  /** Which limit was passed; the groups are empty then. */
  tooMuch?: 'buckets' | 'series';
  /** There is no snapshot of the name asked for; the groups are empty then. */
  isUnknownSnapshot?: true;
  /** Buckets that could not be read. */
  leftOut: { key: string; start: number; resolution: Resolution; code: string }[];
  /** Where the time went, and how much was looked at. */
  explain: ReadExplain;
}

export interface ReadGroup {
  /** The labels grouped by, sorted pairs. */
  labels: readonly (readonly [string, string])[];
  /** Merged at working k; compact image without state. */
  image: ArrayBuffer;
  /** Earliest start and latest end of a bucket in it, epoch milliseconds. */
  from: number;
  to: number;
}

export interface ReadExplain {
  bucketsRead: number;
  bucketsPruned: number;
  imagesMerged: number;
  itemsScanned: number;
  cacheHits: number;
  cacheMisses: number;
  readMs: number;
  mergeMs: number;
}

export interface SeriesRow {
  key: string;
  n: number;
  /** Start of its first and last bucket, epoch milliseconds. */
  first: number;
  last: number;
}

/** What an object holds of one series, as it lies there. */
export interface SeriesDebug {
  n: number;
  first: number;
  last: number;
  /** Parts of buckets of each resolution, and how many of them take values still. */
  parts: Readonly<Record<Resolution, { rows: number; open: number }>>;
  /** Newest first, minutes before hours before days. */
  buckets: BucketDebug[];
}

export interface BucketDebug {
  resolution: Resolution;
  /** Epoch milliseconds. */
  start: number;
  part: number;
  /** Of the row: the image must say the same. */
  n: number;
  version: number;
  /** When it closes, epoch milliseconds; absent when it is closed. */
  closes?: number;
  /** Its number among all closings; absent when it is open. */
  closing?: number;
  /** Why it cannot be read. */
  code?: string;
  bytes: number;
  header: CompactHeader;
  /** Absent when it cannot be read. */
  state?: DebugState;
}

export interface Snapshot {
  name: string;
  /** The last version of rows that it sees. */
  version: number;
  /** Epoch milliseconds. */
  created: number;
}

/** Closed buckets that leave together. */
export interface ExportPlan {
  /** Numbers of their closings: (from, to]. */
  from: number;
  to: number;
  /** Starts of the days they lie in, epoch milliseconds, and how many there are in each. */
  days: { day: number; rows: number }[];
}

export interface ExportedRow {
  key: string;
  /** Epoch milliseconds; [from, to). */
  from: number;
  to: number;
  n: number;
  image: ArrayBuffer;
}

export interface BackupPlace {
  level: number;
  start: number;
  row: number;
}

export interface BackupPage {
  rows: { bucket: BackupBucket; image: ArrayBuffer }[];
  next?: BackupPlace;
}

export interface RestoreCall {
  config: TenantConfig;
  /** Id of the backup. */
  backup: string;
  /** In the order of the backup. */
  rows: { ordinal: number; bucket: BackupBucket; image: ArrayBuffer }[];
}

/** Calls of a series object. */
export interface SeriesCalls {
  /** Applies a hand-over once; one at or below the last applied sequence of its sender is acknowledged and ignored. */
  apply(call: ApplyCall): Promise<{ applied: number }>;
  read(call: ReadCall): Promise<ReadAnswer>;
  /** Series in order of their keys, after `after`. */
  list(call: { name?: string; after?: string; limit: number }): Promise<{ series: SeriesRow[] }>;
  /** What lies here of a series, decoded from storage; undefined when it is not known here. @param limit buckets told */
  debug(call: {
    key: string;
    resolution?: Resolution;
    from: number;
    to: number;
    limit: number;
  }): Promise<SeriesDebug | undefined>;
  /** Names what is there now, for `asOf`; a name that is taken keeps what it names. */
  createSnapshot(name: string): Promise<Snapshot>;
  dropSnapshot(name: string): Promise<{ dropped: boolean }>;
  /** Oldest first. */
  snapshots(): Promise<Snapshot[]>;
  /**
   * What a snapshot sees becomes what is there; later snapshots are dropped. What was applied stays applied.
   * @returns false when there is no such snapshot
   */
  rollBack(name: string): Promise<boolean>;
  /** Deletes a bounded number of expired buckets now: call again while there are more. */
  vacuum(config: TenantConfig): Promise<{ more: boolean }>;
  /**
   * The next closed buckets to be exported, the same ones until `confirmExport`; undefined when there are none. While a
   * tenant exports, no bucket is deleted that was not confirmed.
   */
  planExport(config: TenantConfig): Promise<ExportPlan | undefined>;
  /** Buckets of a plan that lie in one day; undefined when it is not planned. @param day its start, epoch milliseconds */
  exported(call: { to: number; day: number }): Promise<ExportedRow[] | undefined>;
  /** They are durable elsewhere. @returns false when they are not planned, nor were before */
  confirmExport(to: number): Promise<boolean>;
  /** Everything is exported anew: to a place that has nothing yet. */
  restartExport(): Promise<void>;
  /** What a snapshot sees, days first, then hours, then minutes; page by page. */
  backupPage(call: { snapshot: string; from?: BackupPlace }): Promise<BackupPage>;
  /** Takes in what a backup brings; what it has taken of the same backup before is skipped. */
  restore(call: RestoreCall): Promise<{ values: number; skipped: number }>;
  /** Nothing is closed, rolled up or deleted by the clock until then. @param until epoch milliseconds; 0: it goes on */
  pause(until: number): Promise<void>;
  /** Whether there is anything here, and how far a backup was restored already. */
  restoreState(backup: string): Promise<{ isEmpty: boolean; restored: number }>;
  counters(): Promise<ObjectCounters>;
  wipe(): Promise<void>;
}

/** Counters and gauges of an object, for `/metrics`. */
export interface ObjectCounters {
  counters: CounterDelta[];
  /** Values of now: summed over objects, or the largest taken, as `METRICS` says. */
  gauges: CounterDelta[];
}

// ---------------------------------------------------------------------------------------- directory object

/** A public ingest key: its limits are the protection, for a key in a page is known to everybody. */
export interface IngestKey {
  key: string;
  tenant: string;
  /** Exact origins; empty: any. */
  origins: readonly string[];
  /** Requests a minute. */
  rate: number;
  /** Values behind one series of a batch. */
  maxN: number;
  /** Series of one batch. */
  maxSeries: number;
  created: number;
  revoked?: number;
}

/** A backup that was written and checked. */
export interface ConfirmedBackup {
  /** 32 hex digits. */
  id: string;
  /** When the data was as it is there, and when it was confirmed: epoch milliseconds. */
  created: number;
  confirmed: number;
  records: number;
  bytes: number;
  /** Who keeps it: the bucket that the Worker is bound to, or whoever fetched it. */
  target: 'bucket' | 'client';
  /** Where it lies there. */
  place: string;
}

/** What the directory does not do, and why. */
export interface Refusal {
  refused: 'ERR_RING_LIMIT' | 'ERR_LIMITS' | 'ERR_NOT_FOUND';
  detail: string;
}

/** Calls of the one directory object. */
export interface DirectoryCalls {
  key(key: string): Promise<IngestKey | undefined>;
  tenant(tenant: string): Promise<TenantConfig>;
  tenants(): Promise<string[]>;
  /** Changes what is given; `ingest` or `series` open a new ring version. Answers what holds now. */
  configure(
    tenant: string,
    change: Partial<Omit<TenantConfig, 'tenant' | 'rings'>> & { ingest?: number; series?: number },
  ): Promise<TenantConfig | Refusal>;
  createKey(key: Omit<IngestKey, 'key' | 'created' | 'revoked'>): Promise<IngestKey | Refusal>;
  /** Makes a new key with the same limits; the former one works until `graceMs` from now. */
  rotateKey(key: string, graceMs: number): Promise<IngestKey | Refusal>;
  revokeKey(key: string): Promise<boolean>;
  keys(tenant: string): Promise<IngestKey[]>;
  /** Keys of a backup that are not known here, for this tenant. @returns how many */
  restoreKeys(tenant: string, keys: readonly IngestKey[]): Promise<{ restored: number }>;
  /** Settings and keys as for a tenant that is new; its rings stay. */
  reset(tenant: string, what: { keys: boolean; settings: boolean }): Promise<void>;
  /** A backup is safe somewhere. */
  confirmBackup(tenant: string, backup: ConfirmedBackup): Promise<void>;
  /** Newest first. */
  backups(tenant: string): Promise<ConfirmedBackup[]>;
  /**
   * By target: of the tenants that have backups there, when the newest of the one that was served longest ago was
   * confirmed, epoch milliseconds.
   */
  oldestBackups(): Promise<Record<string, number>>;
  /** Origins of all keys that may be used, for answers to browsers; '*' when a key names none. */
  origins(): Promise<string[]>;
}
