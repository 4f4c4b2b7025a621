/** GET /v1/series: the series of a tenant, across its objects, a page at a time. */
import { fromBase64Url, toBase64Url } from '../../wire/base64url.js';
import type { SeriesRow, TenantConfig } from './contract.js';
import { tenantConfig } from './directory-cache.js';
import type { EdgeEnv } from './env.js';
import type { EdgeContext } from './http-context.js';
import { queryLimitsOf } from './limits.js';
import { refuse, unavailable } from './problem.js';
import { seriesParameters } from './query-parameters.js';
import { seriesTest } from './selection.js';
import { objectNames, parseSeriesKey } from './series-key.js';

/** Rounds of asking for one page: where matchers leave little of each, the page ends early. */
const MOST_ROUNDS = 10;

export async function seriesRoute(context: EdgeContext): Promise<Response> {
  const { env } = context;
  const limits = queryLimitsOf(env);
  const { name, matchers, after, limit } = seriesParameters(new URL(context.req.url), limits);
  if (matchers.length > 0 && name === undefined) {
    return refuse(400, 'ERR_PARAMETER', 'match: expected together with name');
  }
  const isWanted = name === undefined ? () => true : seriesTest({ name, matchers });
  const config = await tenantConfig(env, context.get('identity').tenant).catch(fail);
  const page: SeriesRow[] = [];
  let last = after === undefined ? undefined : cursorOf(after);
  let ended = false;
  for (let round = 0; round < MOST_ROUNDS && page.length < limit && !ended; round++) {
    const rows = await seriesAfter(env, config, name, last, limit);
    ended = rows.length < limit;
    for (const row of rows) {
      if (page.length === limit) {
        ended = false;
        break;
      }
      last = row.key;
      if (isWanted(row.key)) page.push(row);
    }
  }
  return Response.json({
    series: page.map(({ key, n, first, last }) => ({
      ...parseSeriesKey(key),
      n,
      first: new Date(first).toISOString(),
      last: new Date(last).toISOString(),
    })),
    ...(ended || last === undefined ? {} : { next: toBase64Url(new TextEncoder().encode(last)) }),
  });
}

/** The next `limit` series in order of their keys: each object's next ones hold all of them. */
export async function seriesAfter(
  env: EdgeEnv,
  config: TenantConfig,
  name: string | undefined,
  after: string | undefined,
  limit: number,
): Promise<SeriesRow[]> {
  const ask = { ...(name === undefined ? {} : { name }), ...(after === undefined ? {} : { after }), limit };
  const lists = await Promise.all(
    objectNames('series', config.tenant, config.rings).map(async (object) => {
      return (await env.SERIES.getByName(object).list(ask)).series;
    }),
  ).catch(fail);
  // A series whose owner changed with a ring lies in two objects.
  const rows = new Map<string, SeriesRow>();
  for (const row of lists.flat()) {
    const known = rows.get(row.key);
    rows.set(
      row.key,
      known
        ? {
            key: row.key,
            n: known.n + row.n,
            first: Math.min(known.first, row.first),
            last: Math.max(known.last, row.last),
          }
        : row,
    );
  }
  return [...rows.values()].sort((a, b) => compareUtf8(a.key, b.key)).slice(0, limit);
}

/** The order in which SQLite has texts: that of their UTF-8 bytes, which is that of code points. */
function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a.charCodeAt(i) === b.charCodeAt(i)) continue;
    return a.codePointAt(i)! - b.codePointAt(i)!;
  }
  return a.length - b.length;
}

function cursorOf(after: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(fromBase64Url(after));
  } catch {
    return refuse(400, 'ERR_PARAMETER', 'after: expected `next` of the page before');
  }
}

function fail(error: unknown): never {
  throw unavailable(error);
}
