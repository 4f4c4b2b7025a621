/** /v1/admin/config and /v1/admin/keys: a tenant's own configuration and ingest keys. */
import { Hono } from 'hono';
import * as v from 'valibot';
import { body, tenantOf } from './admin-request.js';
import type { IngestKey } from './contract.js';
import { directoryOf } from './directory.js';
import { forgetDirectory } from './directory-cache.js';
import type { EdgeContext, EdgeHono } from './http-context.js';
import { fail, refuse } from './problem.js';
import { granted } from './refusal.js';
import { tellSettings } from './tenant-objects.js';
import { defined, integer, newKey, settings } from './tenant-schemas.js';

const DAY_MS = 86_400_000;
const STANDARD_ROTATION_MS = DAY_MS;

const rotation = v.strictObject({ graceMs: v.optional(integer(0, 30 * DAY_MS), STANDARD_ROTATION_MS) });

export const adminRoutes = new Hono<EdgeHono>()
  .get('/config', async (context) =>
    context.json(await directoryOf(context.env).tenant(tenantOf(context)).catch(fail)),
  )
  .patch('/config', async (context) => {
    const changed = defined(await body(context, settings));
    const config = granted(await directoryOf(context.env).configure(tenantOf(context), changed).catch(fail));
    forgetDirectory();
    // Objects hear of rings with what is sent by them.
    const isSetting = (name: string) => name !== 'ingest' && name !== 'series';
    if (Object.keys(changed).some(isSetting)) await tellSettings(context.env, config);
    return context.json(config);
  })
  .get('/keys', async (context) =>
    context.json({ keys: await directoryOf(context.env).keys(tenantOf(context)).catch(fail) }),
  )
  .post('/keys', async (context) => {
    const limits = await body(context, newKey);
    const key = granted(
      await directoryOf(context.env)
        .createKey({ ...limits, tenant: tenantOf(context) })
        .catch(fail),
    );
    forgetDirectory();
    return context.json(key, 201);
  })
  .post('/keys/:key/rotate', async (context) => {
    const { key } = await ownKey(context);
    const { graceMs } = await body(context, rotation);
    const next = granted(await directoryOf(context.env).rotateKey(key, graceMs).catch(fail));
    forgetDirectory();
    return context.json(next, 201);
  })
  .delete('/keys/:key', async (context) => {
    const { key } = await ownKey(context);
    await directoryOf(context.env).revokeKey(key).catch(fail);
    forgetDirectory();
    return context.body(null, 204);
  });

/** A key of another tenant is as unknown as one that never was. */
async function ownKey(context: EdgeContext): Promise<IngestKey> {
  const key = await directoryOf(context.env)
    .key(context.req.param('key') ?? '')
    .catch(fail);
  if (key?.tenant !== tenantOf(context)) return refuse(404, 'ERR_NOT_FOUND', 'no such key');
  return key;
}
