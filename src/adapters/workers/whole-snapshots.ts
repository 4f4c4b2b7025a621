/**
 * Snapshots of a tenant as its objects have them together. Each object drops its own by its own clock: one that an object
 * lacks is none any more, for an answer from the others would look whole, and lack something.
 */
import type { Snapshot, TenantConfig } from './contract.js';
import type { EdgeEnv } from './env.js';
import { eachSeries } from './tenant-objects.js';

/** Half a snapshot that is older than this is not being made: it is what is left of one. */
const LONGEST_MAKING_MS = 60_000;

export interface NamedSnapshot {
  name: string;
  /** Epoch milliseconds. */
  created: number;
  /** Over how many series objects it was made; undefined for what is left of one. */
  objects: number | undefined;
}

/**
 * Over how many objects a snapshot was made, the first so many, where all of them have it still; undefined where one has
 * not. Objects of later rings have none, and had nothing then.
 * @param bySlot what each object says of it; undefined where it has none
 */
export function objectsOf(bySlot: readonly (Pick<Snapshot, 'objects'> | undefined)[]): number | undefined {
  // Where a release before made it, that was over the last one that has it at least.
  const last = bySlot.findLastIndex((one) => one !== undefined);
  const objects = Math.max(last + 1, ...bySlot.map((one) => one?.objects ?? 0));
  const isWhole = objects <= bySlot.length && !bySlot.slice(0, objects).includes(undefined);
  return isWhole && objects > 0 ? objects : undefined;
}

/** All that any object has, oldest first. */
export async function snapshotsOf(env: EdgeEnv, config: TenantConfig): Promise<NamedSnapshot[]> {
  const answers = await eachSeries(
    env,
    config,
    async (object) => (await object.snapshots()) as readonly Snapshot[],
  );
  const names = new Set(answers.flat().map(({ name }) => name));
  const named = Array.from(names, (name) => {
    const bySlot = answers.map((snapshots) => snapshots.find((one) => one.name === name));
    const created = Math.max(...bySlot.map((one) => one?.created ?? 0));
    return { name, created, objects: objectsOf(bySlot) };
  });
  return named.sort((a, b) => a.created - b.created);
}

/** What is left of a snapshot goes, so that its name can be given anew; one that is being made stays. */
export async function dropRemnants(env: EdgeEnv, config: TenantConfig, name: string): Promise<void> {
  await eachSeries(env, config, async (object) => {
    const left = (await object.snapshots()).find((one) => one.name === name);
    if (left && left.created < Date.now() - LONGEST_MAKING_MS) await object.dropSnapshot(name, left.version);
  });
}
