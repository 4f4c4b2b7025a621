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

const MOST_BYTES = 64 * 1024;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LONGEST_MS = 36_500 * DAY_MS;
const STANDARD_ROTATION_MS = DAY_MS;

const integer = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const kept = integer(0, LONGEST_MS);

/** Ranges of a tenant's configuration; docs/edge.md has the same table. */
const change = v.strictObject({
  ingest: v.optional(integer(1, 256)),
  series: v.optional(integer(1, 256)),
  workingK: v.optional(integer(64, 4096)),
  imageK: v.optional(integer(8, 4096)),
  tails: v.optional(v.picklist(['none', 'high', 'both'])),
  graceMs: v.optional(integer(0, HOUR_MS)),
  windowMs: v.optional(integer(HOUR_MS, 7 * DAY_MS)),
  retentionMs: v.optional(v.strictObject({ minute: kept, hour: kept, day: kept })),
  keepSnapshots: v.optional(integer(0, 1000)),
  keepSnapshotsMs: v.optional(kept),
  captureRefused: v.optional(v.boolean()),
  captureTaken: v.optional(v.boolean()),
  validateMs: v.optional(integer(0, DAY_MS)),
  maxSeries: v.optional(integer(1, 10_000_000)),
  maxPendingBatches: v.optional(integer(1, 1_000_000)),
  maxPendingBytes: v.optional(integer(1024, 2 ** 30)),
  sealBatches: v.optional(integer(1, 100_000)),
  sealBytes: v.optional(integer(1024, 64 * 2 ** 20)),
  sealMs: v.optional(integer(0, 60_000)),
  maxStorageBytes: v.optional(integer(2 ** 20, 10_000_000_000)),
  exportTo: v.optional(v.picklist(['none', 'bucket', 'pull'])),
  exportResolution: v.optional(v.picklist(['minute', 'hour', 'day'])),
});

/** @throws Problem ERR_BODY for settings of a backup that no request could have made */
export function settingsOf(config: object): Exact<v.InferOutput<typeof change>> {
  const named = Object.fromEntries(Object.entries(config).filter(([name]) => name in change.entries));
  const parsed = v.safeParse(change, named);
  if (parsed.success) return defined(parsed.output);
  throw new Problem({
    status: 400,
    code: 'ERR_BODY',
    detail: 'the settings of the backup do not fit what is expected',
    faults: parsed.issues.map(faultOf),
  });
}

/** As browsers write the Origin header: scheme, host, port where it is not the usual one; no path. */
const origin = v.pipe(v.string(), v.maxLength(256), v.check(isOrigin, 'expected an origin'));

function isOrigin(text: string): boolean {
  try {
    return new URL(text).origin === text;
  } catch {
    return false;
  }
}

const newKey = v.strictObject({
  origins: v.optional(v.pipe(v.array(origin), v.maxLength(100)), []),
  rate: v.optional(integer(1, 1_000_000), 600),
  maxN: v.optional(integer(1, 2 ** 40), 100_000),
  maxSeries: v.optional(integer(1, 10_000), 100),
});

const rotation = v.strictObject({ graceMs: v.optional(integer(0, 30 * DAY_MS), STANDARD_ROTATION_MS) });

export const adminRoutes = new Hono<EdgeHono>()
  .get('/config', async (context) => context.json(await called(directory(context).tenant(tenantOf(context)))))
  .patch('/config', async (context) => {
    const changed = defined(await body(context, change));
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

/** What was named: a setting that was not keeps its value. */
function defined<T extends object>(value: T): Exact<T> {
  const named = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(named) as Exact<T>;
}

type Exact<T> = { [K in keyof T]: Exclude<T[K], undefined> };
