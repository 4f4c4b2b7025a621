/**
 * Critical alerts wake somebody within five minutes. For each there is a fault here: what Prometheus scrapes before it
 * and after it. The tests made of them ask, in promtool's simulated time, that the alert is silent when the fault
 * begins and fires five minutes later. The minutes begin when the edge gives the fault out at /metrics.
 */
import { stringify } from 'yaml';
import type { Rule } from './known.js';

/** Healthy time before the fault: enough to fill the longest window. */
const HEALTHY_MINUTES = 70;
const WITHIN_MINUTES = 5;
const STEP_SECONDS = 15;

/** What a series does a step; a counter of 15 a step is one a second. */
interface FaultySeries {
  series: string;
  start?: number;
  /** Growth a step while all is well; default 0. */
  healthy?: number;
  /** Growth a step from the fault on; default that of before. */
  faulty?: number;
  /** The value it has at once when the fault begins, before it grows. */
  jump?: number;
  /** It is scraped no more: its target is gone. */
  ends?: true;
}

export interface Fault {
  alert: string;
  /** Of the rule, beside the severity. */
  labels?: Record<string, string>;
  series: FaultySeries[];
}

const requests = (route: string, status: string) =>
  `kll_edge_requests_total{route="${route}",status="${status}"}`;
const within = (route: string, seconds: string) =>
  `kll_edge_requests_within_total{route="${route}",seconds="${seconds}",status="2xx"}`;
/** The batch that waits first is handed over no more. */
const STUCK: FaultySeries = { series: 'kll_edge_oldest_pending_seconds', start: 1, faulty: STEP_SECONDS };
const BACKUP_HOURS = 50;

export const FAULTS: readonly Fault[] = [
  {
    alert: 'KllEdgeTargetDown',
    series: [{ series: 'up{job="kll-edge",instance="edge:8787"}', start: 1, jump: 0 }],
  },
  {
    alert: 'KllEdgeTelemetrySilent',
    series: [{ series: 'kll_edge_ingest_seen_total', healthy: 15, ends: true }],
  },
  {
    alert: 'KllEdgeErrorRateHigh',
    series: [
      { series: requests('/v1/ingest', '202'), healthy: 1500, faulty: 1380 },
      { series: requests('/v1/ingest', '503'), faulty: 120 },
    ],
  },
  {
    alert: 'KllEdgeIngestStalled',
    series: [
      { series: 'kll_edge_ingest_seen_total', healthy: 15 },
      { series: 'kll_edge_stored_batches_total', healthy: 15, faulty: 0 },
      { series: 'kll_edge_duplicate_batches_total' },
    ],
  },
  { alert: 'KllEdgeMergeBacklog', series: [STUCK] },
  {
    alert: 'KllEdgeQueriesSlow',
    series: [
      {
        series: 'kll_edge_request_duration_seconds_sum{route="/v1/quantiles",status="200"}',
        healthy: 0.3,
        faulty: 30,
      },
      {
        series: 'kll_edge_request_duration_seconds_count{route="/v1/quantiles",status="200"}',
        healthy: 15,
      },
    ],
  },
  { alert: 'KllEdgeCorruptRow', series: [{ series: 'kll_edge_unreadable_total{tier="series"}', jump: 1 }] },
  {
    alert: 'KllEdgeBackPressure',
    series: [
      { series: 'kll_edge_ingest_seen_total', healthy: 1500 },
      { series: 'kll_edge_refusals_total{code="ERR_FULL"}', faulty: 300 },
    ],
  },
  {
    alert: 'KllEdgeStorageNearLimit',
    series: [{ series: 'kll_edge_refusals_total{code="ERR_STORAGE_FULL"}', faulty: 15 }],
  },
  {
    // Nothing happens at the fault but that the time is over: simulated time begins at 0.
    alert: 'KllEdgeBackupOverdue',
    series: [
      {
        series: 'kll_edge_backup_completed_timestamp_seconds{target="r2"}',
        start: HEALTHY_MINUTES * 60 - BACKUP_HOURS * 3600,
      },
    ],
  },
  {
    alert: 'KllUserPercentileHigh',
    series: [{ series: 'lcp{job="kll-series",series="lcp",quantile="0.75"}', start: 2000, jump: 9000 }],
  },
  {
    alert: 'KllSloBurn',
    labels: { slo: 'availability' },
    series: [
      { series: requests('/v1/ingest', '202'), healthy: 1500, faulty: 0 },
      { series: requests('/v1/ingest', '503'), faulty: 1500 },
    ],
  },
  {
    alert: 'KllSloBurn',
    labels: { slo: 'ingest-latency' },
    series: [
      { series: requests('/v1/ingest', '202'), healthy: 1500 },
      { series: within('/v1/ingest', '0.1'), healthy: 1500, faulty: 0 },
    ],
  },
  {
    alert: 'KllSloBurn',
    labels: { slo: 'query-latency' },
    series: [
      { series: requests('/v1/quantiles', '200'), healthy: 15 },
      { series: within('/v1/quantiles', '0.2'), healthy: 15, faulty: 0 },
    ],
  },
  { alert: 'KllSloBurn', labels: { slo: 'freshness' }, series: [STUCK] },
];

