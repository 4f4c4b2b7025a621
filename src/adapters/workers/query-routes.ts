/** GET /v1/quantiles, /v1/cdf and /v1/sketch: what is asked, merged by query.ts, as an answer. */
import { SketchArgumentError } from '../../core/errors.js';
import { EDGE_METRICS } from '../../metrics/edge-names.js';
import {
  emptyGroup,
  evenPoints,
  type Group,
  quantiles,
  shares,
  sketchBytes,
  standingHeaders,
  summary,
} from './answer.js';
import { MOST_ANSWER_BYTES } from './call-bytes.js';
import { tenantConfig } from './directory-cache.js';
import type { EdgeContext } from './http-context.js';
import { mostGroups, queryLimitsOf } from './limits.js';
import { logFailure } from './log.js';
import { Problem, refuse, unavailable } from './problem.js';
import { query } from './query.js';
import {
  cdfParameters,
  type QueryParameters,
  quantilesParameters,
  sketchParameters,
} from './query-parameters.js';
import { numberOf } from './variables.js';
import { countStanding, workerCounters } from './worker-counters.js';

type QueryResult = Awaited<ReturnType<typeof query>>;

/** Buckets named in an answer that had to do without them. */
const LEFT_OUT_SHOWN = 100;

export async function quantilesRoute(context: EdgeContext): Promise<Response> {
  const asked = quantilesParameters(urlOf(context), queryLimitsOf(context.env));
  const result = await run(context, asked, asked.ranks.length + asked.thresholds.length);
  return render(asked, result, (group) => ({
    ...summary(group),
    quantiles: quantiles(group.sketch, asked.ranks),
    shares: shares(group.sketch, asked.thresholds),
  }));
}

export async function cdfRoute(context: EdgeContext): Promise<Response> {
  const asked = cdfParameters(urlOf(context), queryLimitsOf(context.env));
  const result = await run(context, asked, asked.thresholds?.length ?? asked.points);
  return render(asked, result, (group) => ({
    ...summary(group),
    shares: shares(group.sketch, asked.thresholds ?? evenPoints(group.sketch, asked.points)),
  }));
}

export async function sketchRoute(context: EdgeContext): Promise<Response> {
  const asked = sketchParameters(urlOf(context), queryLimitsOf(context.env));
  const result = await run(context, asked, 1);
  const { sketch } = result.groups[0] ?? emptyGroup();
  let bytes: Uint8Array;
  try {
    bytes = sketchBytes(sketch, asked.format, asked.k);
  } catch (error) {
    if (!(error instanceof SketchArgumentError)) throw error;
    return refuse(422, 'ERR_NOT_REPRESENTABLE', `${asked.format} has no room for these values`);
  }
  return new Response(bytes, {
    headers: {
      'content-type': 'application/octet-stream',
      'x-kll-n': String(sketch.n),
      ...standingHeaders(result),
      'x-kll-left-out': String(result.leftOut.length),
      ...(asked.explain ? { 'x-kll-explain': JSON.stringify(result.explain) } : {}),
    },
  });
}

/**
 * Asks the objects; counts and logs what is out of the ordinary.
 * @param points quantiles and shares that are told of each group
 */
async function run(context: EdgeContext, asked: QueryParameters, points: number): Promise<QueryResult> {
  const { env } = context;
  const { tenant } = context.get('identity');
  const limits = queryLimitsOf(env);
  const { maxBuckets, maxSeries } = limits;
  const maxGroups = mostGroups(limits, points);
  const { selection, by, asOf, last, wholeBuckets } = asked;
  const began = Date.now();
  let result: QueryResult;
  try {
    // A snapshot may be of objects that this isolate has not heard of yet; what is pending tells others of them.
    const config = await tenantConfig(env, tenant, asOf !== undefined);
    result = await query(env, config, {
      selection,
      ...(by ? { by } : {}),
      ...(asOf === undefined ? {} : { asOf }),
      ...(last === undefined ? {} : { last }),
      wholeBuckets,
      maxBuckets,
      maxSeries,
      maxGroups,
    });
  } catch (error) {
    throw error instanceof Problem ? error : unavailable(error);
  }
  logSlow(context, asked, result, Date.now() - began);
  if (result.isUnknownSnapshot) {
    return refuse(404, 'ERR_SNAPSHOT', 'asOf: there is no snapshot of this name');
  }
  if (result.tooMuch) {
    const [most, instead] = {
      buckets: [maxBuckets, 'less time'],
      series: [maxSeries, 'less time'],
      groups: [maxGroups, 'fewer quantiles of each'],
      bytes: [MOST_ANSWER_BYTES, 'fewer groups'],
    }[result.tooMuch];
    return refuse(
      422,
      'ERR_QUERY_TOO_LARGE',
      `the query touches more than ${most} ${result.tooMuch}; ask for ${instead} or fewer series`,
    );
  }
  countStanding(result);
  return result;
}

/** What was asked for is its sender's: the line has its shape alone. */
function logSlow(context: EdgeContext, asked: QueryParameters, { explain }: QueryResult, ms: number): void {
  if (ms < numberOf(context.env, 'KLL_SLOW_QUERY_MS')) return;
  workerCounters.add(EDGE_METRICS.slowQueries);
  const { selection, by = [], asOf } = asked;
  logFailure('warn', 'slow query', {
    route: context.get('route'),
    tenant: context.get('identity').tenant,
    ms,
    minutes: Math.round((Math.min(selection.to, Date.now()) - selection.from) / 60_000),
    matchers: selection.matchers.length,
    groupedBy: by.length,
    asOf: asOf !== undefined,
    explain: Object.fromEntries(Object.entries(explain).map(([name, value]) => [name, Math.round(value)])),
  });
}

/** One answer, or with `by` one for each group. */
function render(
  { by, explain }: QueryParameters,
  { groups, freshnessMs, partial, stale, leftOut, explain: explained }: QueryResult,
  answer: (group: Group) => object,
): Response {
  const about = {
    freshnessMs: Math.round(freshnessMs),
    partial,
    stale,
    ...(partial ? { leftOut: leftOut.slice(0, LEFT_OUT_SHOWN), leftOutCount: leftOut.length } : {}),
    ...(explain ? { explain: explained } : {}),
  };
  if (!by) return Response.json({ ...answer(groups[0] ?? emptyGroup()), ...about });
  const answers = groups.map((group) => ({ labels: Object.fromEntries(group.labels), ...answer(group) }));
  return Response.json({ groups: answers, ...about });
}

function urlOf(context: EdgeContext): URL {
  return new URL(context.req.url);
}
