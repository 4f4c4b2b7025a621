/** GET /metrics: counters and gauges of all objects, summed, as Prometheus text. */
import { EDGE_METRICS, type EdgeMetric } from '../../metrics/edge-names.js';
import { PROMETHEUS_CONTENT_TYPE, renderPrometheus } from '../../metrics/prometheus.js';
import type { MetricFamily, Sample } from '../../metrics/registry.js';
import { crc32c } from '../../wire/crc32c.js';
import type { CounterDelta, ObjectCounters, TenantBackup, TenantConfig } from './contract.js';
import { tenantConfig } from './directory-cache.js';
import type { EdgeEnv } from './env.js';
import type { EdgeContext } from './http-context.js';
import { refuse, unavailable } from './problem.js';
import { objectNames } from './series-key.js';
import { workerCounters } from './worker-counters.js';

/** Objects asked at once. */
const FAN_OUT = 16;

/** The tenant whose administrators may see figures of the whole server. */
export function operatorTenant(env: EdgeEnv): string {
  return env.KLL_OPERATOR_TENANT || 'default';
}

export async function metricsRoute(context: EdgeContext): Promise<Response> {
  const { env } = context;
  if (context.get('identity').tenant !== operatorTenant(env)) {
    return refuse(403, 'ERR_FORBIDDEN', "metrics of the server are for the operator's tenant");
  }
  try {
    // What this isolate has counted is part of what it answers.
    await workerCounters.send(env, operatorTenant(env));
    const answers = await allCounters(env);
    answers.push({ counters: [], gauges: await backupAges(env, answers) });
    answers.push({ counters: [], gauges: [buildInfo(env, await tenantConfig(env, operatorTenant(env)))] });
    return new Response(renderPrometheus(families(answers)), {
      headers: { 'content-type': PROMETHEUS_CONTENT_TYPE },
    });
  } catch (error) {
    // Without one object's part every sum would fall, and look like a restart.
    throw unavailable(error);
  }
}

async function backupAges(env: EdgeEnv, answers: readonly ObjectCounters[]): Promise<CounterDelta[]> {
  const directory = env.DIRECTORY.getByName('directory');
  const ages = Object.entries(await directory.oldestBackups()).map(
    ([target, ms]): CounterDelta => ({
      name: EDGE_METRICS.backupCompleted.name,
      labels: [['target', target]],
      value: ms / 1000,
    }),
  );
  // A directory of the release before does not know them: a rollout is under way.
  const tenants: TenantBackup[] = await directory.tenantBackups().catch(() => []);
  const holding = new Set(
    answers.flatMap(({ counters }) =>
      counters
        .filter(({ name, value }) => name === EDGE_METRICS.tenantValues.name && value > 0)
        .map(({ labels }) => labels[0][1]),
    ),
  );
  const unbacked = tenants
    .filter(({ tenant, newest }) => newest === undefined && holding.has(tenant))
    .map(
      ({ tenant, since }): CounterDelta => ({
        name: EDGE_METRICS.unbackedSince.name,
        labels: [['tenant', tenant]],
        value: since / 1000,
      }),
    );
  return [...ages, ...unbacked];
}

/** Which build answers, by what the deployment says of itself, and a digest of the operator's configuration. */
function buildInfo(env: EdgeEnv, config: TenantConfig): CounterDelta {
  const digest = crc32c(new TextEncoder().encode(JSON.stringify(config)));
  return {
    name: EDGE_METRICS.buildInfo.name,
    labels: [
      ['version', env.KLL_VERSION || 'unknown'],
      ['commit', env.KLL_COMMIT || 'unknown'],
      ['configuration', digest.toString(16).padStart(8, '0')],
    ],
    value: 1,
  };
}

async function allCounters(env: EdgeEnv): Promise<ObjectCounters[]> {
  const tenants = new Set(await env.DIRECTORY.getByName('directory').tenants());
  tenants.add(operatorTenant(env));
  // The type of an answer loses that pairs are pairs.
  const calls: (() => Promise<ObjectCounters>)[] = [];
  for (const tenant of tenants) {
    const { rings } = await tenantConfig(env, tenant, true);
    for (const name of objectNames('ingest', tenant, rings)) {
      calls.push(async () =>
        withTenant(tenant, (await env.INGEST.getByName(name).counters()) as unknown as ObjectCounters),
      );
    }
    for (const name of objectNames('series', tenant, rings)) {
      calls.push(async () => (await env.SERIES.getByName(name).counters()) as unknown as ObjectCounters);
    }
  }
  const answers: ObjectCounters[] = [];
  await Promise.all(
    Array.from({ length: FAN_OUT }, async () => {
      for (let call = calls.shift(); call; call = calls.shift()) answers.push(await call());
    }),
  );
  return answers;
}

/** What an object has stored counts for its tenant, too. */
function withTenant(tenant: string, { counters, gauges }: ObjectCounters): ObjectCounters {
  const own = counters
    .filter(({ name }) => name === EDGE_METRICS.storedValues.name)
    .map(
      ({ value }): CounterDelta => ({
        name: EDGE_METRICS.tenantValues.name,
        labels: [['tenant', tenant]],
        value,
      }),
    );
  return { counters: [...counters, ...own], gauges };
}

/** Counters summed, gauges summed or the largest taken, in the order in which metrics are named. */
export function families(answers: readonly ObjectCounters[]): MetricFamily[] {
  const totals = new Map<string, Map<string, CounterDelta>>();
  const combine = (delta: CounterDelta, how: (a: number, b: number) => number): void => {
    const key = JSON.stringify(delta.labels);
    const samples = totals.get(delta.name) ?? new Map<string, CounterDelta>();
    totals.set(delta.name, samples);
    const known = samples.get(key);
    samples.set(key, known ? { ...known, value: how(known.value, delta.value) } : delta);
  };
  const largest = new Set<string>(
    (Object.values(EDGE_METRICS) as EdgeMetric[])
      .filter((metric) => metric.combine === 'max')
      .map((metric) => metric.name),
  );
  for (const { counters, gauges } of answers) {
    for (const delta of counters) combine(delta, (a, b) => a + b);
    for (const delta of gauges) combine(delta, largest.has(delta.name) ? Math.max : (a, b) => a + b);
  }
  return (Object.values(EDGE_METRICS) as EdgeMetric[]).map((metric) => ({
    metric,
    samples: (metric.type === 'summary' ? (['_sum', '_count'] as const) : ([''] as const)).flatMap((suffix) =>
      samplesOf(metric, suffix, totals.get(metric.name + suffix)),
    ),
  }));
}

function samplesOf(
  metric: EdgeMetric,
  suffix: Sample['suffix'],
  found: ReadonlyMap<string, CounterDelta> = new Map(),
): Sample[] {
  const samples = [...found.values()].map(
    ({ labels, value }): Sample => ({ suffix, labels: Object.fromEntries(labels), value }),
  );
  // Series that are known beforehand stand at zero from the start, so that rates see the first event.
  const [label] = metric.labels ?? [];
  const known = metric.labels ? (metric.known ?? []).map((value) => ({ [label]: value })) : [{}];
  for (const labels of known) {
    if (!found.has(JSON.stringify(Object.entries(labels)))) samples.push({ suffix, labels, value: 0 });
  }
  return samples;
}
