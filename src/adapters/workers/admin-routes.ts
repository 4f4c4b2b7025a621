/** /v1/admin/config and /v1/admin/keys: a tenant's own configuration and ingest keys. */
import { Hono } from 'hono';
import * as v from 'valibot';
import { faultOf, parseJson } from './batch-json.js';
import { readBody } from './body.js';
import type { IngestKey } from './contract.js';
import { forgetDirectory } from './directory-cache.js';
import type { EdgeContext, EdgeHono } from './http-context.js';
import { Problem, refuse, unavailable } from './problem.js';
import { granted } from './refusal.js';
import { tellSettings } from './tenant-objects.js';
import { defined, integer, newKey, settings } from './tenant-schemas.js';

const MOST_BYTES = 64 * 1024;
const DAY_MS = 86_400_000;
const STANDARD_ROTATION_MS = DAY_MS;

const rotation = v.strictObject({ graceMs: v.optional(integer(0, 30 * DAY_MS), STANDARD_ROTATION_MS) });

export const adminRoutes = new Hono<EdgeHono>()
  .get('/config', async (context) => context.json(await called(directory(context).tenant(tenantOf(context)))))
  .patch('/config', async (context) => {
    const changed = defined(await body(context, settings));
    const config = granted(await called(directory(context).configure(tenantOf(context), changed)));
    forgetDirectory();
    // Objects hear of rings with what is sent by them.
    const isSetting = (name: string) => name !== 'ingest' && name !== 'series';
    if (Object.keys(changed).some(isSetting)) await tellSettings(context.env, config);
    return context.json(config);
  })
  .get('/keys', async (context) =>
    context.json({ keys: await called(directory(context).keys(tenantOf(context))) }),
  )
  .post('/keys', async (context) => {
    const limits = await body(context, newKey);
    const key = granted(await called(directory(context).createKey({ ...limits, tenant: tenantOf(context) })));
    forgetDirectory();
    return context.json(key, 201);
  })
  .post('/keys/:key/rotate', async (context) => {
    const { key } = await ownKey(context);
    const { graceMs } = await body(context, rotation);
    const next = granted(await called(directory(context).rotateKey(key, graceMs)));
    forgetDirectory();
    return context.json(next, 201);
  })
  .delete('/keys/:key', async (context) => {
    const { key } = await ownKey(context);
    await called(directory(context).revokeKey(key));
    forgetDirectory();
    return context.body(null, 204);
  });

const directory = (context: EdgeContext) => context.env.DIRECTORY.getByName('directory');
const tenantOf = (context: EdgeContext) => context.get('identity').tenant;

/** A key of another tenant is as unknown as one that never was. */
async function ownKey(context: EdgeContext): Promise<IngestKey> {
  const key = await called(directory(context).key(context.req.param('key') ?? ''));
  if (key?.tenant !== tenantOf(context)) return refuse(404, 'ERR_NOT_FOUND', 'no such key');
  return key;
}

/** A body of JSON that fits a schema; none is as good as {}. */
export async function body<Schema extends v.GenericSchema>(
  context: EdgeContext,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const bytes = await readBody(context.req.raw, MOST_BYTES, MOST_BYTES);
  const parsed = v.safeParse(schema, bytes.length === 0 ? {} : parseJson(bytes));
  if (parsed.success) return parsed.output;
  throw new Problem({
    status: 400,
    code: 'ERR_BODY',
    detail: 'the body does not fit what is expected',
    faults: parsed.issues.map(faultOf),
  });
}

/** A call to the directory. */
async function called<Call extends Promise<object | boolean | undefined>>(
  call: Call,
): Promise<Awaited<Call>> {
  try {
    return await call;
  } catch (error) {
    throw unavailable(error);
  }
}
