/** GET /v1/series: the series of a tenant, across its objects, a page at a time. */
import type { SeriesRow } from './contract.js';
import { tenantConfig } from './directory-cache.js';
import type { EdgeContext } from './http-context.js';
import { queryLimitsOf } from './limits.js';
import { fail, refuse } from './problem.js';
import { seriesParameters } from './query-parameters.js';
import { seriesTest } from './selection.js';
import { parseSeriesKey } from './series-key.js';
import { cursorBehind, keyOfCursor, seriesAfter } from './series-list.js';

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
  let from = after === undefined ? undefined : await keyOfCursor(env, config, after);
  let next: string | undefined;
  let ended = false;
  for (let round = 0; round < MOST_ROUNDS && page.length < limit && !ended; round++) {
    const ask = {
      ...(name === undefined ? {} : { name }),
      ...(from === undefined ? {} : { after: from }),
      limit,
    };
    const rows = await seriesAfter(env, config, ask);
    ended = rows.length < limit;
    for (const row of rows) {
      if (page.length === limit) {
        ended = false;
        break;
      }
      from = row.key;
      next = cursorBehind(row);
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
    ...(ended || next === undefined ? {} : { next }),
  });
}
