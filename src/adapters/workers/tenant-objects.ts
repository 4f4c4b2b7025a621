/** Asking all objects of a tenant, a bounded number at a time. */
import type { TenantConfig } from './contract.js';
import type { EdgeEnv } from './env.js';
import { inTurns } from './fan-out.js';
import { objectNames } from './series-key.js';

export type IngestStub = ReturnType<EdgeEnv['INGEST']['getByName']>;
export type SeriesStub = ReturnType<EdgeEnv['SERIES']['getByName']>;

/** What each ingest object of any ring answers, in order of slots. */
export async function eachIngest<T>(
  env: EdgeEnv,
  { tenant, rings }: TenantConfig,
  call: (object: IngestStub) => Promise<T>,
): Promise<T[]> {
  return await inTurns(
    objectNames('ingest', tenant, rings),
    async (name) => await call(env.INGEST.getByName(name)),
  );
}

/** What each series object of any ring answers, in order of slots. */
export async function eachSeries<T>(
  env: EdgeEnv,
  { tenant, rings }: TenantConfig,
  call: (object: SeriesStub) => Promise<T>,
): Promise<T[]> {
  return await inTurns(
    objectNames('series', tenant, rings),
    async (name) => await call(env.SERIES.getByName(name)),
  );
}
