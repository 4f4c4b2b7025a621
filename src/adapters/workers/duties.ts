/**
 * What the clock asks for (cron triggers): backups of all tenants to a bucket, exports of those that want them there.
 * One tenant's failure is told and counted, and neither it nor the many before in the alphabet keep the others from theirs.
 */
import { EDGE_METRICS } from '../../metrics/edge-names.js';
import type { BackupTotals } from '../../wire/backup-records.js';
import { beginBackup } from './backup.js';
import { upload } from './bucket-upload.js';
import type { ConfirmedBackup, TenantBackup, TenantConfig } from './contract.js';
import { directoryOf } from './directory.js';
import { tenantConfig } from './directory-cache.js';
import type { EdgeEnv } from './env.js';
import { confirmRange, exportFile, planExports } from './export.js';
import { logError, logFailure } from './log.js';
import { Problem } from './problem.js';
import { workerCounters } from './worker-counters.js';

export type Duty = 'backup' | 'restore' | 'export' | 'snapshot' | 'vacuum' | 'reset';
export type DutyOutcome = 'done' | 'refused' | 'failed';

/** Ranges that one run of the clock exports at most: what is left waits for the next. */
const MOST_ROUNDS = 200;
/** After it no tenant's turn begins: the platform ends a run of the clock after 15 minutes, whatever it is at. */
const LONGEST_RUN_MS = 10 * 60_000;

/** Each in its turn: whoever is not reached in time is among the first of the next run. */
export async function runDuties(env: EdgeEnv): Promise<void> {
  const began = Date.now();
  const tenants = inOrderOfNeed(await directoryOf(env).tenantBackups());
  for (const [i, tenant] of tenants.entries()) {
    if (Date.now() - began > LONGEST_RUN_MS) {
      logFailure('warn', 'duties left for the next run', { tenants: tenants.length - i });
      return;
    }
    const turn = directoryOf(env).beginTurn(tenant);
    await turn.then(() => dutiesOf(env, tenant)).catch((error) => logError('duty failed', error, { tenant }));
  }
}

/**
 * The longest without a backup first; those that are alike in an order that is another each time. A turn counts from when it
 * began: one that the platform ended in the middle leaves no backup, and would otherwise be the first of every run.
 */
function inOrderOfNeed(tenants: readonly TenantBackup[]): string[] {
  return tenants
    .map(({ tenant, newest, turn = 0 }) => {
      return { tenant, last: Math.max(newest?.confirmed ?? 0, turn), chance: Math.random() };
    })
    .sort((a, b) => a.last - b.last || a.chance - b.chance)
    .map(({ tenant }) => tenant);
}

async function dutiesOf(env: EdgeEnv, tenant: string): Promise<void> {
  const config = await tenantConfig(env, tenant, true);
  const { BACKUP: backups, EXPORT: exports = backups } = env;
  const duties: [Duty, () => Promise<unknown>][] = [];
  if (backups) duties.push(['backup', () => backupToBucket(env, config, backups)]);
  if (exports && config.exportTo === 'bucket') {
    duties.push(['export', () => exportToBucket(env, config, exports)]);
  }
  for (const [duty, run] of duties) {
    await counted(duty, run).catch((error) => logError('duty failed', error, { duty, tenant }));
  }
}

/** Counts how a duty ends, and how long it takes. What was asked for wrongly is refused, and no failure of the edge's. */
export async function counted<T>(duty: Duty, run: () => Promise<T>): Promise<T> {
  const began = Date.now();
  let outcome: DutyOutcome = 'done';
  try {
    return await run();
  } catch (error) {
    outcome = error instanceof Problem && error.status < 500 ? 'refused' : 'failed';
    throw error;
  } finally {
    countDuty(duty, outcome, (Date.now() - began) / 1000);
  }
}

export function countDuty(duty: Duty, outcome: DutyOutcome, seconds: number): void {
  workerCounters.add(EDGE_METRICS.duties, [
    ['duty', duty],
    ['outcome', outcome],
  ]);
  workerCounters.observe(EDGE_METRICS.dutyDuration, [['duty', duty]], seconds);
}

export async function backupToBucket(
  env: EdgeEnv,
  config: TenantConfig,
  bucket: R2Bucket,
): Promise<ConfirmedBackup> {
  const { id, created, records } = await beginBackup(env, config);
  const date = new Date(created).toISOString().replaceAll(':', '').slice(0, 17);
  const place = `backup/${config.tenant}/${date}Z-${id}.kllbackup`;
  let totals: BackupTotals | undefined;
  async function* watched() {
    totals = yield* records;
  }
  const bytes = await upload(bucket, place, watched()).finally(
    async () => await records.return(undefined as never),
  );
  const backup: ConfirmedBackup = {
    id,
    created,
    confirmed: Date.now(),
    records: totals!.records,
    bytes,
    target: 'bucket',
    place,
  };
  await directoryOf(env).confirmBackup(config.tenant, backup);
  return backup;
}

/** @returns buckets that were exported */
export async function exportToBucket(env: EdgeEnv, config: TenantConfig, bucket: R2Bucket): Promise<number> {
  let buckets = 0;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { files, ranges } = await planExports(env, config);
    if (ranges.length === 0) return buckets;
    for (const file of files) {
      const bytes = await exportFile(env, config, file);
      // Another run has confirmed it meanwhile.
      if (!bytes) return buckets;
      await bucket.put(`export/${file.path}`, bytes);
      buckets += file.rows;
    }
    for (const range of ranges) await confirmRange(env, config, range);
  }
  return buckets;
}
