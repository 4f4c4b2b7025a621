/** Asking all objects of a tenant, a bounded number at a time. */
import type { TenantConfig } from './contract.js';
import type { EdgeEnv } from './env.js';
import { inTurns } from './fan-out.js';
import { logError } from './log.js';
import { objectNames } from './series-key.js';

export type IngestStub = ReturnType<EdgeEnv['INGEST']['getByName']>;
export type SeriesStub = ReturnType<EdgeEnv['SERIES']['getByName']>;

/**
 * Tells all objects of a tenant that its settings have changed, ingest objects first, for what they hand over brings them
 * too. One that cannot be reached hears of them with the next batch.
 */
export async function tellSettings(env: EdgeEnv, config: TenantConfig): Promise<void> {
  const tell = async (object: IngestStub | SeriesStub) => {
    try {
      await object.configure(config);
    } catch (error) {
      logError('an object has not heard of new settings', error);
    }
  };
  await eachIngest(env, config, tell);
  await eachSeries(env, config, tell);
}

/** @param until epoch milliseconds; 0: what waits goes on */
export async function tellPause(env: EdgeEnv, config: TenantConfig, until: number): Promise<void> {
  await eachIngest(env, config, async (object) => await object.pause(until));
  await eachSeries(env, config, async (object) => await object.pause(until));
}

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
  call: (object: SeriesStub, slot: number) => Promise<T>,
): Promise<T[]> {
  return await inTurns(
    [...objectNames('series', tenant, rings).entries()],
    async ([slot, name]) => await call(env.SERIES.getByName(name), slot),
  );
}
