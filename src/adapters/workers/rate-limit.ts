/** How many requests a caller may make. */
import type { Identity } from './auth.js';
import type { EdgeEnv } from './env.js';
import { Problem } from './problem.js';

const MINUTE_MS = 60_000;
/** Callers whose rate is watched at once; beyond that all start anew. */
const MOST_CALLERS = 10_000;

/** Requests left to a caller: they come back evenly over a minute, up to a minute's worth. */
interface Bucket {
  left: number;
  at: number;
}

const buckets = new Map<string, Bucket>();

/**
 * The key's own rate holds in every isolate, that of the binding in every location.
 * @throws Problem 429 ERR_RATE
 */
export async function requireRate(identity: Identity, env: EdgeEnv): Promise<void> {
  const { key, caller } = identity;
  if (key) {
    const waitMs = take(caller, key.rate, Date.now());
    if (waitMs > 0) tooMany(Math.ceil(waitMs / 1000));
  }
  if (env.RATE_LIMIT && !(await env.RATE_LIMIT.limit({ key: caller })).success) tooMany(10);
}

/** @returns milliseconds until there is one again; 0 when one was taken */
function take(caller: string, rate: number, now: number): number {
  if (buckets.size >= MOST_CALLERS) buckets.clear();
  const bucket = buckets.get(caller) ?? { left: rate, at: now };
  buckets.set(caller, bucket);
  // A clock that was set back takes nothing from anybody.
  const passed = Math.max(0, now - bucket.at);
  bucket.left = Math.min(rate, bucket.left + (passed * rate) / MINUTE_MS);
  bucket.at = now;
  if (bucket.left < 1) return ((1 - bucket.left) * MINUTE_MS) / rate;
  bucket.left -= 1;
  return 0;
}

function tooMany(seconds: number): never {
  throw new Problem({
    status: 429,
    code: 'ERR_RATE',
    detail: 'too many requests of this key or token',
    headers: { 'retry-after': String(seconds) },
  });
}
