/** GET /metrics/series: chosen series of a tenant as Prometheus summaries, for dashboards that read nothing else. */
import { PROMETHEUS_CONTENT_TYPE, renderPrometheus } from '../../metrics/prometheus.js';
import type { Sample } from '../../metrics/registry.js';
import { KllSketch } from '../../sketch/sketch.js';
import { type Group, type Standing, standingHeaders } from './answer.js';
import type { TenantConfig } from './contract.js';
import { tenantConfig } from './directory-cache.js';
import { MOST_SERIES } from './each-series.js';
import type { EdgeEnv } from './env.js';
import type { EdgeContext } from './http-context.js';
import { mostGroups, queryLimitsOf } from './limits.js';
import { Problem, refuse, unavailable } from './problem.js';
import { type QueryAnswer, type QueryAsk, query } from './query.js';
import { exportParameters } from './query-parameters.js';
import { countStanding } from './worker-counters.js';

/** Characters of an answer: labels stand on every line. */
const MOST_TEXT = 16 * 2 ** 20;

export async function seriesExportRoute(context: EdgeContext): Promise<Response> {
  const { env } = context;
  const limits = queryLimitsOf(env);
  const { selections, ranks, last } = exportParameters(new URL(context.req.url), limits);
  const { maxBuckets, maxSeries } = limits;
  const most = { maxBuckets, maxSeries, maxGroups: mostGroups(limits, ranks.length) };
  let text = '';
  let room = MOST_TEXT;
  const standing: Standing = { partial: false, stale: false, freshnessMs: 0 };
  try {
    const config = await tenantConfig(env, context.get('identity').tenant);
    const written = new Map<string, string>();
    for (const selection of selections) {
      const metric = metricName(selection.name);
      if (written.has(metric)) {
        refuse(400, 'ERR_PARAMETER', 'match: two names are one as names of metrics; ask for them apart');
      }
      written.set(metric, selection.name);
      const ask = { ...most, selection, ...(last === undefined ? {} : { last }) };
      const answer = await answerOf(env, config, ask);
      countStanding(answer);
      room -= textOf(answer.groups, ranks.length + 2);
      if (room < 0) {
        refuse(
          422,
          'ERR_QUERY_TOO_LARGE',
          'labels of so many series and quantiles are longer than an answer may be',
        );
      }
      standing.partial ||= answer.partial;
      standing.stale ||= answer.stale;
      standing.freshnessMs = Math.max(standing.freshnessMs, answer.freshnessMs);
      text += remarks(metric, answer) + render(metric, selection.name, answer.groups, ranks);
    }
  } catch (error) {
    throw error instanceof Problem ? error : unavailable(error);
  }
  const headers = { 'content-type': PROMETHEUS_CONTENT_TYPE, ...standingHeaders(standing) };
  return new Response(text, { headers });
}

/** Every series by itself, those too that no series object has yet. */
async function answerOf(env: EdgeEnv, config: TenantConfig, ask: QueryAsk): Promise<QueryAnswer> {
  const answer = await query(env, config, { ...ask, by: 'each' });
  if (!answer.tooMuch) return answer;
  const most = Math.min(MOST_SERIES, ask.maxGroups);
  return refuse(
    422,
    'ERR_QUERY_TOO_LARGE',
    `expected at most ${most} series to be selected, with so many quantiles, and fewer buckets`,
  );
}

/** About how long the lines of some groups get. */
function textOf(groups: readonly Group[], lines: number): number {
  return groups.reduce((length, { labels }) => length + lines * JSON.stringify(labels).length, 0);
}

/** Scrapers skip them; who looks at the text sees which name lacks something. */
function remarks(metric: string, { partial, stale }: Standing): string {
  return (
    (partial ? `# partial: ${metric} lacks what could not be read\n` : '') +
    (stale ? `# stale: ${metric} lacks what an object did not tell, or is of before\n` : '')
  );
}

function render(metric: string, name: string, groups: readonly Group[], ranks: readonly number[]): string {
  const samples: Sample[] = [];
  // Series that differ only in what Prometheus has no letters for are one, of the values of all.
  const series = new Map<string, { labels: Record<string, string>; sketches: KllSketch[] }>();
  for (const { labels: own, sketch } of groups) {
    const labels = prometheusLabels(own);
    const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    const one = series.get(key);
    if (one) one.sketches.push(sketch);
    else series.set(key, { labels, sketches: [sketch] });
  }
  for (const { labels, sketches } of series.values()) {
    const sketch = sketches.length === 1 ? sketches[0] : KllSketch.mergeAll(sketches);
    for (const rank of ranks) {
      samples.push({
        suffix: '',
        labels: { ...labels, quantile: String(rank) },
        value: sketch.quantile(rank),
      });
    }
    samples.push(
      { suffix: '_sum', labels, value: sketch.sum },
      { suffix: '_count', labels, value: sketch.n },
    );
  }
  const help = `Values of ${name}`;
  return renderPrometheus([{ metric: { name: metric, help, type: 'summary', unit: 'values' }, samples }]);
}

/** Label names of letters, digits and _, none twice, none the format's own; empty values are left out, as there. */
function prometheusLabels(labels: Group['labels']): Record<string, string> {
  const given: Record<string, string> = {};
  const taken = new Set(['quantile']);
  for (const [key, value] of labels) {
    if (value === '') continue;
    const plain = key
      .replace(/[^a-zA-Z0-9_]/g, '_')
      .replace(/^__+/, '_')
      .replace(/^(?=\d)/, '_');
    let name = plain;
    for (let i = 2; taken.has(name); i++) name = `${plain}_${i}`;
    taken.add(name);
    given[name] = value;
  }
  return given;
}

function metricName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_:]/g, '_').replace(/^(?=\d)/, '_');
}
