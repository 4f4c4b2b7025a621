/** Entry `kll-wasm/metrics`: counts of what sketches do, and their text for Prometheus. */
export {
  type CountingObserver,
  type CountingObserverOptions,
  createCountingObserver,
} from './counting-observer.js';
export {
  METRICS,
  type MetricDescriptor,
  type MetricType,
  type MetricUnit,
  OTHER_LABEL_VALUE,
} from './names.js';
export { PROMETHEUS_CONTENT_TYPE, renderPrometheus } from './prometheus.js';
export { type MetricFamily, MetricRegistry, type Sample } from './registry.js';
