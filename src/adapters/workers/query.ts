/**
 * A query over all objects of a tenant: ingest objects first, then series objects, whose answers become one (combine.ts).
 */
import { MOST_QUERY_BYTES } from './call-bytes.js';
import { mergeParts, partsByGroup, type QueryGroup } from './combine.js';
import type {
  LeftOut,
  PendingAnswer,
  PendingPlace,
  ReadAnswer,
  ReadCall,
  Selection,
  Snapshot,
  TenantConfig,
} from './contract.js';
import { tenantConfig } from './directory-cache.js';
import { hasTooManySeries } from './each-series.js';
import type { EdgeEnv } from './env.js';
import { inTurns, within } from './fan-out.js';
import { rememberAnswer, rememberedAnswer } from './last-answers.js';
import { PendingRoom, pendingPages } from './pending-pages.js';
import { readSeries } from './read-series.js';
import { newestRing } from './rings.js';
import { objectNames } from './series-key.js';
import { objectsOf } from './whole-snapshots.js';

export interface QueryAsk {
  selection: Selection;
  /** Labels to group by, or every series by itself; absent: all together. */
  by?: string[] | 'each';
  /** Name of a snapshot: what is pending does not count then. */
  asOf?: string;
  /** No part of a bucket counts of which another cannot be read: what is left out can be added from elsewhere. */
  wholeBuckets?: boolean;
  /** The stretch of time ends with the clock, and begins so long before, milliseconds. */
  last?: number;
  /** Most buckets and series an object may touch. */
  maxBuckets: number;
  maxSeries: number;
  /** Most groups of the answer. */
  maxGroups: number;
  /** Most bytes of images that the series objects answer, together; {@link MOST_QUERY_BYTES} if absent. */
  maxBytes?: number;
}

export interface QueryAnswer {
  groups: QueryGroup[];
  /** Something could not be read: `leftOut` says what, as far as it is known. */
  partial: boolean;
  leftOut: LeftOut[];
  /** The answer holds all that was acknowledged until so long before it was given. */
  freshnessMs: number;
  tooMuch?: 'buckets' | 'series' | 'groups' | 'bytes';
  /** There is no snapshot of that name, or not all objects that it was made over have it still. */
  isUnknownSnapshot?: true;
  explain: QueryExplain;
  /** An object did not answer: this is what was known before, or lacks what was not merged yet. */
  stale: boolean;
}

export interface QueryExplain {
  ingestObjects: number;
  seriesObjects: number;
  pendingRows: number;
  pendingRowsCounted: number;
  bucketsRead: number;
  bucketsPruned: number;
  imagesMerged: number;
  itemsScanned: number;
  cacheHits: number;
  cacheMisses: number;
  /** Summed over the objects. */
  readMs: number;
  mergeMs: number;
  /** As the Worker saw it pass. */
  pendingMs: number;
  seriesMs: number;
  combineMs: number;
}

export async function query(env: EdgeEnv, config: TenantConfig, ask: QueryAsk): Promise<QueryAnswer> {
  try {
    const answer = await freshAnswer(env, config, ask);
    const isWhole = !answer.stale && !answer.tooMuch && !answer.isUnknownSnapshot;
    if (isWhole) rememberAnswer(config, ask, answer);
    return answer;
  } catch (error) {
    const known = rememberedAnswer(config, ask);
    if (!known) throw error;
    const { at, answer } = known;
    return { ...answer, stale: true, freshnessMs: answer.freshnessMs + Date.now() - at };
  }
}

