/** What the directory said, kept by the isolate for a short time: a request costs no call to it. */
import type { IngestKey, TenantConfig } from './contract.js';
import { directoryOf } from './directory.js';
import type { EdgeEnv } from './env.js';
import { KEY_FORM } from './ingest-keys.js';
import { lookUpNew } from './new-keys.js';
import { numberOf } from './variables.js';

const MOST_ENTRIES = 10_000;
/** How long an answer serves while the directory does not give another: a ring that is older is found out by the objects. */
const STALE_MS = 300_000;

interface Entry {
  /** When it came. */
  at: number;
  /** The directory is asked again from then on. */
  until: number;
  /** Which ask it answers. */
  ask: number;
  value: unknown;
}

/** What there is. */
const entries = new Map<string, Entry>();
/** What there is not, until when: apart, for strangers may name any number of keys. */
const missing = new Map<string, number>();
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
  if (!fresh && (missing.get(name) ?? 0) > now) return undefined as T;
  const ttl = numberOf(env, 'KLL_DIRECTORY_TTL_MS');
  const number = ++asks;
  let value: T;
  try {
    value = await ask();
  } catch (error) {
    if (fresh || !known || now - known.at > STALE_MS) throw error;
    known.until = now + ttl;
    return known.value as T;
  }
  // Of asks under way at once the last one to begin has the newest answer.
  const isNewest = number > forgotten && number > (entries.get(name)?.ask ?? 0);
  if (ttl > 0 && isNewest) keep(name, value, { at: now, until: now + ttl, ask: number });
  return value;
}

function keep(name: string, value: unknown, of: Omit<Entry, 'value'>): void {
  const place = value === undefined ? missing : entries;
  if (place.size >= MOST_ENTRIES && !place.has(name)) place.clear();
  if (value === undefined) {
    entries.delete(name);
    missing.set(name, of.until);
  } else entries.set(name, { ...of, value });
}

/** @param fresh asks the directory even when an answer is kept */
export function tenantConfig(env: EdgeEnv, tenant: string, fresh = false): Promise<TenantConfig> {
  return cached(env, `tenant ${tenant}`, async () => await directoryOf(env).tenant(tenant), fresh);
}

/**
 * A key that may be used now.
 * @throws Problem 429 ERR_BUSY where strangers name more keys than are looked up
 */
export async function ingestKey(env: EdgeEnv, key: string): Promise<IngestKey | undefined> {
  if (!KEY_FORM.test(key)) return undefined;
  const name = `key ${key}`;
  const ask = async () => await directoryOf(env).key(key);
  const found = await cached(env, name, entries.has(name) ? ask : () => lookUpNew(ask));
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
  missing.clear();
}
