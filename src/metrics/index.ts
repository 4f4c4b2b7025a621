/** Entry `kll-wasm/metrics`: what sketches do, counted for Prometheus or told as events; and the switch for all of them. */
export {
  type CountingObserver,
  type CountingObserverOptions,
  createCountingObserver,
} from './counting-observer.js';
export {
  createEventLog,
  type EventLevel,
  type EventLog,
  type EventLogOptions,
} from './event-log.js';
export { joinObservers } from './joined-observers.js';
export { WITHHELD } from './label-values.js';
export {
  METRICS,
  type MetricDescriptor,
  type MetricType,
  type MetricUnit,
  OTHER_LABEL_VALUE,
} from './names.js';
export { PROMETHEUS_CONTENT_TYPE, renderPrometheus } from './prometheus.js';
export { type MetricFamily, MetricRegistry, type Sample } from './registry.js';
export {
  type Environment,
  startTelemetry,
  startTelemetryFromEnvironment,
  type Telemetry,
  type TelemetryOptions,
  telemetry,
} from './telemetry.js';
export { VERSION } from './version.js';
