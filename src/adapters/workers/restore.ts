/**
 * Takes in a backup, or a run of its records: each record goes where the ring puts it that was the newest when its first
 * rows came.
 *
 * Repeating is safe, whatever rings came since: an object skips rows of a backup that it has taken, ids and keys that are
 * known stay as they are.
 */
import {
  type BackupBucket,
  type BackupHeader,
  type BackupRecord,
  type BackupTotals,
  decodeBucket,
  decodeHeader,
  decodeIds,
  decodeJson,
  RECORD,
  RecordReader,
} from '../../wire/backup-records.js';
import { HOUR, LEVEL_MS } from './buckets.js';
import type { IngestKey, RestoreCall, TenantConfig } from './contract.js';
import { directoryOf } from './directory.js';
import { forgetDirectory, tenantConfig } from './directory-cache.js';
import type { EdgeEnv } from './env.js';
import { MOST_KEYS } from './ingest-keys.js';
import { refuse } from './problem.js';
import { granted } from './refusal.js';
import { newestRing } from './rings.js';
import { isSeriesKey, objectName, slotOf } from './series-key.js';
import { eachIngest, eachSeries } from './tenant-objects.js';
import { keyOf, settingsOf } from './tenant-schemas.js';

/** What one call to a series object carries, at most: below the platform's 32 MiB. */
const CALL_BYTES = 4 * 2 ** 20;
const CALL_ROWS = 2_000;
/** The last instant that dates have. */
const LAST_TIME = 8.64e15;

export interface Restored {
  /** Of the backup. */
  id: string;
  /** Parts of buckets, and values in them that were not here before, each once. */
  rows: number;
  values: number;
  /** Rows that were here already. */
  skipped: number;
  ids: number;
  keys: number;
  /** The end record was among the records. */
  isComplete: boolean;
}

export interface RestoreOptions {
  env: EdgeEnv;
  tenant: string;
  /** 'empty': the tenant has no data but what this backup brought; 'add': the backup's data is added to what there is. */
  mode: 'empty' | 'add';
}

/**
 * @throws SketchDataError of records that are broken, and of those in no order
 * @throws Problem 409 ERR_NOT_EMPTY or ERR_LIMITS; 400 ERR_BODY for what no edge could have written
 */
export async function restoreRecords(
  stream: AsyncIterable<Uint8Array>,
  options: RestoreOptions,
): Promise<Restored> {
  const reader = new RecordReader();
  let restore: Restore | undefined;
  const takeAll = async () => {
    for (let record = reader.next(); record; record = reader.next()) {
      if (restore) await restore.take(record);
      else restore = await Restore.begin(decodeHeader(record), options);
    }
  };
  for await (const bytes of stream) {
    reader.push(bytes);
    await takeAll();
  }
  reader.end();
  if (!restore) return refuse(400, 'ERR_BODY', 'expected records of a backup, found nothing');
  return await restore.finish();
}

class Restore {
  readonly #options: RestoreOptions;
  #config: TenantConfig;
  readonly #told: Restored;
  /** Rows on their way, by the object they go to. */
  readonly #waiting = new Map<number, { rows: RestoreCall['rows']; bytes: number }>();
  /** Over how many series objects rows are spread; unknown until the first one comes, for settings may change it. */
  #objects: number | undefined;
  #keys: IngestKey[] = [];
  #last = 0;
  /** Rows of this backup came before. */
  readonly #isBegun: boolean;

  private constructor(
    options: RestoreOptions,
    config: TenantConfig,
    { id, isBegun, objects }: { id: string; isBegun: boolean; objects: number | undefined },
  ) {
    this.#options = options;
    this.#config = config;
    this.#isBegun = isBegun;
    this.#objects = objects;
    this.#told = { id, rows: 0, values: 0, skipped: 0, ids: 0, keys: 0, isComplete: false };
  }

  static async begin({ id }: BackupHeader, options: RestoreOptions): Promise<Restore> {
    const { env, tenant, mode } = options;
    const config = await tenantConfig(env, tenant, true);
    // What was acknowledged before counts, too.
    if (mode === 'empty') await eachIngest(env, config, async (object) => await object.flush(config));
    const states = await eachSeries(env, config, async (object) => await object.restoreState(id));
    const isBegun = states.some(({ restored }) => restored > 0);
    // Where this backup was begun, what came besides may be of after.
    if (mode === 'empty' && !isBegun && states.some(({ isEmpty }) => !isEmpty)) {
      refuse(409, 'ERR_NOT_EMPTY', 'the tenant has data: reset it first, or add to it by mode=add');
    }
    const objects = states.find((one) => one.objects !== undefined)?.objects;
    return new Restore(options, config, { id, isBegun, objects });
  }

