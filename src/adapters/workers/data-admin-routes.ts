/** /v1/admin/snapshots, /vacuum and /reset: what is done to all objects of a tenant at once. */
import { Hono } from 'hono';
import * as v from 'valibot';
import { EDGE_METRICS } from '../../metrics/edge-names.js';
import { body, configOf, iso } from './admin-request.js';
import { BACKUP_SNAPSHOT, cutOf, isOfBackup } from './backup-snapshots.js';
import type { TenantConfig } from './contract.js';
import { cut, endCut, newToken } from './cut.js';
import { directoryOf } from './directory.js';
import { forgetDirectory } from './directory-cache.js';
import { countDuty, counted } from './duties.js';
import type { EdgeEnv } from './env.js';
import type { EdgeHono } from './http-context.js';
import { fail, refuse } from './problem.js';
import { flag, parameters } from './query-parameters.js';
import { resetTenant, TENANT_PARTS, type TenantPart } from './reset-tenant.js';
import { rollBackTenant } from './roll-back-tenant.js';
import { objectNames } from './series-key.js';
import { eachSeries, type SeriesStub } from './tenant-objects.js';
import { dropRemnants, type NamedSnapshot, snapshotsOf } from './whole-snapshots.js';

/** Calls of one object that one request makes, at most: what is left waits for the next alarm, or request. */
const MOST_STEPS = 1000;

const newSnapshot = v.strictObject({
  name: v.pipe(
    v.string(),
    // URLs drop . and .., which nobody could name again.
    v.regex(/^(?!\.{1,2}$)[\w.-]{1,64}$/, 'expected 1..64 letters, digits, ., _ or -, and not . or ..'),
    v.check((name) => !isOfBackup({ name }), `names of backups begin with ${BACKUP_SNAPSHOT}`),
  ),
});

export const dataRoutes = new Hono<EdgeHono>()
  .get('/snapshots', async (context) => {
    const snapshots = await snapshotsOf(context.env, await configOf(context)).catch(fail);
    return context.json({ snapshots: snapshots.filter(isWhole).map(shown) });
  })
  .post('/snapshots', async (context) => {
    const { name } = await body(context, newSnapshot);
    const config = await configOf(context);
    const known = (await snapshotsOf(context.env, config).catch(fail)).find((one) => one.name === name);
    // The first of a name stands: a repeated request changes nothing.
    if (known && isWhole(known)) return context.json(shown(known), 201);
    if (known) await dropRemnants(context.env, config, name).catch(fail);
    const token = newToken();
    const made = await counted('snapshot', () => cut(context.env, config, { token, name }))
      .finally(() => endCut(context.env, config, token))
      .catch(fail);
    return context.json({ name, created: iso(Math.max(...made.map(({ created }) => created))) }, 201);
  })
  .delete('/snapshots/:name', async (context) => {
    const name = context.req.param('name');
    const drop = async (object: SeriesStub) => await object.dropSnapshot(name);
    const config = await configOf(context);
    const token = cutOf(name);
    if (token) await endCut(context.env, config, token).catch(fail);
    const answers = await eachSeries(context.env, config, drop).catch(fail);
    // Whoever gives a backup up may have read all of it: its snapshot is gone then, and it failed all the same.
    if (token) countDuty('backup', 'failed', 0);
    else if (!answers.some(({ dropped }) => dropped)) return unknownSnapshot();
    return context.body(null, 204);
  })
  .post('/snapshots/:name/rollback', async (context) => {
    const { env } = context;
    const config = await configOf(context);
    const name = context.req.param('name');
    const known = (await snapshotsOf(env, config).catch(fail)).find((one) => one.name === name);
    if (!known || !isWhole(known)) return unknownSnapshot();
    if (!(await rollBackTenant(env, config, name).catch(fail))) return unknownSnapshot();
    return context.json({ name });
  })
  .post('/vacuum', async (context) => {
    const config = await configOf(context);
    const vacuum = async (object: SeriesStub) => {
      let more = true;
      for (let step = 0; more && step < MOST_STEPS; step++) more = (await object.vacuum(config)).more;
      return more;
    };
    const answers = await counted('vacuum', () => eachSeries(context.env, config, vacuum)).catch(fail);
    return context.json({ more: answers.some(Boolean) });
  })
  .post('/reset', async (context) => {
    const { env } = context;
    const config = await configOf(context);
    // A typo must not delete more than was meant.
    const given = parameters(new URL(context.req.url), ['keep', 'dryRun']);
    const kept = keptParts(given.get('keep') ?? '');
    const isDry = flag(given, 'dryRun');
    const [ingest, series] = (['ingest', 'series'] as const).map((kind) =>
      objectNames(kind, config.tenant, config.rings),
    );
    const told = {
      tenant: config.tenant,
      ingestObjects: ingest.length,
      seriesObjects: series.length,
      series: await countSeries(env, config),
      keys: (await directoryOf(env).keys(config.tenant).catch(fail)).length,
      kept,
    };
    if (isDry) return context.json({ dryRun: true, ...told });
    await counted('reset', () => resetTenant(env, config, kept)).catch(fail);
    forgetDirectory();
    return context.json({ dryRun: false, ...told });
  });

function keptParts(keep: string): TenantPart[] {
  const named = keep.split(',').filter((one) => one !== '');
  const unknown = named.find((one) => !(TENANT_PARTS as readonly string[]).includes(one));
  if (unknown !== undefined)
    refuse(400, 'ERR_PARAMETER', `keep: expected some of ${TENANT_PARTS.join(', ')}`);
  return TENANT_PARTS.filter((part) => named.includes(part));
}

/** Series of a tenant, as its objects count them. */
async function countSeries(env: EdgeEnv, config: TenantConfig): Promise<number> {
  const answers = await eachSeries(env, config, async (object) => await object.counters()).catch(fail);
  let count = 0;
  for (const { gauges } of answers) {
    for (const { name, value } of gauges) if (name === EDGE_METRICS.series.name) count += value;
  }
  return count;
}

const isWhole = ({ objects }: NamedSnapshot) => objects !== undefined;
const shown = ({ name, created }: NamedSnapshot) => ({ name, created: iso(created) });

function unknownSnapshot(): never {
  return refuse(404, 'ERR_SNAPSHOT', 'there is no snapshot of this name');
}
