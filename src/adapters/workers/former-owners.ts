/**
 * Who else may have taken a batch: after a change of N an id has another owner, and a sender that was not answered may
 * send again what the former one has. For as long as that can be, the new owner asks before it takes.
 */
import type { EdgeBindings } from './bindings.js';
import type { KnownBatch, TakeCall } from './contract.js';
import { idsOutlive, newestRing } from './rings.js';
import { objectName, slotOf } from './series-key.js';

/** Owners under former rings that may know it: after a ring was in use, for as long as ids that were taken then. */
export function formerOwners({ config, batchId }: TakeCall, now: number): string[] {
  const { rings, tenant, windowMs } = config;
  const id = new Uint8Array(batchId);
  const owner = slotOf(id, newestRing(rings).ingest);
  const slots = new Set<number>();
  for (let i = 0; i + 1 < rings.length; i++) {
    if (now <= rings[i + 1].since + idsOutlive(windowMs)) slots.add(slotOf(id, rings[i].ingest));
  }
  slots.delete(owner);
  return Array.from(slots, (slot) => objectName('ingest', tenant, slot));
}

/**
 * Asks former owners what they know of a batch; from then on they refuse calls of former rings.
 * @returns the checksum of the batch, when one of them has taken it; else whether one cannot say any more
 */
export async function askFormerOwners(
  owners: readonly string[],
  { config, batchId, created }: TakeCall,
  env: EdgeBindings,
): Promise<KnownBatch> {
  const { version } = newestRing(config.rings);
  const answers = await Promise.all(
    owners.map((name) => env.INGEST.getByName(name).knows({ batchId, created, version })),
  );
  return answers.find(({ crc }) => crc !== undefined) ?? answers.find((answer) => answer.isForgotten) ?? {};
}
