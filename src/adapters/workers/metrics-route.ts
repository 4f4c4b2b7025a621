/** GET /metrics: counters and gauges of all objects, summed, as Prometheus text. */
import { EDGE_METRICS, type EdgeMetric } from '../../metrics/edge-names.js';
import { PROMETHEUS_CONTENT_TYPE, renderPrometheus } from '../../metrics/prometheus.js';
import type { MetricFamily, Sample } from '../../metrics/registry.js';
import { crc32c } from '../../wire/crc32c.js';
import type { CounterDelta, ObjectCounters, TenantBackup, TenantConfig } from './contract.js';
import { directoryOf } from './directory.js';
import { tenantConfig } from './directory-cache.js';
import type { EdgeEnv } from './env.js';
import { inTurns } from './fan-out.js';
import type { EdgeContext } from './http-context.js';
import { operatorTenant } from './operator.js';
import { refuse, unavailable } from './problem.js';
import { objectNames } from './series-key.js';
import { workerCounters } from './worker-counters.js';

export async function metricsRoute(context: EdgeContext): Promise<Response> {
  const { env } = context;
  if (context.get('identity').tenant !== operatorTenant(env)) {
    return refuse(403, 'ERR_FORBIDDEN', "metrics of the server are for the operator's tenant");
  }
  try {
    // What this isolate has counted is part of what it answers.
    await workerCounters.send(env, operatorTenant(env));
    const answers = await allCounters(env);
    const gauges = [
      ...(await backupAges(env, answers)),
      buildInfo(env, await tenantConfig(env, operatorTenant(env))),
    ];
    return new Response(renderPrometheus(families([...answers, { counters: [], gauges }])), {
      headers: { 'content-type': PROMETHEUS_CONTENT_TYPE },
    });
  } catch (error) {
    // Without one object's part every sum would fall, and look like a restart.
    throw unavailable(error);
  }
}

async function backupAges(env: EdgeEnv, answers: readonly Counted[]): Promise<CounterDelta[]> {
  const directory = directoryOf(env);
  const ages = Object.entries(await directory.oldestBackups()).map(
    ([target, ms]): CounterDelta => ({
      name: EDGE_METRICS.backupCompleted.name,
      labels: [['target', target]],
      value: ms / 1000,
    }),
  );
  // A directory of the release before does not know them: a rollout is under way.
  const tenants: TenantBackup[] = await directory.tenantBackups().catch(() => []);
  const holding = new Set(answers.filter(holdsValues).map(({ tenant }) => tenant));
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
  const { revision: _, ...told } = config;
  const digest = crc32c(new TextEncoder().encode(JSON.stringify(told)));
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

/** What an object of a tenant tells. */
interface Counted extends ObjectCounters {
  tenant: string;
}

async function allCounters(env: EdgeEnv): Promise<Counted[]> {
  const tenants = new Set(await directoryOf(env).tenants());
  tenants.add(operatorTenant(env));
  const objects: { tenant: string; kind: 'ingest' | 'series'; name: string }[] = [];
  for (const tenant of tenants) {
    const { rings } = await tenantConfig(env, tenant, true);
    for (const kind of ['ingest', 'series'] as const) {
      for (const name of objectNames(kind, tenant, rings)) objects.push({ tenant, kind, name });
    }
  }
  return await inTurns(objects, async ({ tenant, kind, name }) => {
    const object = kind === 'ingest' ? env.INGEST.getByName(name) : env.SERIES.getByName(name);
    // The type of an answer loses that pairs are pairs.
    const { counters, gauges } = (await object.counters()) as unknown as ObjectCounters;
    return { tenant, counters: [...counters, ...tenantValues(tenant, counters)], gauges };
  });
}

/** What an object has stored counts for its tenant, too. */
function tenantValues(tenant: string, counters: readonly CounterDelta[]): CounterDelta[] {
  return counters
    .filter(({ name }) => name === EDGE_METRICS.storedValues.name)
    .map(({ value }) => ({ name: EDGE_METRICS.tenantValues.name, labels: [['tenant', tenant]], value }));
}

/** Whether there is anything that a backup would keep: what was counted once may be gone by a reset. */
function holdsValues({ gauges }: Counted): boolean {
  const held: readonly string[] = [
    EDGE_METRICS.pendingBatches.name,
    EDGE_METRICS.outboxRows.name,
    EDGE_METRICS.series.name,
  ];
  return gauges.some(({ name, value }) => held.includes(name) && value > 0);
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
