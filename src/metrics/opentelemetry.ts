/**
 * Entry `kll-wasm/opentelemetry`: the metrics of `kll-wasm/metrics`, under the same names, through the API of
 * OpenTelemetry. `@opentelemetry/api` is the caller's to install.
 */
import { type Attributes, type BatchObservableResult, metrics, type Observable } from '@opentelemetry/api';
import type { MetricDescriptor, MetricUnit } from './names.js';
import type { MetricFamily, Sample } from './registry.js';
import { VERSION } from './version.js';

/** Units in the case-sensitive code of UCUM, as OpenTelemetry has them: things that are counted stand in braces. */
const UCUM: Record<MetricUnit, string> = {
  values: '{value}',
  items: '{item}',
  bytes: 'By',
  seconds: 's',
  calls: '{call}',
  sources: '{source}',
  ratio: '1',
  requests: '{request}',
  batches: '{batch}',
  rows: '{row}',
  series: '{series}',
  buckets: '{bucket}',
  objects: '{object}',
  info: '1',
};

/** The part of a meter that is used. */
export type Meter = Pick<
  ReturnType<typeof metrics.getMeter>,
  | 'createObservableCounter'
  | 'createObservableGauge'
  | 'addBatchObservableCallback'
  | 'removeBatchObservableCallback'
>;

export interface BridgeOptions {
  /** Default: the meter `kll-wasm` of the provider that is registered. */
  meter?: Meter;
  /** Attributes of every data point beside its labels. */
  attributes?: Attributes;
}

/**
 * Gives metrics out through OpenTelemetry: read when the SDK collects, once for all. A counter becomes an observable
 * counter and a gauge an observable gauge of the same name and help; a summary becomes two counters, its name with
 * `_sum` and `_count`, and a gauge of its own name for its quantiles, where it has some. Labels become attributes.
 * @param source what `startTelemetry` or `createCountingObserver` gave
 * @returns call it to end
 * @example
 * const stop = bridgeMetrics(startTelemetry());
 */
export function bridgeMetrics(
  source: { collect(): readonly MetricFamily[] },
  { meter = metrics.getMeter('kll-wasm', VERSION), attributes = {} }: BridgeOptions = {},
): () => void {
  const instruments = new Map<string, Observable>();
  for (const { metric } of source.collect()) {
    for (const suffix of suffixesOf(metric)) {
      instruments.set(metric.name + suffix, instrument(meter, metric, suffix));
    }
  }
  const read = (result: BatchObservableResult) => {
    for (const { metric, samples } of source.collect()) {
      for (const { suffix, labels, value } of samples) {
        // The quantile of nothing is no number, and exporters have no form for one.
        if (Number.isNaN(value)) continue;
        const observed = instruments.get(metric.name + suffix);
        if (observed) result.observe(observed, value, { ...attributes, ...labels });
      }
    }
  };
  const all = [...instruments.values()];
  meter.addBatchObservableCallback(read, all);
  return () => meter.removeBatchObservableCallback(read, all);
}

function suffixesOf({ type, quantiles }: MetricDescriptor): Sample['suffix'][] {
  if (type !== 'summary') return [''];
  return quantiles ? ['', '_sum', '_count'] : ['_sum', '_count'];
}

function instrument(meter: Meter, metric: MetricDescriptor, suffix: Sample['suffix']): Observable {
  const unit = suffix === '_count' ? UCUM.calls : UCUM[metric.unit];
  const settings = { description: metric.help, unit };
  return metric.type === 'gauge' || (metric.type === 'summary' && suffix === '')
    ? meter.createObservableGauge(metric.name, settings)
    : meter.createObservableCounter(metric.name + suffix, settings);
}
