/** /v1/admin/series/debug: what a person needs who looks into a tenant's data. */
import { Hono } from 'hono';
import { KllSketch } from '../../sketch/sketch.js';
import { compactHeader } from '../../wire/compact-header.js';
import { configOf, iso } from './admin-request.js';
import type { BucketDebug, PendingAnswer, SeriesDebug } from './contract.js';
import { debugParameters } from './debug-parameters.js';
import { codeOf } from './error-code.js';
import type { EdgeHono } from './http-context.js';
import { queryLimitsOf } from './limits.js';
import { PendingRoom, pendingPages } from './pending-pages.js';
import { fail, refuse } from './problem.js';
import { objectNames, parseSeriesKey } from './series-key.js';
import { eachIngest, eachSeries } from './tenant-objects.js';

export const diagnosticsRoutes = new Hono<EdgeHono>().get('/series/debug', async (context) => {
  const { env } = context;
  const config = await configOf(context);
  const { key, ...call } = debugParameters(new URL(context.req.url), queryLimitsOf(env));
  const { name, labels } = parseSeriesKey(key);
  const matchers = Object.entries(labels).map(([label, value]) => ({ label, op: '=' as const, value }));
  const selection = { name, matchers, from: call.from, to: call.to };
  // Ingest objects first, as queries do: what is handed over in between is told twice rather than not at all.
  const room = new PendingRoom(objectNames('ingest', config.tenant, config.rings).length);
  const pending = await eachIngest(env, config, async (object) => {
    return await pendingPages(
      async (after) =>
        (await object.pending(selection, config, after, room.page)) as unknown as PendingAnswer,
      room,
    );
  }).catch(fail);
  if (room.isFull)
    refuse(422, 'ERR_QUERY_TOO_LARGE', 'more of this series waits to be merged than can be shown');
  const found = await eachSeries(env, config, async (object) => {
    return (await object.debug({ key, ...call })) as SeriesDebug | undefined;
  }).catch(fail);
  const waiting = pending.flatMap(({ sender, rows }) =>
    rows
      .filter((row) => row.key === key)
      .map(({ sequence, ringVersion, start, image }) => {
        return { sender, sequence, ringVersion, start: iso(start), ...decoded(new Uint8Array(image)) };
      }),
  );
  if (waiting.length === 0 && found.every((one) => one === undefined)) {
    return refuse(404, 'ERR_NOT_FOUND', 'there is no such series');
  }
  const names = objectNames('series', config.tenant, config.rings);
  return context.json({
    key,
    name,
    labels,
    pending: waiting,
    objects: found.flatMap((one, slot) => (one ? [{ object: names[slot], ...readable(one) }] : [])),
  });
});

/** Times as people read them. */
function readable({ n, first, last, parts, buckets }: SeriesDebug) {
  return {
    n,
    first: iso(first),
    last: iso(last),
    parts,
    buckets: buckets.map(({ start, closes, ...bucket }: BucketDebug) => ({
      ...bucket,
      start: iso(start),
      ...(closes === undefined ? {} : { closes: iso(closes) }),
    })),
  };
}

function decoded(image: Uint8Array) {
  const header = compactHeader(image);
  try {
    const sketch = KllSketch.fromBytes(image);
    return { n: sketch.n, bytes: image.length, header, state: sketch.debugState() };
  } catch (error) {
    return { code: codeOf(error), bytes: image.length, header };
  }
}
