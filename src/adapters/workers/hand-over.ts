/** The call that hands a sequence to the object that owns its series. */
import type { EdgeBindings } from './bindings.js';
import type { ApplyAnswer, ApplyCall } from './contract.js';
import { objectName } from './series-key.js';

/** An owner that does not answer for so long is asked again later: what it has applied it ignores then. */
const ANSWER_MS = 30_000;

/** @param slot of the owner */
export async function handOver(
  { SERIES }: Pick<EdgeBindings, 'SERIES'>,
  slot: number,
  call: ApplyCall,
): Promise<ApplyAnswer> {
  const answered = new AbortController();
  const tooLate = scheduler.wait(ANSWER_MS, { signal: answered.signal }).then(() => {
    throw new Error(`no answer of series object ${slot} in ${ANSWER_MS} ms`);
  });
  // It is aborted when the answer is there; nobody waits for it then.
  tooLate.catch(() => {});
  try {
    const answer = SERIES.getByName(objectName('series', call.config.tenant, slot)).apply(call);
    return await Promise.race([answer, tooLate]);
  } finally {
    answered.abort();
  }
}
