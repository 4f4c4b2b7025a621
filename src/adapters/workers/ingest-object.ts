/**
 * Takes batches of one tenant, merges them per series, and hands them to the objects that own the series.
 *
 *    take -> batches (pending.ts) -> sealed per series and minute (seal.ts) -> outbox (outbox.ts) -> series objects
 *
 * Each arrow is one transaction; an object that dies between two goes on from the last, by its schedule.
 */
import { DurableObject } from 'cloudflare:workers';
import { BackupCuts } from './backup-cuts.js';
import { BatchIds, forgettableAt } from './batch-ids.js';
import type { EdgeBindings } from './bindings.js';
import { Captures, KEPT_MS } from './captures.js';
import type {
  CaptureCall,
  CapturedBlob,
  CounterDelta,
  IdsPage,
  IngestCalls,
  KnownBatch,
  ObjectCounters,
  PendingAnswer,
  PendingPlace,
  Selection,
  SentSequence,
  TakeCall,
  TakeResult,
  TenantConfig,
} from './contract.js';
import { askFormerOwners, formerOwners } from './former-owners.js';
import { handOver } from './hand-over.js';
import { IngestCounters } from './ingest-counters.js';
import { IngestState } from './ingest-state.js';
import { logError } from './log.js';
import { Outbox } from './outbox.js';
import { Pause } from './pause.js';
import { PendingBatches, type UnsealedSequence } from './pending.js';
import { PendingGroups } from './pending-groups.js';
import { Quarantine } from './quarantine.js';
import { newestRing, ownerOf } from './rings.js';
import { Room } from './room.js';
import { Schedule } from './schedule.js';
import { sealBatches } from './seal.js';
import { slotOf } from './series-key.js';
import { waitingRows } from './waiting-rows.js';

/** Sequences that one alarm hands to one owner. */
const SEQUENCES_A_STEP = 4;
/**
 * Items of the sketches and values of a sequence: it is decoded whole when it is merged, and bodies do not show how large
 * that is. A hundred sketches of 1e5 equal values are 4 kB, and 8 MB decoded.
 */
const MOST_ITEMS = 2 ** 21;
/** How soon a sequence that a backup holds back is looked at again. */
const HELD_PAUSE_MS = 250;

export class IngestObject extends DurableObject<EdgeBindings> implements IngestCalls {
  readonly #state: IngestState;
  readonly #ids: BatchIds;
  readonly #pending: PendingBatches;
  readonly #groups: PendingGroups;
  readonly #outbox: Outbox;
  readonly #quarantine: Quarantine;
  readonly #counters: IngestCounters;
  readonly #schedule: Schedule<'seal' | 'hand-over' | 'forget-ids' | 'forget-captures'>;
  readonly #pause: Pause;
  readonly #captures: Captures;
  readonly #cuts: BackupCuts;
  readonly #room: Room;