  async take({ type, ordinal, payload }: BackupRecord): Promise<void> {
    if (this.#told.isComplete) refuse(400, 'ERR_BODY', 'a record follows the end of the backup');
    if (ordinal <= this.#last) {
      refuse(400, 'ERR_BODY', `records are out of order: ${ordinal} follows ${this.#last}`);
    }
    this.#last = ordinal;
    if (type === RECORD.settings) await this.#takeSettings(decodeJson<TenantConfig>(payload));
    else if (type === RECORD.key) this.#takeKey(decodeJson(payload));
    else if (type === RECORD.bucket) await this.#takeBucket(ordinal, payload);
    else if (type === RECORD.ids) await this.#takeIds(ordinal, payload);
    else if (type === RECORD.end) await this.#takeEnd(ordinal, decodeJson<BackupTotals>(payload));
    else refuse(400, 'ERR_BODY', 'a second header follows the first');
  }

  async finish(): Promise<Restored> {
    for (const slot of [...this.#waiting.keys()]) await this.#send(slot);
    if (this.#keys.length > 0) {
      const { env, tenant } = this.#options;
      const directory = directoryOf(env);
      this.#told.keys = granted(await directory.restoreKeys(tenant, this.#keys)).restored;
      forgetDirectory();
    }
    return this.#told;
  }

  /** Settings are those of the backup where there was nothing; a tenant that has data keeps its own. */
  async #takeSettings(config: TenantConfig): Promise<void> {
    const { env, tenant, mode } = this.#options;
    if (mode === 'add' || this.#isBegun) return;
    const { tenant: _, rings, ...settings } = config;
    const ring = newestRing(rings);
    const change = settingsOf({ ...settings, ingest: ring?.ingest, series: ring?.series });
    granted(await directoryOf(env).configure(tenant, change));
    forgetDirectory();
    this.#config = await tenantConfig(env, tenant, true);
  }

  #takeKey(record: object): void {
    if (this.#keys.length === MOST_KEYS) refuse(400, 'ERR_BODY', `expected at most ${MOST_KEYS} keys`);
    this.#keys.push({ ...keyOf(record), tenant: this.#options.tenant });
  }

  async #takeBucket(ordinal: number, payload: Uint8Array): Promise<void> {
    const { bucket, image } = decodeBucket(payload);
    requirePlace(bucket, ordinal);
    this.#objects ??= newestRing(this.#config.rings).series;
    const slot = slotOf(bucket.key, this.#objects);
    const waiting = this.#waiting.get(slot) ?? { rows: [], bytes: 0 };
    this.#waiting.set(slot, waiting);
    waiting.rows.push({ ordinal, bucket, image: image.slice().buffer as ArrayBuffer });
    waiting.bytes += payload.length;
    if (waiting.bytes >= CALL_BYTES || waiting.rows.length >= CALL_ROWS) await this.#send(slot);
  }

  async #send(slot: number): Promise<void> {
    const { rows } = this.#waiting.get(slot) ?? { rows: [] };
    this.#waiting.delete(slot);
    if (rows.length === 0 || this.#objects === undefined) return;
    const { env, tenant } = this.#options;
    const object = env.SERIES.getByName(objectName('series', tenant, slot));
    const call: RestoreCall = {
      config: this.#config,
      backup: this.#told.id,
      objects: this.#objects,
      rows,
    };
    const { values, skipped } = await object.restore(call);
    this.#told.rows += rows.length - skipped;
    this.#told.values += values;
    this.#told.skipped += skipped;
  }

  async #takeIds(ordinal: number, payload: Uint8Array): Promise<void> {
    const { env, tenant } = this.#options;
    const config = this.#config;
    const { hour, ids } = decodeIds(payload);
    if (ids.length === 0) {
      // What is still to come would be refused for good.
      if ((hour + 1) * LEVEL_MS[HOUR] > Date.now()) {
        refuse(400, 'ERR_BODY', `record ${ordinal}: expected an hour that is over, found ${hour}`);
      }
      await eachIngest(env, config, async (object) => await object.restoreIds({ config, hour, ids: [] }));
      return;
    }
    const bySlot = new Map<number, { id: ArrayBuffer; crc: number }[]>();
    for (const { id, crc } of ids) {
      const slot = slotOf(id, newestRing(config.rings).ingest);
      const some = bySlot.get(slot) ?? [];
      bySlot.set(slot, some);
      some.push({ id: id.buffer as ArrayBuffer, crc });
    }
    for (const [slot, some] of bySlot) {
      const object = env.INGEST.getByName(objectName('ingest', tenant, slot));
      this.#told.ids += (await object.restoreIds({ config, hour, ids: some })).restored;
    }
  }

  async #takeEnd(ordinal: number, totals: BackupTotals): Promise<void> {
    if (totals.records !== ordinal) {
      refuse(400, 'ERR_BODY', `expected ${totals.records} records before the end, found ${ordinal}`);
    }
    this.#told.isComplete = true;
  }
}

/** A series or a time that no ingest could have made would be refused by nobody else, and lie there for good. */
function requirePlace({ key, level, start }: BackupBucket, ordinal: number): void {
  if (!isSeriesKey(key)) refuse(400, 'ERR_BODY', `record ${ordinal}: expected the key of a series`);
  const size = LEVEL_MS[level];
  if (start % size !== 0 || start < 0 || start + size > LAST_TIME) {
    refuse(
      400,
      'ERR_BODY',
      `record ${ordinal}: expected the start of a bucket of ${size} ms, found ${start}`,
    );
  }
}
