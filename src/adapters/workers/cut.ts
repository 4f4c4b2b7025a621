/**
 * A snapshot of all objects of a tenant that holds whole batches only: what was acknowledged before is in it, what comes
 * later is not, and no batch is in it by half.
 *
 *    hold every ingest object -> name the state of every series object -> release
 *
 * Requests are taken all the while; only handing over waits, for as long as that takes.
 */
import type { Snapshot, TenantConfig } from './contract.js';
import { tenantConfig } from './directory-cache.js';
import type { EdgeEnv } from './env.js';
import { inTurns } from './fan-out.js';
import { hexOf } from './hex.js';
import { newestRing } from './rings.js';
import { objectNames } from './series-key.js';
import { eachIngest, eachSeries, type SeriesStub } from './tenant-objects.js';

export const TRIES = 4;

/** A snapshot that a try made itself. */
interface MadeSnapshot {
  object: SeriesStub;
  version: number;
}

/**
 * @param token of this cut, 32 hex digits: `heldIds` asks by it, and `endHold` must follow
 * @returns the snapshots of the series objects
 * @throws Error when something broke through at every try, or the tenant was given more objects
 */
export async function cut(
  env: EdgeEnv,
  config: TenantConfig,
  { token, name }: { token: string; name: string },
): Promise<Snapshot[]> {
  for (let tries = 0; tries < TRIES; tries++) {
    const made: MadeSnapshot[] = [];
    try {
      const { snapshots, isWhole } = await tryOnce(env, config, { token, name }, made);
      // One of the name that stands although this try broke into the cut that made it was whole before.
      const stands = made.length === 0 && tries > 0;
      if (isWhole && (made.length === snapshots.length || stands)) return snapshots;
    } catch (error) {
      await drop(name, made);
      throw error;
    }
    // An object began anew, or another cut was made at the same time. The next try must not find what this one named.
    await drop(name, made);
    await waitForTry(tries);
  }
  throw new Error(`no cut in ${TRIES} tries: objects began anew, or other cuts were made`);
}

/** @param made is told of each snapshot that was not there before */
async function tryOnce(
  env: EdgeEnv,
  config: TenantConfig,
  { token, name }: { token: string; name: string },
  made: MadeSnapshot[],
): Promise<{ snapshots: Snapshot[]; isWhole: boolean }> {
  const snapshots: Snapshot[] = [];
  const objects = objectNames('series', config.tenant, config.rings).length;
  const isWhole = await whileHeld(env, config, token, async () => {
    const failures: unknown[] = [];
    await eachSeries(env, config, async (object) => {
      try {
        const { isKnown, ...snapshot } = await object.createSnapshot(name, { config, objects });
        snapshots.push(snapshot);
        if (!isKnown) made.push({ object, version: snapshot.version });
      } catch (error) {
        // The others are waited for: what they name has to be dropped.
        failures.push(error);
      }
    });
    if (failures.length > 0) throw failures[0];
  });
  return { snapshots, isWhole };
}

/**
 * Does something when all that was taken is handed over, and nothing that comes later is.
 * @param token as `cut` has it
 * @returns whether nothing has left meanwhile
 * @throws Error where the tenant was given more objects
 */
export async function whileHeld(
  env: EdgeEnv,
  config: TenantConfig,
  token: string,
  run: () => Promise<void>,
): Promise<boolean> {
  let isWhole = false;
  try {
    await eachIngest(env, config, async (object) => await object.hold({ config, token }));
    await requireRings(env, config);
    await run();
    await requireRings(env, config);
  } finally {
    const released = await eachIngest(env, config, async (object) => await object.release(token));
    isWhole = released.every((one) => one.isWhole);
  }
  return isWhole;
}

/**
 * That the objects which are held are all that there are. Nobody can have stored by a ring that the directory does not
 * have yet.
 * @throws Error where the tenant was given more since its configuration was read: half of a batch may have gone to them
 */
async function requireRings(env: EdgeEnv, { tenant, rings }: TenantConfig): Promise<void> {
  const now = await tenantConfig(env, tenant, true);
  if (newestRing(now.rings).version > newestRing(rings).version) {
    throw new Error('the tenant was given more objects meanwhile: begin again');
  }
}

/** Before the next try, a while that is another each time: others try too. */
export async function waitForTry(tries: number): Promise<void> {
  await scheduler.wait(50 + 200 * Math.random() * 2 ** tries);
}

/** Each by its own version: one of the same name that another cut made stays. */
async function drop(name: string, made: readonly MadeSnapshot[]): Promise<void> {
  await inTurns(made, async ({ object, version }) => await object.dropSnapshot(name, version));
}

/** The cut is not needed any more. */
export async function endCut(env: EdgeEnv, config: TenantConfig, token: string): Promise<void> {
  await eachIngest(env, config, async (object) => await object.endHold(token));
}

/** The backup of a cut is alive. */
export async function renewCut(env: EdgeEnv, config: TenantConfig, token: string): Promise<void> {
  await eachIngest(env, config, async (object) => await object.renewHold(token));
}

export function newToken(): string {
  return hexOf(crypto.getRandomValues(new Uint8Array(16)));
}
