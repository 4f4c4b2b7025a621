/** kll-wasm/browser: values of a page, sketched where they happen and sent in small batches (docs/browser.md). */
export { type Collector, type CollectorStats, createCollector } from './adapters/browser/collector.js';
export { CollectorError, type CollectorErrorCode } from './adapters/browser/collector-error.js';
export { type Labels, routeTemplate } from './adapters/browser/labels.js';
export type { CollectorOptions } from './adapters/browser/options.js';
export type { OutgoingSeries } from './adapters/browser/series.js';
export type { Source, SourceTarget } from './adapters/browser/sources/source.js';
export {
  type FetchDurationsOptions,
  fetchDurations,
  longTasks,
  navigationTiming,
  resourceTiming,
} from './adapters/browser/sources/timing.js';
export {
  type Vital,
  type WebVitalsModule,
  type WebVitalsOptions,
  webVitals,
} from './adapters/browser/sources/web-vitals.js';
