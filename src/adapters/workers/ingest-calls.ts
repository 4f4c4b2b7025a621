/** The calls of an ingest object, and what travels in them. */
import type { CounterDelta, ObjectCounters, TenantConfig } from './tenant-config.js';

export interface TakeCall {
  config: TenantConfig;
  /** 16 bytes. */
  batchId: ArrayBuffer;
  /** When the sender made it, epoch milliseconds of its clock: for the duplicate window only. */
  created: number;
  /**
   * CRC-32C of what was sent: the same id with another one is refused. Of a container it is the checksum it ends with,
   * which covers the bytes before it: over bytes and checksum together, it would be the same for all containers.
   */
  crc: number;
  /** A batch container, fully decoded and checked by the Worker before. */
  body: ArrayBuffer;
  /** Values in it, weights counted. */
  values: number;
  /** Characters of the keys of its series; absent where the Worker is of a release that did not tell. */
  keyLength?: number;
  /** Items that its series hold; absent likewise. */
  items?: number;
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

/** How far a sender's sequences went. */
export interface SentSequence {
  sender: string;
  sequence: number;
}

/** What a former owner knows of a batch. */
export interface KnownBatch {
  /** Its checksum, when it was taken. */
  crc?: number;
  /** Ids of its time are forgotten: it may have been taken. */
  isForgotten?: true;
}

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

/** Rows come in the order of these. */
export type PendingPlace = Pick<PendingRow, 'sequence' | 'start' | 'key'>;

export interface PendingAnswer {
  /** This object's name: the sender of its sequences. */
  sender: string;
  /**
   * The highest ring version it has heard of. A query whose newest ring is older begins again with the configuration of
   * now: whatever was acknowledged under a newer ring, an object of the former one has heard of it.
   */
  ringVersion: number;
  rows: PendingRow[];
  /** Where the next page begins: behind it. Absent when this was the last, or nobody asked for pages. */
  next?: PendingPlace;
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
  /** Of the last page: ids of hours up to this one are forgotten, if any are. */
  forgotten?: number;
}

/** A blob that is kept: one that was refused, or one that was taken where the tenant keeps those. */
export interface CaptureCall {
  /** Of the problem; `TAKEN` where there was none. */
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
  knows(call: { batchId: ArrayBuffer; created: number; version: number }): Promise<KnownBatch>;
  /** The tenant's settings have changed: what is done by the clock goes by them from now on. */
  configure(config: TenantConfig): Promise<void>;
  /**
   * What a query must add to what series objects hold.
   * @param after a page of so many rows behind it as go into one call; absent: all of them
   * @param most bytes of that page; absent: what goes into one call
   */
  pending(
    selection: Selection,
    config: TenantConfig,
    after?: PendingPlace,
    most?: number,
  ): Promise<PendingAnswer>;
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
  /** The backup of a cut is alive: one that is silent for a quarter of an hour is forgotten. */
  renewHold(token: string): Promise<void>;
  /** Nothing is handed over by the clock until then. @param until epoch milliseconds; 0: from now on it goes on */
  pause(until: number): Promise<void>;
  /**
   * Ids of batches that a backup brings: they are duplicates from now on. Without any: those of hours up to this one
   * were forgotten, and their batches are too old from now on.
   */
  restoreIds(call: {
    config: TenantConfig;
    hour: number;
    ids: { id: ArrayBuffer; crc: number }[];
  }): Promise<{ restored: number }>;
  /** Keeps a blob of the tenant, refused or taken: asked of the first ingest object alone. */
  capture(call: CaptureCall): Promise<{ stored: boolean }>;
  /** Oldest first. */
  captures(): Promise<CapturedBlob[]>;
  captured(id: number): Promise<ArrayBuffer | undefined>;
  /** @param id absent: all */
  dropCaptures(id?: number): Promise<{ dropped: number }>;
  counters(): Promise<ObjectCounters>;
  /** Adds counters of the Worker's isolate. */
  count(deltas: readonly CounterDelta[]): Promise<void>;
  /**
   * Forgets everything.
   * @returns the last sequence it opened, of which hand-overs may be on their way still; nothing of a release before
   */
  wipe(): Promise<SentSequence | undefined>;
}
