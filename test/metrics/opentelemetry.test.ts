import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterEach, describe, expect, it } from 'vitest';
import { createCountingObserver } from '../../src/metrics/counting-observer.js';
import { METRICS, type MetricDescriptor } from '../../src/metrics/names.js';
import { bridgeMetrics } from '../../src/metrics/opentelemetry.js';
import { KllSketch } from '../../src/sketch/sketch.js';

const providers: MeterProvider[] = [];
afterEach(async () => {
  metrics.disable();
  await Promise.all(providers.splice(0).map((provider) => provider.shutdown()));
});

/** The SDK, with an exporter that keeps what it is given. */
function sdk() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  providers.push(provider);
  return {
    provider,
    /** What one export hands over, by name. */
    async exported(): Promise<Map<string, MetricData>> {
      exporter.reset();
      await provider.forceFlush();
      const scopes = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
      const all = scopes.flatMap(({ metrics }) => metrics);
      return new Map(all.map((one) => [one.descriptor.name, one]));
    },
    scopes: () =>
      exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.map(({ scope }) => scope.name)),
  };
}

function values(data: MetricData | undefined): unknown[] {
  return (data?.dataPoints ?? []).map(({ value, attributes }) => [value, attributes]);
}

/** An observer that saw something of everything, on a clock of whole half seconds. */
function busy() {
  let now = 0;
  const observer = createCountingObserver({ now: () => (now += 500) });
  const sketch = new KllSketch({ k: 200, seed: 1, observer });
  sketch.extend(Float64Array.from({ length: 20_000 }, (_, i) => i)).extend([Number.NaN], { invalid: 'skip' });
  KllSketch.mergeAll([sketch, new KllSketch({ k: 50, seed: 1 }).extend(new Float64Array(3000))], {
    observer,
    shards: ['eu', 'us'],
  });
  sketch.quantile(0.5);
  sketch.condense(50).toBytes();
  const bytes = sketch.toBytes();
  bytes[9] ^= 1;
  expect(() => KllSketch.fromBytes(bytes, { observer })).toThrow();
  return observer;
}

describe('the bridge to OpenTelemetry', () => {
  it('gives out every sample of the registry: same names, values and labels', async () => {
    const { provider, exported } = sdk();
    const observer = busy();
    bridgeMetrics(observer, { meter: provider.getMeter('test') });
    const found = await exported();
    const expected = new Map<string, unknown[]>();
    for (const { metric, samples } of observer.collect()) {
      for (const { suffix, labels, value } of samples) {
        if (Number.isNaN(value)) continue;
        const name = metric.name + suffix;
        expected.set(name, [...(expected.get(name) ?? []), [value, labels]]);
      }
    }
    expect(new Set(found.keys())).toEqual(new Set(expected.keys()));
    for (const [name, points] of expected) {
      expect(values(found.get(name)), name).toEqual(expect.arrayContaining(points));
      expect(values(found.get(name)), name).toHaveLength(points.length);
    }
    expect(values(found.get('kll_ingest_values_total'))).toEqual([[20_000, {}]]);
    expect(values(found.get('kll_merge_duration_seconds_sum'))).toEqual([[0.5, {}]]);
    expect(values(found.get('kll_merge_min_k_lowered_total'))).toEqual([[1, {}]]);
  });

  it('has the help of each, and its unit as UCUM writes it', async () => {
    const { provider, exported } = sdk();
    bridgeMetrics(busy(), { meter: provider.getMeter('test') });
    const found = await exported();
    const unitOf = (name: string) => found.get(name)?.descriptor.unit;
    expect(unitOf('kll_ingest_values_total')).toBe('{value}');
    expect(unitOf('kll_serialize_bytes_total')).toBe('By');
    expect(unitOf('kll_serialize_max_bytes')).toBe('By');
    expect(unitOf('kll_query_duration_seconds')).toBe('s');
    expect(unitOf('kll_query_duration_seconds_sum')).toBe('s');
    expect(unitOf('kll_query_duration_seconds_count')).toBe('{call}');
    expect(unitOf('kll_condense_variance_ratio')).toBe('1');
    expect(unitOf('kll_build_info')).toBe('1');
    const all: MetricDescriptor[] = Object.values(METRICS);
    for (const { descriptor } of found.values()) {
      const metric = all.find(({ name }) => name === descriptor.name.replace(/_(sum|count)$/, ''));
      expect(descriptor.description, descriptor.name).toBe(metric?.help);
    }
  });

  it('makes counters monotonic sums, gauges gauges, and of a summary two sums and its quantiles', async () => {
    const { provider, exported } = sdk();
    bridgeMetrics(busy(), { meter: provider.getMeter('test') });
    const found = await exported();
    const kinds = Object.fromEntries(
      [...found].map(([name, data]) => [
        name,
        data.dataPointType === DataPointType.SUM ? data.isMonotonic : 'gauge',
      ]),
    );
    expect(kinds).toMatchObject({
      kll_compactions_total: true,
      kll_compaction_population_items: 'gauge',
      kll_query_duration_seconds_sum: true,
      kll_query_duration_seconds_count: true,
      kll_query_duration_seconds: 'gauge',
    });
    // No whole summary, and no gauge where a summary keeps no quantiles.
    expect(kinds).not.toHaveProperty('kll_merge_duration_seconds');
    expect(values(found.get('kll_query_duration_seconds'))).toEqual(
      [0.5, 0.95, 0.99].map((quantile) => [0.5, { kind: 'quantile', quantile: String(quantile) }]),
    );
  });

  it('reads what stands at each export, and series that came later', async () => {
    const { provider, exported } = sdk();
    const observer = createCountingObserver();
    bridgeMetrics(observer, { meter: provider.getMeter('test') });
    expect(values((await exported()).get('kll_compactions_total'))).toEqual([]);
    observer.onCompaction({ level: 3, compactions: 2, population: 9 });
    expect(values((await exported()).get('kll_compactions_total'))).toEqual([[2, { level: '3' }]]);
    observer.onCompaction({ level: 3, compactions: 5, population: 7 });
    const last = await exported();
    expect(values(last.get('kll_compactions_total'))).toEqual([[7, { level: '3' }]]);
    expect(values(last.get('kll_compaction_population_items'))).toEqual([[7, { level: '3' }]]);
  });

  it('adds the attributes it is given, and ends when it is told to', async () => {
    const { provider, exported } = sdk();
    const observer = createCountingObserver();
    const attributes = { service: 'checkout' };
    const stop = bridgeMetrics(observer, { meter: provider.getMeter('test'), attributes });
    observer.onIngest({ values: 4, rejected: 0, seconds: 0 });
    expect(values((await exported()).get('kll_ingest_values_total'))).toEqual([[4, attributes]]);
    stop();
    observer.onIngest({ values: 4, rejected: 0, seconds: 0 });
    const after = values((await exported()).get('kll_ingest_values_total'));
    expect(after).not.toContainEqual([8, attributes]);
  });

  it('takes the meter kll-wasm of the provider that is registered', async () => {
    const { provider, exported, scopes } = sdk();
    metrics.setGlobalMeterProvider(provider);
    bridgeMetrics(busy());
    expect((await exported()).has('kll_ingest_values_total')).toBe(true);
    expect(scopes()).toEqual(['kll-wasm']);
  });
});
