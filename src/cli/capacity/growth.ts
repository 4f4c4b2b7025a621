/** Days until a limit of a live edge, from two scrapes of its metrics: what was added meanwhile goes on being added. */
import { EDGE_METRICS } from '../../metrics/edge-names.js';
import type { ScrapedSample } from '../slo/exposition.js';
import { OBJECT_REQUESTS, type Setup } from './formulas.js';

export interface TimedScrape {
  /** Epoch milliseconds. */
  at: number;
  samples: readonly ScrapedSample[];
}

export interface LimitReport {
  name: string;
  unit: 'bytes' | 'series' | 'batches/s';
  now: number;
  limit: number;
  share: number;
  /** Growth a day; null without an earlier scrape. */
  perDay: number | null;
  /** Days until the limit; null where it does not grow, or nobody knows. */
  daysLeft: number | null;
}

const DAY_MS = 86_400_000;

/** @param before absent: nothing is known of growth */
export function limitsOf(setup: Setup, now: TimedScrape, before: TimedScrape | undefined): LimitReport[] {
  const { storageLargest, series, pendingBytes, storedBatches } = EDGE_METRICS;
  const level =
    (name: string, labels: Record<string, string> = {}) =>
    (scrape: TimedScrape) =>
      sumOf(scrape.samples, name, labels);
  const reports = [
    report(
      'largest series object',
      'bytes',
      setup.maxStorageBytes,
      level(storageLargest.name, { tier: 'series' }),
    ),
    report(
      'largest ingest object',
      'bytes',
      setup.maxStorageBytes,
      level(storageLargest.name, { tier: 'ingest' }),
    ),
    report('series', 'series', setup.maxSeries, level(series.name)),
    report('pending', 'bytes', setup.maxPendingBytes * setup.ingest, level(pendingBytes.name)),
  ];
  if (before) {
    const batches = level(storedBatches.name);
    const seconds = (now.at - before.at) / 1000;
    // A counter that fell began anew: what it shows came since.
    const added = batches(now) >= batches(before) ? batches(now) - batches(before) : batches(now);
    reports.push({
      name: 'batches',
      unit: 'batches/s',
      now: added / seconds,
      limit: OBJECT_REQUESTS * setup.ingest,
      share: added / seconds / (OBJECT_REQUESTS * setup.ingest),
      perDay: null,
      daysLeft: null,
    });
  }
  return reports;

  function report(
    name: string,
    unit: LimitReport['unit'],
    limit: number,
    of: (scrape: TimedScrape) => number,
  ): LimitReport {
    const value = of(now);
    const perDay = before ? ((value - of(before)) / (now.at - before.at)) * DAY_MS : null;
    const daysLeft = value >= limit ? 0 : perDay !== null && perDay > 0 ? (limit - value) / perDay : null;
    return { name, unit, now: value, limit, share: value / limit, perDay, daysLeft };
  }
}

/** @returns NaN where there is no such sample */
function sumOf(samples: readonly ScrapedSample[], name: string, labels: Record<string, string>): number {
  const found = samples.filter(
    (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
  );
  return found.length === 0 ? Number.NaN : found.reduce((sum, { value }) => sum + value, 0);
}
