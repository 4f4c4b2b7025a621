/** POST /v1/ingest: from a request to an acknowledgement. Checks in order: auth, size, form, structure, limits. */
import { EDGE_METRICS } from '../../metrics/edge-names.js';
import { type Identity, identify, identifyKey, requireScope } from './auth.js';
import { peekKey } from './batch-container.js';
import { readBody } from './body.js';
import { captureRefused, captureTaken } from './capture.js';
import type { TakeResult } from './contract.js';
import type { EdgeEnv } from './env.js';
import { hexOf } from './hex.js';
import type { EdgeContext } from './http-context.js';
import { InFlight } from './in-flight.js';
import { type BatchForm, type CheckedBatch, checkBatch } from './ingest-batch.js';
import { limitsOf } from './limits.js';
import { logFailure } from './log.js';
import { busy, Problem, refuse, unavailable } from './problem.js';
import { requireRate } from './rate-limit.js';
import { serverLabels } from './server-labels.js';
import { store } from './store-batch.js';
import { knownUploads, strangersUploads } from './uploads.js';
import { numberOf } from './variables.js';
import { workerCounters } from './worker-counters.js';

/** Forms by content type. Beacons can only send text/plain, with the key inside. */
const FORMS: Readonly<Record<string, BatchForm>> = {
  'application/vnd.kll.batch': 'container',
  'application/octet-stream': 'container',
  'text/plain': 'container',
  'application/json': 'json',
};
/** Batches that this isolate stores at once, beyond which it asks senders to wait: at 2,000 a second, 0.1 s. */
const inFlight = new InFlight();

export async function ingest(context: EdgeContext): Promise<Response> {
  workerCounters.add(EDGE_METRICS.ingestSeen);
  const arrived: Arrived = {};
  try {
    // Before anything is read: what cannot be stored soon must not pile up in memory.
    requireRoom(context.env);
    const taking = takeIn(context, arrived);
    // A sender that breaks off would end the request at once, and its places among those under way stay taken.
    context.executionCtx.waitUntil(taking.catch(() => {}));
    return await taking;
  } catch (error) {
    if (error instanceof Problem) refused(context, arrived, error);
    throw error;
  }
}

/** @throws Problem 429 ERR_BUSY */
function requireRoom(env: EdgeEnv): void {
  if (inFlight.count >= numberOf(env, 'KLL_MAX_IN_FLIGHT')) throw busy();
}

/** What is known of a request by the time that it is refused. */
interface Arrived {
  tenant?: string;
  form?: BatchForm;
  bytes?: Uint8Array;
}

function refused(
  { env, executionCtx }: EdgeContext,
  { tenant, form, bytes }: Arrived,
  problem: Problem,
): void {
  const { status, code, faults = [] } = problem;
  // Whoever scans the network: what is watched of senders does without.
  if (code === 'ERR_UNAUTHENTICATED') workerCounters.add(EDGE_METRICS.ingestNameless);
  const counts: Record<string, number> = {};
  for (const fault of faults) counts[fault.code] = (counts[fault.code] ?? 0) + 1;
  const size = bytes ? { bytes: bytes.length } : {};
  const level = status < 500 ? 'warn' : 'error';
  logFailure(level, 'batch refused', {
    status,
    code,
    tenant,
    form,
    ...size,
    ...(faults.length ? { faults: counts } : {}),
  });
  if (!tenant || !form || !bytes) return;
  executionCtx.waitUntil(captureRefused(env, { tenant, form, bytes }, problem).catch(() => {}));
}

async function takeIn({ env, req, executionCtx }: EdgeContext, arrived: Arrived): Promise<Response> {
  const request = req.raw;
  const type = (request.headers.get('content-type') ?? '').split(';')[0].trim().toLowerCase();
  const byHeaders = await identify(request, env);
  if (byHeaders) await requireIngest(byHeaders, env);
  const form = Object.hasOwn(FORMS, type) ? FORMS[type] : undefined;
  if (!form) {
    // Nobody who is not known learns more than that.
    requireScope(byHeaders, 'ingest');
    return refuse(415, 'ERR_CONTENT_TYPE', `expected one of ${Object.keys(FORMS).join(', ')}`);
  }
  if (!byHeaders && form === 'json') requireScope(undefined, 'ingest');
  arrived.form = form;
  if (byHeaders) arrived.tenant = byHeaders.tenant;
  const { tenant, bytes, batch } = await readBatch(request, env, { form, byHeaders, arrived });
  requireRoom(env);
  const place = inFlight.begin({ since: Date.now() });
  let result: TakeResult;
  try {
    result = await store(env, tenant, batch);
  } finally {
    inFlight.end(place);
  }
  if (result.outcome === 'stored') {
    executionCtx.waitUntil(captureTaken(env, { tenant, form, bytes }).catch(() => {}));
  }
  return answer(batch, result);
}

/** The body of a request, who sent it, and the batch in it, fit to be stored. */
async function readBatch(
  request: Request,
  env: EdgeEnv,
  { form, byHeaders, arrived }: { form: BatchForm; byHeaders: Identity | undefined; arrived: Arrived },
): Promise<{ tenant: string; bytes: Uint8Array; batch: CheckedBatch }> {
  const upload = (byHeaders ? knownUploads : strangersUploads).begin();
  try {
    const { maxBodyBytes, maxInflatedBytes } = limitsOf(env, byHeaders?.key);
    const bytes = await readBody(request, maxBodyBytes, maxInflatedBytes, upload);
    arrived.bytes = bytes;
    const { tenant, key } = byHeaders ?? (await identifyBody(bytes, request, env));
    arrived.tenant = tenant;
    const batch = checkBatch(bytes, form, {
      limits: limitsOf(env, key),
      ...(key ? { key } : {}),
      labels: serverLabels(request, env),
      now: Date.now(),
    });
    return { tenant, bytes, batch };
  } finally {
    upload.end();
  }
}

async function identifyBody(bytes: Uint8Array, request: Request, env: EdgeEnv): Promise<Identity> {
  const key = peekKey(bytes);
  if (key === undefined) return requireScope(undefined, 'ingest');
  const identity = await identifyKey(key, request, env);
  await requireIngest(identity, env);
  return identity;
}

async function requireIngest(identity: Identity, env: EdgeEnv): Promise<void> {
  requireScope(identity, 'ingest');
  await requireRate(identity, env);
}

function answer({ id, values, series }: CheckedBatch, result: TakeResult): Response {
  const batchId = hexOf(id);
  switch (result.outcome) {
    case 'stored':
      return Response.json({ batchId, duplicate: false, series, values }, { status: 202 });
    case 'duplicate':
      return Response.json({ batchId, duplicate: true }, { status: 200 });
    case 'conflict':
      return refuse(409, 'ERR_CONFLICT', 'this batch id came before with other bytes');
    case 'too-old':
      return refuse(410, 'ERR_TOO_OLD', 'the batch was made before the window in which ids are known');
    case 'full':
      throw new Problem({
        status: 429,
        code: 'ERR_FULL',
        detail: 'too much waits to be merged; try again later',
        headers: { 'retry-after': String(Math.max(1, Math.ceil(result.retryAfterMs / 1000))) },
      });
    case 'storage-full':
      return refuse(507, 'ERR_STORAGE_FULL', 'the storage of an object is nearly full');
    default:
      throw unavailable(new Error(result.outcome));
  }
}