async function freshAnswer(env: EdgeEnv, given: TenantConfig, ask: QueryAsk): Promise<QueryAnswer> {
  const clock = stopwatch();
  const readAt = Date.now();
  let config = given;
  let { pending, room } = await readPending(env, config, ask);
  const newest = Math.max(0, ...pending.map((answer) => answer?.ringVersion ?? 0));
  if (newest > newestRing(config.rings).version) {
    // There is a ring that this isolate has not heard of, and data may have come by it.
    config = await tenantConfig(env, config.tenant, true);
    ({ pending, room } = await readPending(env, config, ask));
  }
  const pendingMs = clock();
  const { selection, by, asOf, maxBuckets, maxSeries, maxGroups } = ask;
  const hasTooMany = by === 'each' && (await hasTooManySeries(env, config, selection, pending));
  const call: ReadCall = { config, selection, maxBuckets, maxSeries, maxGroups };
  if (by) call.by = by;
  if (asOf !== undefined) call.asOf = asOf;
  const names = hasTooMany || room.isFull ? [] : objectNames('series', config.tenant, config.rings);
  const { reads, leftOut } = await readSeries(env, names, call, {
    wholeBuckets: ask.wholeBuckets === true,
    mostBytes: Math.max(0, Math.min(ask.maxBytes ?? Infinity, MOST_QUERY_BYTES - room.held)),
  });
  if (by === 'each' && reads.some(({ isOfEach }) => !isOfEach))
    throw new Error('an object is of a former release');
  const seriesMs = clock();
  const explain: QueryExplain = {
    ingestObjects: pending.length,
    seriesObjects: reads.length,
    pendingRows: 0,
    pendingRowsCounted: 0,
    bucketsRead: 0,
    bucketsPruned: 0,
    imagesMerged: 0,
    itemsScanned: 0,
    cacheHits: 0,
    cacheMisses: 0,
    readMs: 0,
    mergeMs: 0,
    pendingMs,
    seriesMs,
    combineMs: 0,
  };
  for (const { explain: part } of reads) {
    for (const key of Object.keys(part) as (keyof typeof part)[]) explain[key] += part[key];
  }
  let tooMuch = hasTooMany ? 'series' : room.isFull ? 'bytes' : reads.find((read) => read.tooMuch)?.tooMuch;
  let groups: QueryGroup[] = [];
  if (!tooMuch) {
    const found = partsByGroup(config, by, pending, reads, explain);
    if (found.length > maxGroups) tooMuch = 'groups';
    else groups = found.flatMap((parts) => mergeParts(parts, config, leftOut));
  }
  explain.combineMs = clock();
  const silent = pending.filter((answer) => answer === undefined).length;
  const newestEnd = groups.reduce((most, { to }) => Math.max(most, to), selection.from);
  return {
    groups,
    partial: leftOut.length > 0 || silent > 0,
    leftOut,
    // Without what an ingest object holds, only what was handed over is sure to be in.
    freshnessMs: Math.max(0, Date.now() - (silent > 0 ? Math.min(newestEnd, readAt) : readAt)),
    ...(tooMuch ? { tooMuch } : {}),
    ...(asOf !== undefined && reads.length > 0 && objectsOf(reads.map(snapshotIn)) === undefined
      ? { isUnknownSnapshot: true }
      : {}),
    explain,
    stale: silent > 0,
  };
}

function snapshotIn({
  isUnknownSnapshot,
  snapshotObjects: objects,
}: ReadAnswer): Pick<Snapshot, 'objects'> | undefined {
  return isUnknownSnapshot ? undefined : objects === undefined ? {} : { objects };
}

/**
 * undefined for an object that does not answer; nothing of what is pending counts in a snapshot.
 * @throws when none does
 */
async function readPending(
  env: EdgeEnv,
  config: TenantConfig,
  { selection, asOf }: QueryAsk,
): Promise<{ pending: (PendingAnswer | undefined)[]; room: PendingRoom }> {
  const names = asOf === undefined ? objectNames('ingest', config.tenant, config.rings) : [];
  const room = new PendingRoom(names.length);
  let failure: unknown;
  const pending = await inTurns(names, async (name) => {
    try {
      const object = env.INGEST.getByName(name);
      const ask = (after: PendingPlace) => object.pending(selection, config, after, room.page);
      return await pendingPages((after) => within(ask(after), name), room);
    } catch (error) {
      failure = error;
      return undefined;
    }
  });
  if (names.length > 0 && pending.every((answer) => answer === undefined)) throw failure;
  return { pending, room };
}

function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const passed = now - last;
    last = now;
    return passed;
  };
}
