/** What the directory said, kept by the isolate for a short time: a request costs no call to it. */
import type { IngestKey, TenantConfig } from './contract.js';
import { directoryOf } from './directory.js';
import type { EdgeEnv } from './env.js';
import { KEY_FORM } from './ingest-keys.js';
import { numberOf } from './variables.js';

/** Strangers may name any number of keys. */
const MOST_ENTRIES = 10_000;

interface Entry {
  until: number;
  /** Which ask it answers. */
  ask: number;
  value: unknown;
}

const entries = new Map<string, Entry>();
let asks = 0;
/** The last ask before a change made here: its answer may be old. */
let forgotten = 0;

/**
 * Values are kept, and no promises of them: one that is pending belongs to the request that asked, and ends no other's
 * waiting.
 */
async function cached<T>(env: EdgeEnv, name: string, ask: () => Promise<T>, fresh = false): Promise<T> {
  const now = Date.now();
  const known = entries.get(name);
  if (known && known.until > now && !fresh) return known.value as T;
  const number = ++asks;
  const value = await ask();
  const ttl = numberOf(env, 'KLL_DIRECTORY_TTL_MS');
  // Of asks under way at once the last one to begin has the newest answer.
  const isNewest = number > forgotten && number > (entries.get(name)?.ask ?? 0);
  if (ttl > 0 && isNewest) {
    if (entries.size >= MOST_ENTRIES) entries.clear();
    entries.set(name, { until: now + ttl, ask: number, value });
  }
  return value;
}

/** @param fresh asks the directory even when an answer is kept */
export function tenantConfig(env: EdgeEnv, tenant: string, fresh = false): Promise<TenantConfig> {
  return cached(env, `tenant ${tenant}`, async () => await directoryOf(env).tenant(tenant), fresh);
}

/** A key that may be used now. */
export async function ingestKey(env: EdgeEnv, key: string): Promise<IngestKey | undefined> {
  if (!KEY_FORM.test(key)) return undefined;
  const found = await cached(env, `key ${key}`, async () => await directoryOf(env).key(key));
  return found && (found.revoked ?? Infinity) > Date.now() ? found : undefined;
}

/** Origins of all keys; '*' when a key names none. */
export function keyOrigins(env: EdgeEnv): Promise<string[]> {
  return cached(env, 'origins', async () => await directoryOf(env).origins());
}

/** After a change made here: what is kept may be old. */
export function forgetDirectory(): void {
  forgotten = asks;
  entries.clear();
}
