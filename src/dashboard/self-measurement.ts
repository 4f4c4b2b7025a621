/** The page measures itself: its web vitals, and how long the edge takes to answer it. */
import * as vitals from 'web-vitals';
import { type Collector, createCollector } from '../adapters/browser/collector.js';
import { fetchDurations, longTasks, navigationTiming } from '../adapters/browser/sources/timing.js';
import { webVitals } from '../adapters/browser/sources/web-vitals.js';

/**
 * @param url of the edge
 * @param key a public ingest key of this page's origin
 */
export function measureSelf(url: string, key: string): Collector {
  return createCollector({
    endpoint: `${url}/v1/ingest`,
    key,
    labels: () => ({ page: 'dashboard' }),
    flush: { interval: 5000 },
    sources: [
      webVitals(vitals),
      navigationTiming(),
      longTasks(),
      fetchDurations({ template: ({ pathname }) => pathname }),
    ],
  });
}
