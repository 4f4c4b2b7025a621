/** A checked batch goes to the ingest object that owns its id. */
import { bufferOf } from './array-buffer.js';
import type { TakeCall, TakeResult } from './contract.js';
import { tenantConfig } from './directory-cache.js';
import type { EdgeEnv } from './env.js';
import type { CheckedBatch } from './ingest-batch.js';
import { operatorTenant } from './operator.js';
import { unavailable } from './problem.js';
import { ownerOf } from './rings.js';
import { workerCounters } from './worker-counters.js';

/** Asks of one request: a ring may be new to the Worker, an object may just be moving. */
const MOST_ASKS = 4;

/** Asks the owner of the batch, anew where the ring has moved on or the object says that asking again may help. */
export async function store(env: EdgeEnv, tenant: string, batch: CheckedBatch): Promise<TakeResult> {
  const { id, created, crc, body, values, keyLength, items } = batch;
  let fresh = false;
  for (let ask = 1; ; ask++) {
    const config = await reached(() => tenantConfig(env, tenant, fresh));
    const owner = ownerOf(config, id);
    const counters = tenant === operatorTenant(env) ? workerCounters.takeDue() : [];
    const call: TakeCall = {
      config,
      batchId: bufferOf(id),
      created,
      crc,
      body: bufferOf(body),
      values,
      keyLength,
      items,
      ...(counters.length > 0 ? { counters } : {}),
    };
    try {
      const result = await env.INGEST.getByName(owner).take(call);
      if (result.outcome !== 'stale-ring') return result;
      fresh = true;
    } catch (error) {
      // It may have stored the counts before it failed: better a few too many than gone.
      workerCounters.putBack(counters);
      if (!isRetryable(error)) throw unavailable(error);
    }
    if (ask === MOST_ASKS) throw unavailable(new Error('no object took the batch'));
  }
}

async function reached<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isRetryable(error)) throw unavailable(error);
  }
  try {
    return await call();
  } catch (error) {
    throw unavailable(error);
  }
}

/** As the platform marks errors of calls (developers.cloudflare.com, "Durable Objects: error handling"). */
function isRetryable(error: unknown): boolean {
  const { retryable, overloaded } = (error ?? {}) as { retryable?: boolean; overloaded?: boolean };
  return retryable === true && overloaded !== true;
}
