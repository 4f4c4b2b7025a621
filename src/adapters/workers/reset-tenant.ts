/** A tenant as if it had never been, or the parts of it that are not to be kept. */
import type { TenantConfig } from './contract.js';
import { directoryOf } from './directory.js';
import { tenantConfig } from './directory-cache.js';
import type { EdgeEnv } from './env.js';
import { newestRing } from './rings.js';
import { eachIngest, eachSeries, tellPause, tellSettings } from './tenant-objects.js';

/** What a reset can leave as it is; rings always stay. */
export const TENANT_PARTS = ['series', 'keys', 'settings'] as const;
export type TenantPart = (typeof TENANT_PARTS)[number];

export async function resetTenant(
  env: EdgeEnv,
  config: TenantConfig,
  kept: readonly TenantPart[],
): Promise<void> {
  if (!kept.includes('series')) await wipeAll(env, config);
  const [keys, settings] = [!kept.includes('keys'), !kept.includes('settings')];
  await directoryOf(env).reset(config.tenant, { keys, settings });
  if (!settings) return;
  const standard = await directoryOf(env).tenant(config.tenant);
  await tellSettings(env, standard);
  await tellPause(env, standard, standard.pausedUntil ?? 0);
}

/** All objects, those too that the tenant is given meanwhile: half of a batch that is forgotten may have gone to them. */
async function wipeAll(env: EdgeEnv, given: TenantConfig): Promise<void> {
  for (let config = given; ; ) {
    const answers = await eachIngest(env, config, async (object) => await object.wipe());
    // A hand-over that is on its way must not bring back what is forgotten.
    const sent = answers.filter((one) => one !== undefined);
    await eachSeries(env, config, async (object) => await object.wipe(sent));
    const now = await tenantConfig(env, config.tenant, true);
    if (newestRing(now.rings).version === newestRing(config.rings).version) return;
    config = now;
  }
}
