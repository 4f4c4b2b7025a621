/**
 * Recording rules and burn-rate alerts of objectives. Windows and factors are those of the SRE Workbook, chapter
 * "Alerting on SLOs": 14.4 uses 2 % of a 30-day budget in an hour, 6 uses 5 % in six; the short window ends the alert
 * soon after its cause. With an objective of 95 % a total failure takes 43 minutes to use 72 % of an hour: so the critical
 * alert also fires where nearly everything of the last minute is bad.
 */
import { stringify } from 'yaml';
import type { Objective, Objectives, Selector } from '../../src/cli/slo/objectives.js';

const WINDOWS = ['1m', '5m', '30m', '1h', '6h'] as const;
const BURNS = [
  { severity: 'critical', factor: 14.4, long: '1h', short: '5m', for: '2m' },
  { severity: 'warning', factor: 6, long: '6h', short: '30m', for: '15m' },
] as const;
/** Nearly everything, over a minute. */
const OUTAGE = 0.9;
/** Below so many requests a minute, one slow answer would be an outage. */
const LEAST_REQUESTS = 10;

type Budgeted = Exclude<Objective, { kind: 'zero' }>;

/** @returns the text of ops/alerts/slo.rules.yaml */
export function sloRules({ service, objectives }: Objectives): string {
  const budgeted = objectives.filter((one) => one.kind !== 'zero');
  const groups = [
    {
      name: `${service}-slo-recording`,
      interval: '30s',
      rules: budgeted.flatMap((one) =>
        WINDOWS.map((window) => ({
          record: `kll_slo:bad_ratio:${window}`,
          expr: badRatio(one, window),
          labels: { slo: one.name },
        })),
      ),
    },
    {
      name: `${service}-slo-burn`,
      interval: '30s',
      rules: budgeted.flatMap((one) =>
        BURNS.map(({ severity, factor, long, short, for: wait }) => {
          const limit = `${factor} * ${Number((1 - one.objective).toPrecision(6))}`;
          const burns = (window: string) => `kll_slo:bad_ratio:${window}{slo="${one.name}"} > ${limit}`;
          const isBurning = `${burns(long)} and ${burns(short)}`;
          return {
            alert: 'KllSloBurn',
            expr: severity === 'critical' ? `(${isBurning}) or (${outage(one)})` : isBurning,
            for: wait,
            labels: { severity, slo: one.name },
            annotations: {
              summary: `{{ $labels.slo }}: {{ $value | humanizePercentage }} bad over ${severity === 'critical' ? `${long} or the last minute` : long}, at least ${factor} times what the error budget allows. Objective: ${one.says}`,
              runbook: 'ops/runbooks/KllSloBurn.md',
            },
          };
        }),
      ),
    },
  ];
  const head = '# Generated from ops/slo/edge.yaml by `npm run ops:generate`: change that.\n';
  return head + stringify({ groups }, { lineWidth: 0 });
}

function outage(one: Budgeted): string {
  const isBad = `kll_slo:bad_ratio:1m{slo="${one.name}"} > ${OUTAGE}`;
  if (one.kind === 'threshold') return isBad;
  return `${isBad} and on () 60 * sum(rate(${selectorText(one.total)}[1m])) > ${LEAST_REQUESTS}`;
}

function badRatio(one: Budgeted, window: string): string {
  if (one.kind === 'threshold') {
    return `avg_over_time((max(${one.metric}) >= bool ${one.below})[${window}:30s])`;
  }
  const rate = (selector: Selector) => `sum(rate(${selectorText(selector)}[${window}]))`;
  if (one.bad) return `${rate(one.bad)} / ${rate(one.total)}`;
  const good = one.good as Selector;
  // Where others of the metric are counted and these are not, none was good.
  const none = `0 * ${rate({ metric: good.metric, labels: {} })}`;
  return `1 - (${rate(good)} or ${none}) / ${rate(one.total)}`;
}

function selectorText({ metric, labels }: Selector): string {
  const pairs = Object.entries(labels).map(([label, pattern]) => `${label}=~${JSON.stringify(pattern)}`);
  return pairs.length === 0 ? metric : `${metric}{${pairs.join(',')}}`;
}
