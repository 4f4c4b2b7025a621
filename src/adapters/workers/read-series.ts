/** Asks the series objects of a tenant, and holds no more of what they answer than a Worker has memory for. */
import { MOST_ANSWER_BYTES } from './call-bytes.js';
import type { LeftOut, ReadAnswer, ReadCall } from './contract.js';
import type { EdgeEnv } from './env.js';
import { inTurns, within } from './fan-out.js';
import { bucketName } from './series-key.js';

/**
 * @param names of the objects; the answers come in their order
 * @param wholeBuckets asks again without buckets that were left out, until there are no further ones: their other parts
 *   may lie in any object. Each is named once then.
 * @param mostBytes of the images of all answers; where there are more, one of the answers says 'bytes' in `tooMuch`
 */
export async function readSeries(
  env: EdgeEnv,
  names: readonly string[],
  call: ReadCall,
  { wholeBuckets, mostBytes }: { wholeBuckets: boolean; mostBytes: number },
): Promise<{ reads: ReadAnswer[]; leftOut: LeftOut[] }> {
  const named = new Map<string, LeftOut>();
  for (;;) {
    const without = [...named.values()];
    const reads = await readEach(env, names, { ...call, without }, mostBytes);
    const found = reads.flatMap((read) => read.leftOut);
    if (!wholeBuckets || reads.some(({ tooMuch }) => tooMuch)) return { reads, leftOut: found };
    for (const bucket of found) named.set(bucketName(bucket), bucket);
    if (named.size === without.length) return { reads, leftOut: without };
  }
}

/**
 * Each object may answer an equal share. What does not go into its share is asked for again when the others are there, one
 * object at a time, with all the room that is left: series are spread by their names, groups need not be.
 */
async function readEach(
  env: EdgeEnv,
  names: readonly string[],
  call: ReadCall,
  mostBytes: number,
): Promise<ReadAnswer[]> {
  const ask = async (name: string, room: number): Promise<ReadAnswer> => {
    const maxBytes = Math.min(room, MOST_ANSWER_BYTES);
    return (await within(
      env.SERIES.getByName(name).read({ ...call, maxBytes }),
      name,
    )) as unknown as ReadAnswer;
  };
  const share = Math.floor(mostBytes / names.length);
  const reads = await inTurns(names, (name) => ask(name, share));
  if (reads.some(({ tooMuch }) => tooMuch && tooMuch !== 'bytes')) return reads;
  let held = reads.reduce((sum, read) => sum + bytesOf(read), 0);
  for (const [at, name] of names.entries()) {
    if (reads[at].tooMuch !== 'bytes') continue;
    reads[at] = await ask(name, mostBytes - held);
    if (reads[at].tooMuch) return reads;
    held += bytesOf(reads[at]);
  }
  // An object of a release that knows no share answers what it has.
  if (held > mostBytes) reads[0] = { ...reads[0], groups: [], tooMuch: 'bytes' };
  return reads;
}

function bytesOf({ groups }: ReadAnswer): number {
  return groups.reduce((sum, { image }) => sum + image.byteLength, 0);
}
