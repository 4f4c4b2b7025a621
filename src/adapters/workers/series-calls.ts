/** The calls of a series object, and what travels in them. */
import type { DebugState } from '../../core/debug-state.js';
import type { BackupBucket } from '../../wire/backup-records.js';
import type { CompactHeader } from '../../wire/compact-header.js';
import type { Selection, SentSequence } from './ingest-calls.js';
import type { ObjectCounters, Resolution, TenantConfig } from './tenant-config.js';

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

/** A part of a sequence that is too large for one call. Parts come in order; the last one applies all of them. */
export interface ApplyPartCall extends ApplyCall {
  /** Rows of the sequence for this object that came before these. */
  first: number;
  /** Rows of the sequence for this object. */
  of: number;
}

export interface ApplyAnswer {
  /** The last sequence of the sender that was applied. */
  applied: number;
  /** How large the object is, bytes; absent where it is of a release that did not tell. */
  storageBytes?: number;
}

export interface ReadCall {
  config: TenantConfig;
  selection: Selection;
  /** Labels to group by, or every series by itself; absent: all series together. */
  by?: readonly string[] | 'each';
  /** Name of a snapshot. */
  asOf?: string;
  /** Buckets that do not count. */
  without?: readonly LeftOut[];
  /** Most buckets and series this call may touch, and groups it may make; more is refused by `tooMuch`. */
  maxBuckets: number;
  maxSeries: number;
  maxGroups?: number;
  /** Most bytes of images that the answer may hold; as much as goes into one answer if absent. */
  maxBytes?: number;
}

/** A bucket of one series of which not all could be read. */
export interface LeftOut {
  key: string;
  start: number;
  resolution: Resolution;
  code: string;
}

export interface ReadAnswer {
  /** Last sequence applied, of each sender. */
  applied: Record<string, number>;
  groups: ReadGroup[];
  /** Every series is a group by itself, as was asked: an object of a release that cannot do so does not say it. */
  isOfEach?: true;
  /** Which limit was passed, 'bytes' where the images of the groups are larger than an answer may be; the groups are empty then. */
  tooMuch?: 'buckets' | 'series' | 'groups' | 'bytes';
  /** There is no snapshot of the name asked for; the groups are empty then. */
  isUnknownSnapshot?: true;
  /** Over how many objects it was made, as `Snapshot` has it. */
  snapshotObjects?: number;
  /** Buckets that could not be read. */
  leftOut: LeftOut[];
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
  /** Its number in the object that lists it, which no other series there gets. */
  id?: number;
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
  /** Over how many series objects it was made, the first so many; absent where a release before made it. */
  objects?: number;
}

/** Closed buckets that leave together. */
export interface ExportPlan {
  /** Numbers of their closings: (from, to]. */
  from: number;
  to: number;
  /** Of what they are, for the setting may be another since; absent where a release before planned it. */
  resolution?: Resolution;
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
  /** Over how many series objects its rows are spread: repeated, they must come to where they are. */
  objects?: number;
  /** In the order of the backup. */
  rows: { ordinal: number; bucket: BackupBucket; image: ArrayBuffer }[];
}

export interface RestoreState {
  isEmpty: boolean;
  /** The last ordinal of the backup that was taken in. */
  restored: number;
  /** Over how many series objects its rows are spread; absent where none came, or a release before took them in. */
  objects?: number;
}

/** Calls of a series object. */
export interface SeriesCalls {
  /** Applies a hand-over once; one at or below the last applied sequence of its sender is acknowledged and ignored. */
  apply(call: ApplyCall): Promise<ApplyAnswer>;
  /** The same by parts: nothing of the sequence is applied before its last part, which is not where one before is gone. */
  applyPart(call: ApplyPartCall): Promise<ApplyAnswer>;
  /** The tenant's settings have changed: what is done by the clock goes by them from now on. */
  configure(config: TenantConfig): Promise<void>;
  read(call: ReadCall): Promise<ReadAnswer>;
  /**
   * Series in order of their keys, after `after`. @returns `more` where keys are so long that fewer than `limit` went
   * into the answer: they go on behind its last
   */
  list(call: { name?: string; after?: string; limit: number }): Promise<{ series: SeriesRow[]; more?: true }>;
  /** The key of a series by its number; absent when it is not known here. */
  seriesKey(id: number): Promise<{ key?: string }>;
  /** What lies here of a series, decoded from storage; undefined when it is not known here. @param limit buckets told */
  debug(call: {
    key: string;
    resolution?: Resolution;
    from: number;
    to: number;
    limit: number;
  }): Promise<SeriesDebug | undefined>;
  /**
   * Names what is there now, for `asOf`; a name that is taken keeps what it names, and is known. An object that has
   * nothing yet hears of settings by it, for it drops the snapshot when others do.
   * @param made over how many objects
   */
  createSnapshot(
    name: string,
    made?: { config: TenantConfig; objects: number },
  ): Promise<Snapshot & { isKnown?: true }>;
  /** @param version drops the one that was made with it, and no other of the name */
  dropSnapshot(name: string, version?: number): Promise<{ dropped: boolean }>;
  /** Oldest first. */
  snapshots(): Promise<Snapshot[]>;
  /**
   * What a snapshot sees becomes what is there; later snapshots are dropped. What was applied stays applied.
   * @param hadNothing the snapshot was made before this object was of any ring: it goes back to nothing
   * @returns false when there is no such snapshot
   */
  rollBack(name: string, hadNothing?: boolean): Promise<boolean>;
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
  restoreState(backup: string): Promise<RestoreState>;
  counters(): Promise<ObjectCounters>;
  /** Forgets everything. @param sent what was opened up to these sequences does not come back */
  wipe(sent?: readonly SentSequence[]): Promise<void>;
}
