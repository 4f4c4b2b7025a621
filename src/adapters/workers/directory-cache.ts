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
  answer: Promise<unknown>;
}

const entries = new Map<string, Entry>();

function cached<T>(env: EdgeEnv, name: string, ask: () => Promise<T>, fresh = false): Promise<T> {
  const now = Date.now();
  const known = entries.get(name);
  if (known && known.until > now && !fresh) return known.answer as Promise<T>;
  if (entries.size >= MOST_ENTRIES) entries.clear();
  const answer = ask();
  const ttl = numberOf(env, 'KLL_DIRECTORY_TTL_MS');
  if (ttl > 0) {
    entries.set(name, { until: now + ttl, answer });
    // A failure is not remembered.
    answer.catch(() => entries.delete(name));
  }
  return answer;
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
  entries.clear();
}
