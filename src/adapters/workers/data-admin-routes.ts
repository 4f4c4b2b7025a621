/** /v1/admin/snapshots, /vacuum and /reset: what is done to all objects of a tenant at once. */
import { Hono } from 'hono';
import * as v from 'valibot';
import { body } from './admin-routes.js';
import type { Snapshot, TenantConfig } from './contract.js';
import { tenantConfig } from './directory-cache.js';
import type { EdgeEnv } from './env.js';
import type { EdgeContext, EdgeHono } from './http-context.js';
import { refuse, unavailable } from './problem.js';
import { objectNames } from './series-key.js';

/** Calls of one object that one request makes, at most: what is left waits for the next alarm, or request. */
const MOST_STEPS = 1000;

const newSnapshot = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[\w.-]{1,64}$/, 'expected 1..64 letters, digits, ., _ or -')),
});

export const dataRoutes = new Hono<EdgeHono>()
  .get('/snapshots', async (context) => context.json({ snapshots: await list(context) }))
  .post('/snapshots', async (context) => {
    const { name } = await body(context, newSnapshot);
    const config = await configOf(context);
    // What was acknowledged before is in it: ingest objects hand over first.
    await eachIngest(context.env, config, async (object) => await object.flush(config));
    const made = await eachSeries(context.env, config, async (object) => await object.createSnapshot(name));
    return context.json({ name, created: iso(Math.max(...made.map(({ created }) => created))) }, 201);
  })
  .delete('/snapshots/:name', async (context) => {
    const config = await configOf(context);
    const name = context.req.param('name');
    const answers = await eachSeries(context.env, config, async (object) => await object.dropSnapshot(name));
    if (!answers.some(({ dropped }) => dropped)) return unknownSnapshot();
    return context.body(null, 204);
  })
  .post('/snapshots/:name/rollback', async (context) => {
    const config = await configOf(context);
    const name = context.req.param('name');
    const { snapshots } = { snapshots: await list(context) };
    if (!snapshots.some((one) => one.name === name)) return unknownSnapshot();
    await eachIngest(context.env, config, async (object) => await object.flush(config));
    // An object of a later ring has no such snapshot, and keeps what it has.
    await eachSeries(context.env, config, async (object) => {
      if ((await object.snapshots()).some((one) => one.name === name)) await object.rollBack(name);
    });
    return context.json({ name });
  })
  .post('/vacuum', async (context) => {
    const config = await configOf(context);
    const answers = await eachSeries(context.env, config, async (object) => {
      let more = true;
      for (let step = 0; more && step < MOST_STEPS; step++) more = (await object.vacuum(config)).more;
      return more;
    });
    return context.json({ more: answers.some(Boolean) });
  })
  .post('/reset', async (context) => {
    const config = await configOf(context);
    const { dryRun } = context.req.query();
    const ingest = objectNames('ingest', config.tenant, config.rings);
    const series = objectNames('series', config.tenant, config.rings);
    // Keys and settings stand in the directory, and stay.
    const told = {
      tenant: config.tenant,
      ingestObjects: ingest.length,
      seriesObjects: series.length,
      kept: ['keys', 'config'],
    };
    if (dryRun === '1' || dryRun === 'true') return context.json({ dryRun: true, ...told });
    if (dryRun !== undefined && dryRun !== '0' && dryRun !== 'false') {
      return refuse(400, 'ERR_PARAMETER', 'dryRun: expected 0 or 1');
    }
    await eachIngest(context.env, config, async (object) => await object.wipe());
    await eachSeries(context.env, config, async (object) => await object.wipe());
    return context.json({ dryRun: false, ...told });
  });

async function configOf(context: EdgeContext): Promise<TenantConfig> {
  return await tenantConfig(context.env, context.get('identity').tenant, true).catch(fail);
}

/** Snapshots that any object has, oldest first. */
async function list(context: EdgeContext): Promise<{ name: string; created: string }[]> {
  const config = await configOf(context);
  const answers = await eachSeries(context.env, config, async (object) => await object.snapshots());
  const created = new Map<string, number>();
  for (const one of answers.flat() as Snapshot[])
    created.set(one.name, Math.max(one.created, created.get(one.name) ?? 0));
  return [...created].sort((a, b) => a[1] - b[1]).map(([name, at]) => ({ name, created: iso(at) }));
}

async function eachIngest<T>(
  env: EdgeEnv,
  { tenant, rings }: TenantConfig,
  call: (object: ReturnType<EdgeEnv['INGEST']['getByName']>) => Promise<T>,
): Promise<T[]> {
  const names = objectNames('ingest', tenant, rings);
  return await Promise.all(names.map(async (name) => await call(env.INGEST.getByName(name)))).catch(fail);
}

async function eachSeries<T>(
  env: EdgeEnv,
  { tenant, rings }: TenantConfig,
  call: (object: ReturnType<EdgeEnv['SERIES']['getByName']>) => Promise<T>,
): Promise<T[]> {
  const names = objectNames('series', tenant, rings);
  return await Promise.all(names.map(async (name) => await call(env.SERIES.getByName(name)))).catch(fail);
}

function unknownSnapshot(): never {
  return refuse(404, 'ERR_SNAPSHOT', 'there is no snapshot of this name');
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function fail(error: unknown): never {
  throw unavailable(error);
}
