/**
 * A tenant's data as a stream of checksummed records (wire/backup-records.ts): settings, keys, buckets, ids of batches.
 *
 *    cut (whole batches only) -> header, settings, keys -> buckets as the cut's snapshot sees them -> ids -> end
 *
 * Nothing is held back while it streams: the snapshot keeps what changes meanwhile, and is dropped when it ends.
 */
import {
  BACKUP_FORMAT,
  BACKUP_VERSION,
  type BackupTotals,
  encodeBucket,
  encodeIds,
  encodeJson,
  encodeRecord,
  RECORD,
} from '../../wire/backup-records.js';
import { BACKUP_SNAPSHOT, isLeftOver } from './backup-snapshots.js';
import type { BackupPlace, TenantConfig } from './contract.js';
import { cut, endCut, newToken, renewCut } from './cut.js';
import { directoryOf } from './directory.js';
import type { EdgeEnv } from './env.js';
import { objectNames } from './series-key.js';
import { eachSeries } from './tenant-objects.js';

/** How often a backup that is read gives a sign of life. */
const RENEWAL_MS = 60_000;

export interface Backup {
  id: string;
  /** When the data was as it is in it, epoch milliseconds. */
  created: number;
  /** Its bytes, a record at a time. Whoever stops before the end closes it. */
  records: AsyncGenerator<Uint8Array, BackupTotals>;
}

/** Makes the cut; the records follow as they are asked for. */
export async function beginBackup(env: EdgeEnv, config: TenantConfig): Promise<Backup> {
  const id = newToken();
  const name = `${BACKUP_SNAPSHOT}${id}`;
  await dropAbandoned(env, config);
  try {
    const snapshots = await cut(env, config, { token: id, name });
    const created = Math.max(...snapshots.map((one) => one.created));
    const records = recordsOf(env, config, { id, created, name });
    // A generator that never began runs nothing when it is closed: the cut would stay.
    await records.next();
    return { id, created, records };
  } catch (error) {
    await end(env, config, { id, name });
    throw error;
  }
}

async function* recordsOf(
  env: EdgeEnv,
  config: TenantConfig,
  { id, created, name }: { id: string; created: number; name: string },
): AsyncGenerator<Uint8Array, BackupTotals> {
  const { tenant } = config;
  const totals: BackupTotals = { records: 0, keys: 0, buckets: 0, ids: 0, values: 0 };
  const record = (type: RECORD, payload: Uint8Array) => encodeRecord(type, totals.records++, payload);
  let renewed = Date.now();
  const renew = async () => {
    if (Date.now() - renewed < RENEWAL_MS) return;
    renewed = Date.now();
    await renewCut(env, config, id);
  };
  try {
    // Where `beginBackup` leaves it.
    yield new Uint8Array(0);
    const header = { format: BACKUP_FORMAT, version: BACKUP_VERSION, id, tenant, created };
    yield record(RECORD.header, encodeJson(header));
    yield record(RECORD.settings, encodeJson(config));
    for (const key of await directoryOf(env).keys(tenant)) {
      totals.keys++;
      yield record(RECORD.key, encodeJson(key));
    }
    for (const object of objectNames('series', tenant, config.rings)) {
      let from: BackupPlace | undefined;
      do {
        const page = await env.SERIES.getByName(object).backupPage({
          snapshot: name,
          ...(from ? { from } : {}),
        });
        for (const { bucket, image } of page.rows) {
          totals.buckets++;
          if (!bucket.isRolledUp) totals.values += bucket.n;
          await renew();
          yield record(RECORD.bucket, encodeBucket(bucket, new Uint8Array(image)));
        }
        from = page.next;
      } while (from);
    }
    let forgotten = -1;
    for (const object of objectNames('ingest', tenant, config.rings)) {
      let from: Parameters<ReturnType<EdgeEnv['INGEST']['getByName']>['heldIds']>[1];
      do {
        await renew();
        const page = await env.INGEST.getByName(object).heldIds(id, from);
        if (!page) throw new Error(`${object} has given up the cut: ids of its batches would be missing`);
        if (page.ids.length > 0) {
          totals.ids += page.ids.length;
          const ids = page.ids.map((one) => ({ id: new Uint8Array(one.id), crc: one.crc }));
          yield record(RECORD.ids, encodeIds(page.hour, ids));
        }
        forgotten = Math.max(forgotten, page.forgotten ?? -1);
        from = page.next;
      } while (from);
    }
    if (forgotten >= 0) yield record(RECORD.ids, encodeIds(forgotten, []));
    yield record(RECORD.end, encodeJson(totals));
    return totals;
  } finally {
    await end(env, config, { id, name });
  }
}

async function end(
  env: EdgeEnv,
  config: TenantConfig,
  { id, name }: { id: string; name: string },
): Promise<void> {
  await endCut(env, config, id);
  await eachSeries(env, config, async (object) => await object.dropSnapshot(name));
}

async function dropAbandoned(env: EdgeEnv, config: TenantConfig): Promise<void> {
  await eachSeries(env, config, async (object) => {
    for (const snapshot of await object.snapshots()) {
      if (isLeftOver(snapshot, Date.now())) await object.dropSnapshot(snapshot.name);
    }
  });
}
