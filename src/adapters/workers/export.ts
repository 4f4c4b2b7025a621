/**
 * Exports closed buckets as Parquet files, tenant by tenant, day by day, each bucket in one file:
 *
 *    each series object: plan a range -> its files -> all durable elsewhere -> confirm -> the next range
 *
 * Names of files follow from the range: an export that died between two steps writes the same files again.
 */
import { EDGE_METRICS } from '../../metrics/edge-names.js';
import { KllSketch } from '../../sketch/sketch.js';
import type { ExportedRow, TenantConfig } from './contract.js';
import type { EdgeEnv } from './env.js';
import { codeOf } from './error-code.js';
import { logFailure } from './log.js';
import { bucketsToParquet, type ExportedBucket } from './parquet-export.js';
import { objectName, objectNames } from './series-key.js';
import { workerCounters } from './worker-counters.js';

export interface ExportFile {
  /** tenant=T/date=YYYY-MM-DD/NAME.parquet */
  path: string;
  slot: number;
  to: number;
  day: number;
  rows: number;
}

export interface PlannedExport {
  files: ExportFile[];
  /** What to confirm once all files are durable. */
  ranges: { slot: number; to: number }[];
}

/** The next range of every series object of a tenant: the same ones until they are confirmed. */
export async function planExports(env: EdgeEnv, config: TenantConfig): Promise<PlannedExport> {
  const files: ExportFile[] = [];
  const ranges: PlannedExport['ranges'] = [];
  for (const [slot, name] of objectNames('series', config.tenant, config.rings).entries()) {
    const plan = await env.SERIES.getByName(name).planExport(config);
    if (!plan) continue;
    const { from, to, days, resolution = config.exportResolution ?? 'minute' } = plan;
    ranges.push({ slot, to });
    for (const { day, rows } of days) {
      const date = new Date(day).toISOString().slice(0, 10);
      const file = `${resolution}-${slot}-${from + 1}-${to}.parquet`;
      files.push({ path: `tenant=${config.tenant}/date=${date}/${file}`, slot, to, day, rows });
    }
  }
  return { files, ranges };
}

/** A file as bytes; undefined when its range is not planned any more. */
export async function exportFile(
  env: EdgeEnv,
  { tenant }: TenantConfig,
  { slot, to, day }: Pick<ExportFile, 'slot' | 'to' | 'day'>,
): Promise<Uint8Array | undefined> {
  const object = env.SERIES.getByName(objectName('series', tenant, slot));
  // The type of an answer loses that rows are rows.
  const rows = (await object.exported({ to, day })) as unknown as ExportedRow[] | undefined;
  if (!rows) return undefined;
  const buckets: ExportedBucket[] = [];
  for (const { key, from, to: until, image } of rows) {
    try {
      buckets.push({ tenant, key, from, to: until, sketch: KllSketch.fromBytes(new Uint8Array(image)) });
    } catch (error) {
      // The bucket stays where it is: a query that reads it sets it aside, and says so.
      logFailure('error', 'bucket left out of an export', { tenant, code: codeOf(error) });
      workerCounters.add(EDGE_METRICS.unreadable, [['tier', 'export']]);
    }
  }
  return bucketsToParquet(buckets);
}

/** @returns false when it is not planned, nor was before */
export async function confirmRange(
  env: EdgeEnv,
  { tenant }: TenantConfig,
  { slot, to }: { slot: number; to: number },
): Promise<boolean> {
  return await env.SERIES.getByName(objectName('series', tenant, slot)).confirmExport(to);
}