  constructor(ctx: DurableObjectState, env: EdgeBindings) {
    super(ctx, env);
    const { sql } = ctx.storage;
    this.#state = new IngestState(sql);
    this.#ids = new BatchIds(sql);
    this.#pending = new PendingBatches(sql);
    this.#groups = new PendingGroups(this.#pending);
    this.#outbox = new Outbox(sql);
    this.#quarantine = new Quarantine(sql);
    this.#counters = new IngestCounters(sql);
    this.#pause = new Pause(sql);
    this.#captures = new Captures(sql);
    this.#cuts = new BackupCuts(sql);
    this.#room = new Room(sql);
    this.#schedule = new Schedule(ctx.storage, {
      handlers: {
        seal: (_, now) => this.#sealNext(now),
        'hand-over': (slot, now) => this.#pause.end(this.#state.config, now) ?? this.#handOver(Number(slot)),
        'forget-ids': (hour, now) => this.#forgetIds(Number(hour), now),
        'forget-captures': (_, now) => this.#schedule.transaction(() => this.#captures.expire(now)),
      },
      onFailure: (kind, error) => {
        logError('step failed, tried again', error, { tier: 'ingest', step: kind });
        this.#transaction(() => this.#counters.failed(kind));
      },
    });
    void ctx.blockConcurrencyWhile(() => this.#schedule.restore());
  }

  async take(call: TakeCall): Promise<TakeResult> {
    let result = this.#refusal(call);
    const owners = result ? [] : formerOwners(call, Date.now());
    if (owners.length > 0) {
      const { crc, isForgotten } = await askFormerOwners(owners, call, this.env);
      if (crc !== undefined) result = known(crc, call);
      // Others were served meanwhile, perhaps with this very batch.
      else result = isForgotten ? { outcome: 'too-old' } : this.#refusal(call);
    }
    if (result) {
      if (call.counters?.length || result.outcome === 'duplicate') {
        const { outcome } = result;
        this.#transaction(() => this.#counters.answered(outcome, call.counters));
      }
      return result;
    }
    this.#transaction(() => this.#store(call, Date.now()));
    return { outcome: 'stored' };
  }

  async knows({ version, batchId, created }: Parameters<IngestCalls['knows']>[0]): Promise<KnownBatch> {
    if (version > this.#state.ringVersion) this.#transaction(() => this.#state.sawRing(version));
    const crc = this.#ids.find(batchId);
    if (crc !== undefined) return { crc };
    return this.#ids.isForgotten(created) ? { isForgotten: true } : {};
  }

  async configure(config: TenantConfig): Promise<void> {
    // One that has nothing yet hears of them with the first batch.
    if (this.#state.config) this.#transaction(() => this.#state.remember(config, this.#sender));
  }

  async pending(
    selection: Selection,
    config: TenantConfig,
    after?: PendingPlace,
    most?: number,
  ): Promise<PendingAnswer> {
    const [outbox, pending, groups] = [this.#outbox, this.#pending, this.#groups];
    const oldest = Math.min(pending.oldest()?.opened ?? Infinity, outbox.oldest() ?? Infinity);
    return {
      sender: this.#sender,
      ringVersion: this.#state.ringVersion,
      ...waitingRows({ outbox, pending, groups }, selection, config, after, most),
      ...(oldest < Infinity ? { oldest } : {}),
    };
  }

  async flush(config: TenantConfig): Promise<{ sequence: number }> {
    this.#cuts.breakThrough();
    return await this.#flush(config);
  }

  async hold({ config, token }: { config: TenantConfig; token: string }): Promise<{ sequence: number }> {
    this.#cuts.breakThrough();
    return await this.#flush(config, (sequence) =>
      this.#transaction(() => this.#cuts.hold(token, sequence, Date.now())),
    );
  }

  async release(token: string): Promise<{ isWhole: boolean }> {
    const isWhole = this.#cuts.release(token, Date.now());
    this.#transaction(() => this.#schedule.planBy('seal', '', Date.now()));
    return { isWhole };
  }

  async heldIds(token: string, from?: IdsPage['next']): Promise<IdsPage | undefined> {
    return this.#cuts.page(token, this.#ids, from);
  }

  async renewHold(token: string): Promise<void> {
    this.#transaction(() => this.#cuts.renew(token, Date.now()));
  }

  async endHold(token: string): Promise<void> {
    this.#transaction(() => this.#cuts.end(token));
  }

  async pause(until: number): Promise<void> {
    const { config } = this.#state;
    this.#transaction(() => this.#pause.set(until, { config, now: Date.now(), schedule: this.#schedule }));
  }

  async restoreIds({
    config,
    hour,
    ids,
  }: Parameters<IngestCalls['restoreIds']>[0]): Promise<{ restored: number }> {
    let restored = 0;
    this.#transaction(() => {
      restored = 0;
      this.#state.remember(config, this.#sender);
      if (ids.length === 0) this.#ids.forget(hour);
      for (const { id, crc } of ids) {
        const { isNew, planned } = this.#ids.restore(new Uint8Array(id), hour, crc);
        if (isNew) {
          restored++;
          this.#cuts.took(id, Date.now());
        }
        if (planned !== undefined) {
          this.#schedule.plan('forget-ids', String(planned), forgettableAt(planned, config.windowMs));
        }
      }
    });
    return { restored };
  }

  /** @param closed told of the last sequence that leaves, before anything else can come in */
  async #flush(config: TenantConfig, closed?: (sequence: number) => void): Promise<{ sequence: number }> {
    this.#transaction(() => {
      this.#state.remember(config, this.#sender);
      this.#pending.close();
    });
    const { lastSequence } = this.#pending;
    closed?.(lastSequence);
    for (let next = this.#pending.oldest(); next && next.sequence <= lastSequence; ) {
      this.#seal(next);
      await scheduler.wait(0);
      next = this.#pending.oldest();
    }
    const deliveries = this.#outbox.slots().map(async (slot) => {
      let next: number | undefined = 0;
      while (next !== undefined && next <= lastSequence) next = await this.#deliver(slot);
    });
    // Nobody waits in vain for an owner that fails, but its failure is told.
    const failed = (await Promise.allSettled(deliveries)).find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
    return { sequence: lastSequence };
  }

  async capture(call: CaptureCall): Promise<{ stored: boolean }> {
    let stored = false;
    const now = Date.now();
    this.#transaction(() => {
      stored = this.#captures.add(call, now);
      if (stored) this.#schedule.planBy('forget-captures', '', now + KEPT_MS);
    });
    return { stored };
  }

  async captures(): Promise<CapturedBlob[]> {
    return this.#captures.list();
  }

  async captured(id: number): Promise<ArrayBuffer | undefined> {
    return this.#captures.body(id);
  }

  async dropCaptures(id?: number): Promise<{ dropped: number }> {
    return { dropped: this.#schedule.transaction(() => this.#captures.drop(id)) };
  }

  async counters(): Promise<ObjectCounters> {
    const oldest = Math.min(this.#pending.oldest()?.opened ?? Infinity, this.#outbox.oldest() ?? Infinity);
    return this.#counters.read({
      pendingBatches: this.#pending.batches,
      pendingBytes: this.#pending.bytes,
      pendingValues: this.#pending.values,
      outboxRows: this.#outbox.rows,
      outboxBytes: this.#outbox.bytes,
      isPaused: this.#pause.end(this.#state.config, Date.now()) !== undefined,
      // What a clock that was set back since dated ahead waits as well.
      oldestSeconds: oldest < Infinity ? Math.abs(Date.now() - oldest) / 1000 : 0,
      quarantined: this.#quarantine.rows,
      capturedBlobs: this.#captures.blobs,
      storageBytes: this.ctx.storage.sql.databaseSize,
    });
  }

  async count(deltas: readonly CounterDelta[]): Promise<void> {
    this.#transaction(() => this.#counters.addAll(deltas));
  }

  async wipe(): Promise<SentSequence> {
    const sent = { sender: this.#sender, sequence: this.#pending.lastSequence };
    this.#transaction(() => {
      const { batches, values, bytes } = this.#pending;
      this.#counters.stored({ batches, values, bytes });
      for (const part of [this.#ids, this.#pending, this.#outbox, this.#quarantine]) part.clear();
      this.#cuts.clear();
      this.#pause.clear();
      this.#captures.clear();
      this.#state.clear();
      this.#schedule.clear();
    });
    this.#room.clear();
    return sent;
  }

  override async alarm(): Promise<void> {
    await this.#schedule.run();
  }

  /** Why a batch is not to be stored; undefined when it is. */
  #refusal(call: TakeCall): TakeResult | undefined {
    const { config, created } = call;
    if (newestRing(config.rings).version < this.#state.ringVersion) {
      return { outcome: 'stale-ring', version: this.#state.ringVersion };
    }
    if (this.#ids.isTooOld(created, Date.now(), config.windowMs)) return { outcome: 'too-old' };
    const crc = this.#ids.find(call.batchId);
    if (crc !== undefined) return known(crc, call);
    if (
      this.#pending.batches >= config.maxPendingBatches ||
      this.#pending.bytes + this.#pending.keys + this.#outbox.bytes >= config.maxPendingBytes
    ) {
      return { outcome: 'full', retryAfterMs: Math.max(1_000, config.sealMs) };
    }
    return this.#room.isFull(config.maxStorageBytes, Date.now()) ? { outcome: 'storage-full' } : undefined;
  }

  #store(call: TakeCall, now: number): void {
    const { config, batchId, created, crc, body, values, keyLength: keys = 0, items = 0 } = call;
    const ring = newestRing(config.rings);
    this.#state.sawRing(ring.version);
    if (!this.#pending.open) {
      this.#state.remember(config, this.ctx.id.name ?? ownerOf(config, new Uint8Array(batchId)));
      this.#pending.openSequence(ring, now);
      this.#schedule.planBy('seal', '', now + config.sealMs);
    } else if (this.#pending.open.opened > now) {
      // The clock was set back: the plan lies as far ahead.
      this.#schedule.planBy('seal', '', now + config.sealMs);
    }
    const hour = this.#ids.add(batchId, created, crc);
    this.#cuts.took(batchId, now);
    if (hour !== undefined) {
      this.#schedule.plan('forget-ids', String(hour), forgettableAt(hour, config.windowMs));
    }
    this.#pending.store({ body, values, keys, items, received: now });
    this.#counters.addAll(call.counters);
    const open = this.#pending.open!;
    const isFull = open.batches >= config.sealBatches || open.bytes + open.keys >= config.sealBytes;
    if (isFull || open.items >= MOST_ITEMS) {
      this.#pending.close();
      this.#schedule.plan('seal', '', now);
    }
  }

  /** Seals the oldest sequence that is due: a step of an alarm. */
  #sealNext(now: number): number | undefined {
    const due = this.#pending.oldest();
    if (!due) return undefined;
    if (due.sequence > this.#cuts.limit(now)) return now + HELD_PAUSE_MS;
    const { sealMs } = this.#config;
    if (!due.closed && now < due.opened + sealMs && due.opened <= now) return due.opened + sealMs;
    this.#seal(due);
    const next = this.#pending.oldest();
    // One that was opened ahead of now, by a clock that was set back since, waits no longer than any other.
    return next && (next.closed ? now : Math.min(next.opened, now) + sealMs);
  }

  #seal(sequence: UnsealedSequence): void {
    this.#groups.forget(sequence.sequence);
    const start = performance.now();
    const batches = this.#pending.batchesOf(sequence.sequence);
    const { rows, unreadable, merged } = sealBatches(batches, this.#config);
    this.#transaction(() => {
      const slots = new Set<number>();
      for (const row of rows) {
        const slot = slotOf(row.key, sequence.owners);
        slots.add(slot);
        this.#outbox.add(sequence, slot, row);
      }
      for (const { batch, code } of unreadable) {
        this.#quarantine.add(`batch of sequence ${sequence.sequence}`, code, batch.body);
      }
      this.#pending.remove(sequence.sequence);
      for (const slot of slots) this.#schedule.planBy('hand-over', String(slot), Date.now());
      this.#counters.sealed({
        batches,
        rows,
        unreadable: unreadable.length,
        merged,
        seconds: (performance.now() - start) / 1000,
      });
    });
  }

  async #handOver(slot: number): Promise<number | undefined> {
    return (await this.#deliver(slot)) === undefined ? undefined : Date.now();
  }

  /** @returns the sequence that waits for this owner next */
  async #deliver(slot: number): Promise<number | undefined> {
    return await this.#outbox.deliver(slot, SEQUENCES_A_STEP, async (part) => {
      const call = { config: this.#config, sender: this.#sender, ...part };
      const { applied, storageBytes } = await handOver(this.env, slot, call);
      this.#room.told(slot, storageBytes, Date.now());
      return applied;
    });
  }

  #forgetIds(hour: number, now: number): number | undefined {
    const at = forgettableAt(hour, this.#config.windowMs);
    if (now < at) return at;
    this.#transaction(() => this.#ids.forget(hour));
    return undefined;
  }

  get #config(): TenantConfig {
    const { config } = this.#state;
    if (!config) throw new Error('no batch was taken yet: there is no configuration');
    return config;
  }

  get #sender(): string {
    return this.#state.sender ?? this.ctx.id.name ?? '';
  }

  /** One transaction; where it fails, memory goes back to what is stored. */
  #transaction(body: () => void): void {
    try {
      this.#schedule.transaction(body);
    } catch (error) {
      try {
        for (const part of [this.#state, this.#ids, this.#pending, this.#outbox, this.#pause, this.#cuts])
          part.load();
      } catch {
        this.ctx.abort(`begins anew, for what is stored cannot be read after: ${error}`);
      }
      throw error;
    }
  }
}

function known(crc: number, call: TakeCall): TakeResult {
  return { outcome: crc === call.crc ? 'duplicate' : 'conflict' };
}