/** @returns the text of ops/alerts/tests/critical.test.yaml @param ruleFiles names beside the folder of tests */
export function criticalTests(ruleFiles: readonly string[]): string {
  const stepsOf = (minutes: number) => (minutes * 60) / STEP_SECONDS;
  const tests = FAULTS.map(({ alert, labels = {}, series }) => {
    const pairs = Object.entries({ alertname: alert, alertstate: 'firing', severity: 'critical', ...labels });
    const expr = `count(ALERTS{${pairs.map(([key, value]) => `${key}="${value}"`).join(',')}})`;
    return {
      name: `${[alert, ...Object.values(labels)].join(' ')} fires within ${WITHIN_MINUTES} minutes`,
      interval: `${STEP_SECONDS}s`,
      input_series: series.map((one) => ({
        series: one.series,
        values: valuesOf(one, stepsOf(HEALTHY_MINUTES), stepsOf(WITHIN_MINUTES)),
      })),
      promql_expr_test: [
        { expr, eval_time: `${HEALTHY_MINUTES}m`, exp_samples: [] },
        {
          expr,
          eval_time: `${HEALTHY_MINUTES + WITHIN_MINUTES}m`,
          exp_samples: [{ labels: '{}', value: 1 }],
        },
      ],
    };
  });
  const head =
    '# Generated from ops/check/critical-tests.ts by `npm run ops:generate`: every critical alert fires within five minutes.\n';
  const files = { rule_files: ruleFiles.map((file) => `../${file}`), tests };
  return head + stringify(files, { lineWidth: 0 });
}

/** Samples 0 to `before` are healthy, the last of them the newest when the fault begins. */
function valuesOf(
  { start = 0, healthy = 0, faulty = healthy, jump, ends }: FaultySeries,
  before: number,
  after: number,
): string {
  const from = jump ?? start + healthy * before + faulty;
  if (ends) return `${start}${signed(healthy)}x${before} stale`;
  return `${start}${signed(healthy)}x${before} ${from}${signed(faulty)}x${after - 1}`;
}

const signed = (growth: number) => (growth < 0 ? String(growth) : `+${growth}`);

/** Critical rules that no fault here makes fire, and faults of rules that are not there. */
export function faultsOfFaults(rules: readonly Rule[]): string[] {
  const nameOf = (alert: string, labels: Record<string, string> = {}) => [alert, labels.slo ?? ''].join(' ');
  const critical = rules.flatMap(({ alert, labels }) =>
    alert !== undefined && labels?.severity === 'critical' ? [nameOf(alert, labels)] : [],
  );
  const provoked = new Set(FAULTS.map(({ alert, labels }) => nameOf(alert, labels)));
  return [
    ...critical
      .filter((name) => !provoked.has(name))
      .map(
        (name) => `${name.trim()} (critical): nothing proves that it fires within ${WITHIN_MINUTES} minutes`,
      ),
    ...[...provoked]
      .filter((name) => !critical.includes(name))
      .map((name) => `${name.trim()}: there is no critical rule of that name`),
  ];
}
