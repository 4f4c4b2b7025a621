/** The call that hands a sequence, or a part of it, to the object that owns its series. */
import type { EdgeBindings } from './bindings.js';
import type { ApplyAnswer, ApplyCall, ApplyPartCall } from './contract.js';
import { within } from './fan-out.js';
import { objectName } from './series-key.js';

/** An owner that does not answer for so long is asked again later: what it has applied it ignores then. */
const ANSWER_MS = 30_000;

/** @param slot of the owner */
export async function handOver(
  { SERIES }: Pick<EdgeBindings, 'SERIES'>,
  slot: number,
  call: ApplyCall | ApplyPartCall,
): Promise<ApplyAnswer> {
  const owner = SERIES.getByName(objectName('series', call.config.tenant, slot));
  const answer = 'first' in call ? owner.applyPart(call) : owner.apply(call);
  return await within(answer, `series object ${slot}`, ANSWER_MS);
}
