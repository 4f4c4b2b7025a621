/**
 * A snapshot of all objects of a tenant that holds whole batches only: what was acknowledged before is in it, what comes
 * later is not, and no batch is in it by half.
 *
 *    hold every ingest object -> name the state of every series object -> release
 *
 * Requests are taken all the while; only handing over waits, for as long as that takes.
 */
import type { Snapshot, TenantConfig } from './contract.js';
import type { EdgeEnv } from './env.js';
import { eachIngest, eachSeries } from './tenant-objects.js';

const TRIES = 4;

/**
 * @param token of this cut, 32 hex digits: `heldIds` asks by it, and `endHold` must follow
 * @returns the snapshot of each series object
 * @throws Error when something broke through at every try
 */
export async function cut(
  env: EdgeEnv,
  config: TenantConfig,
  { token, name }: { token: string; name: string },
): Promise<Snapshot[]> {
  for (let tries = 0; tries < TRIES; tries++) {
    const began = Date.now();
    let isWhole = true;
    let snapshots: Snapshot[] = [];
    try {
      await eachIngest(env, config, async (object) => await object.hold({ config, token }));
      snapshots = await eachSeries(env, config, async (object) => await object.createSnapshot(name));
    } finally {
      const released = await eachIngest(env, config, async (object) => await object.release(token));
      isWhole = released.every((one) => one.isWhole);
    }
    if (isWhole) return snapshots;
    // An object began anew, or another cut was made at the same time.
    await eachSeries(env, config, async (object) => {
      const isOwn = (one: Snapshot) => one.name === name && one.created >= began;
      if ((await object.snapshots()).some(isOwn)) await object.dropSnapshot(name);
    });
    await scheduler.wait(50 + 200 * Math.random() * 2 ** tries);
  }
  throw new Error(`no cut in ${TRIES} tries: objects began anew, or other cuts were made`);
}

/** The cut is not needed any more. */
export async function endCut(env: EdgeEnv, config: TenantConfig, token: string): Promise<void> {
  await eachIngest(env, config, async (object) => await object.endHold(token));
}

export function newToken(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
