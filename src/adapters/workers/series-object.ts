/**
 * Keeps the series of one tenant that fall to it: minutes, hours and days.
 *
 *    apply (apply.ts) -> open buckets (buckets.ts) -> closed, rolled up (rollup.ts) -> expired (retention.ts)
 *                                          read (series-read.ts) at any time
 *
 * Each arrow is one transaction per bucket or series; an object that dies between two goes on by its schedule.
 */
import { DurableObject } from 'cloudflare:workers';
import { apply, applyPart } from './apply.js';
import { backupPage, restore, restoreState } from './backup-rows.js';
import type { EdgeBindings } from './bindings.js';
import type {
  ApplyAnswer,
  ApplyCall,
  ApplyPartCall,
  BackupPage,
  BackupPlace,
  ExportedRow,
  ExportPlan,
  ObjectCounters,
  ReadAnswer,
  ReadCall,
  RestoreCall,
  RestoreState,
  SentSequence,
  SeriesCalls,
  SeriesDebug,
  SeriesRow,
  Snapshot,
  TenantConfig,
} from './contract.js';
import { confirmExport, exportedRows, planExport, restartExport } from './export-plan.js';
import { deleteExpired, dropExpiredSnapshots, retain } from './retention.js';
import { rollBack } from './roll-back.js';
import { closeDue, rollUpDueSeries } from './rollup.js';
import { debugSeries } from './series-debug.js';
import { read } from './series-read.js';
import { heed } from './series-settings.js';
import { SeriesStore } from './series-store.js';
import { createSnapshot, dropSnapshot, listSnapshots } from './snapshots.js';
import { validate } from './validation.js';

export class SeriesObject extends DurableObject<EdgeBindings> implements SeriesCalls {
  readonly #store: SeriesStore;

  constructor(ctx: DurableObjectState, env: EdgeBindings) {
    super(ctx, env);
    this.#store = new SeriesStore(ctx.storage, {
      close: (_, now) => closeDue(this.#store, now),
      'roll-up': (key, now) => rollUpDueSeries(this.#store, key, now),
      retain: (_, now) => retain(this.#store, now),
      validate: (_, now) => validate(this.#store, now),
    });
    void ctx.blockConcurrencyWhile(() => this.#store.schedule.restore());
  }

  async apply(call: ApplyCall): Promise<ApplyAnswer> {
    return apply(this.#store, call, Date.now());
  }

  async applyPart(call: ApplyPartCall): Promise<ApplyAnswer> {
    return applyPart(this.#store, call, Date.now());
  }

  async configure(config: TenantConfig): Promise<void> {
    // One that has nothing yet hears of them with the first hand-over.
    if (!this.#store.state.knownConfig) return;
    this.#store.transaction(() => heed(this.#store, config, Date.now()));
  }

  async read(call: ReadCall): Promise<ReadAnswer> {
    return read(this.#store, call);
  }

  async list(call: Parameters<SeriesCalls['list']>[0]): Promise<{ series: SeriesRow[]; more?: true }> {
    return this.#store.series.list(call);
  }

  async seriesKey(id: number): Promise<{ key?: string }> {
    const key = this.#store.series.find(id);
    return key === undefined ? {} : { key };
  }

  async debug(call: Parameters<SeriesCalls['debug']>[0]): Promise<SeriesDebug | undefined> {
    return debugSeries(this.#store, call);
  }

  async counters(): Promise<ObjectCounters> {
    const { counters, cache, series, quarantine, pause, state } = this.#store;
    // What a scrape has seen must not be lost with memory: the next one would be lower.
    if (cache.hits + cache.misses > 0) this.#store.transaction(() => counters.takeCache(cache));
    return counters.read({
      series: series.count,
      quarantined: quarantine.rows,
      isPaused: pause.end(state.knownConfig, Date.now()) !== undefined,
      storageBytes: this.ctx.storage.sql.databaseSize,
    });
  }

  /** Deletes what has expired, now. @returns more: whether there may be more to delete, so that it is called again */
  async vacuum(config: TenantConfig): Promise<{ more: boolean }> {
    this.#store.transaction(() => heed(this.#store, config, Date.now()));
    dropExpiredSnapshots(this.#store, Date.now());
    return { more: deleteExpired(this.#store, Date.now()) };
  }

  async planExport(config: TenantConfig): Promise<ExportPlan | undefined> {
    return planExport(this.#store, config);
  }

  async exported(call: { to: number; day: number }): Promise<ExportedRow[] | undefined> {
    return exportedRows(this.#store, call);
  }

  async confirmExport(to: number): Promise<boolean> {
    return confirmExport(this.#store, to);
  }

  async restartExport(): Promise<void> {
    restartExport(this.#store);
  }

  async backupPage(call: { snapshot: string; from?: BackupPlace }): Promise<BackupPage> {
    return backupPage(this.#store, call);
  }

  async pause(until: number): Promise<void> {
    const { pause, schedule, state } = this.#store;
    this.#store.transaction(() => pause.set(until, { config: state.knownConfig, now: Date.now(), schedule }));
  }

  async restore(call: RestoreCall): Promise<{ values: number; skipped: number }> {
    return restore(this.#store, call, Date.now());
  }

  async restoreState(backup: string): Promise<RestoreState> {
    return restoreState(this.#store, backup);
  }

  async createSnapshot(
    name: string,
    made?: { config: TenantConfig; objects: number },
  ): Promise<Snapshot & { isKnown?: true }> {
    if (made) this.#store.transaction(() => heed(this.#store, made.config, Date.now()));
    return createSnapshot(this.#store, { name, objects: made?.objects }, Date.now());
  }

  async dropSnapshot(name: string, version?: number): Promise<{ dropped: boolean }> {
    return { dropped: dropSnapshot(this.#store, name, version) };
  }

  async snapshots(): Promise<Snapshot[]> {
    return listSnapshots(this.#store);
  }

  async rollBack(name: string, hadNothing = false): Promise<boolean> {
    return rollBack(this.#store, { name, hadNothing }, Date.now());
  }

  async wipe(sent: readonly SentSequence[] = []): Promise<void> {
    const { state, series, buckets, parts, quarantine, pause, schedule, cache, sql } = this.#store;
    this.#store.transaction(() => {
      for (const part of [buckets, series, parts, state, quarantine, pause]) part.clear();
      sql.exec('DELETE FROM roll_ups; DELETE FROM export_plan');
      schedule.clear();
      for (const { sender, sequence } of sent) {
        if (sequence > state.appliedOf(sender)) state.setApplied(sender, sequence);
      }
    });
    cache.clear();
  }

  override async alarm(): Promise<void> {
    await this.#store.schedule.run();
  }
}
