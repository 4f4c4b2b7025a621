/** The call that hands a sequence to the object that owns its series. */
import type { EdgeBindings } from './bindings.js';
import type { ApplyAnswer, ApplyCall } from './contract.js';
import { within } from './fan-out.js';
import { objectName } from './series-key.js';

/** An owner that does not answer for so long is asked again later: what it has applied it ignores then. */
const ANSWER_MS = 30_000;

/** @param slot of the owner */
export async function handOver(
  { SERIES }: Pick<EdgeBindings, 'SERIES'>,
  slot: number,
  call: ApplyCall,
): Promise<ApplyAnswer> {
  const owner = SERIES.getByName(objectName('series', call.config.tenant, slot));
  return await within(owner.apply(call), `series object ${slot}`, ANSWER_MS);
}
