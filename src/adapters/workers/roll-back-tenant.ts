/** All objects of a tenant go back to one snapshot between two batches: none of a batch goes while the other half comes. */
import type { TenantConfig } from './contract.js';
import { endCut, newToken, TRIES, waitForTry, whileHeld } from './cut.js';
import type { EdgeEnv } from './env.js';
import { eachSeries } from './tenant-objects.js';
import { snapshotsOf } from './whole-snapshots.js';

/**
 * @returns false where there is no such snapshot, and nothing is changed
 * @throws Error when something broke through at every try
 */
export async function rollBackTenant(env: EdgeEnv, config: TenantConfig, name: string): Promise<boolean> {
  const token = newToken();
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      let isKnown = true;
      const isWhole = await whileHeld(env, config, token, async () => {
        isKnown = await rollBackAll(env, config, name);
      });
      if (!isKnown) return false;
      if (isWhole) return true;
      // What broke through may have come to some objects before and to others after: done again, all of it goes.
      await waitForTry(tries);
    }
    throw new Error(`no roll-back in ${TRIES} tries: objects began anew, or cuts were made`);
  } finally {
    await endCut(env, config, token);
  }
}

async function rollBackAll(env: EdgeEnv, config: TenantConfig, name: string): Promise<boolean> {
  // Right before: objects drop snapshots by their own clocks.
  const objects = (await snapshotsOf(env, config)).find((one) => one.name === name)?.objects;
  if (objects === undefined) return false;
  // An object of a later ring has no such snapshot: it had nothing then.
  const answers = await eachSeries(env, config, async (object, slot) =>
    object.rollBack(name, slot >= objects),
  );
  if (answers.includes(false)) throw new Error('an object has dropped the snapshot meanwhile');
  return true;
}
