/**
 * Capturing what is refused, where a tenant asks for it (`captureRefused`): the body as it was read, why it was refused,
 * when, and which ingest object it would have gone to; and what was taken (`captureTaken`), to be replayed elsewhere. All of
 * a tenant lie in its first ingest object, so that their bound is the tenant's, and what wipes the tenant wipes them.
 */
import { BATCH_ID_BYTES, BATCH_MAGIC, BATCH_VERSION } from '../../wire/batch.js';
import { TAKEN } from './captures.js';
import type { TenantConfig } from './contract.js';
import { tenantConfig } from './directory-cache.js';
import type { EdgeEnv } from './env.js';
import type { BatchForm } from './ingest-batch.js';
import type { Problem, ProblemCode } from './problem.js';
import { ownerOf } from './rings.js';
import { objectName } from './series-key.js';

/** Refusals of what was sent. Those of who sends, and of when there is too much, say nothing of the blob. */
const CAPTURED: ReadonlySet<ProblemCode> = new Set([
  'ERR_BODY',
  'ERR_BATCH',
  'ERR_LIMITS',
  'ERR_CREATED',
  'ERR_CONFLICT',
  'ERR_TOO_OLD',
] as const);
/** After an object had no room for a code, this isolate asks it no more for so long. */
const FULL_MS = 60_000;
const MOST_FULL = 1000;
/** By code and tenant. */
const fullUntil = new Map<string, number>();

export interface CapturedBody {
  tenant: string;
  form: BatchForm;
  bytes: Uint8Array;
}

/** Never in the way of the answer: hand its promise to `waitUntil`. */
export async function captureRefused(
  env: EdgeEnv,
  { tenant, form, bytes }: CapturedBody,
  { code }: Problem,
): Promise<void> {
  if (!CAPTURED.has(code)) return;
  const config = await tenantConfig(env, tenant);
  if (config.captureRefused) await capture(env, config, { tenant, form, bytes }, code);
}

/** A batch that is durable by now. Never in the way of the answer, either. */
export async function captureTaken(env: EdgeEnv, blob: CapturedBody): Promise<void> {
  const config = await tenantConfig(env, blob.tenant);
  if (config.captureTaken) await capture(env, config, blob, TAKEN);
}

async function capture(
  env: EdgeEnv,
  config: TenantConfig,
  { tenant, form, bytes }: CapturedBody,
  code: string,
): Promise<void> {
  const kind = `${code} ${tenant}`;
  const now = Date.now();
  if ((fullUntil.get(kind) ?? 0) > now) return;
  const id = form === 'container' ? peekId(bytes) : undefined;
  const { stored } = await env.INGEST.getByName(objectName('ingest', tenant, 0)).capture({
    code,
    form,
    ...(id ? { shard: ownerOf(config, id) } : {}),
    body: bytes.slice().buffer as ArrayBuffer,
  });
  if (fullUntil.size >= MOST_FULL) fullUntil.clear();
  if (stored) fullUntil.delete(kind);
  else fullUntil.set(kind, now + FULL_MS);
}

/** There may be room again: for what this isolate has heard of it. */
export function hasRoomAgain(tenant: string): void {
  for (const kind of fullUntil.keys()) if (kind.endsWith(` ${tenant}`)) fullUntil.delete(kind);
}

/** The id inside a container, whatever else is wrong with it. */
function peekId(bytes: Uint8Array): Uint8Array | undefined {
  const end = 3 + BATCH_ID_BYTES;
  if (bytes[0] !== BATCH_MAGIC || bytes[1] !== BATCH_VERSION || bytes.length < end) return undefined;
  return bytes.subarray(3, end);
}
