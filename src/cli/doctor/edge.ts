/** Does an edge answer, is it of this version, and how near is it to what it can hold? */
import { EDGE_METRICS } from '../../metrics/edge-names.js';
import { type EdgeClient, reasonOf } from '../edge/edge-client.js';
import { CliError } from '../exit.js';
import { showBytes, showCount, showPercent } from '../output/figures.js';
import { parseExposition, type ScrapedSample } from '../slo/exposition.js';
import { type Finding, findingsOf, type Verdict } from './finding.js';

const TIMEOUT_MS = 10_000;
/** An answer that takes longer is slow. */
const SLOW_MS = 500;
/** Batches are refused when they are made 48 hours ahead; this is where clocks begin to be wrong. */
const MOST_SKEW_MS = 60_000;

/** What the edge answers of a tenant, as far as it is judged. */
interface Config {
  tenant: string;
  rings: { ingest: number; series: number }[];
  retentionMs: Record<'minute' | 'hour' | 'day', number>;
  maxSeries: number;
  maxPendingBatches: number;
  maxPendingBytes: number;
  maxStorageBytes: number;
  pausedUntil?: number;
}

/** @param version of this kll */
export async function edgeFindings(client: EdgeClient, version: string): Promise<Finding[]> {
  const finding = findingsOf('connectivity');
  const findings: Finding[] = [];
  const began = performance.now();
  let response: Response;
  try {
    response = await client.once('/healthz', { timeoutMs: TIMEOUT_MS });
    await response.arrayBuffer();
  } catch (error) {
    return [finding('answers', false, `${client.url}: ${reasonOf(error)}`)];
  }
  const ms = performance.now() - began;
  const verdict: Verdict = !response.ok ? 'fail' : ms > SLOW_MS ? 'warn' : 'ok';
  findings.push(finding('answers', verdict, `${response.status} after ${Math.round(ms)} ms`));
  const date = Date.parse(response.headers.get('date') ?? '');
  if (!Number.isNaN(date)) {
    const skew = Math.abs(Date.now() - date);
    findings.push(
      finding(
        'clock',
        skew < MOST_SKEW_MS ? 'ok' : 'warn',
        `${Math.round(skew / 1000)} s apart from this one`,
      ),
    );
  }
  const asked = async <T>(
    name: string,
    ask: () => Promise<T>,
    found: (answer: T) => string,
  ): Promise<T | undefined> => {
    try {
      const answer = await ask();
      findings.push(finding(name, true, found(answer)));
      return answer;
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      findings.push(finding(name, false, error.message));
      return undefined;
    }
  };
  const request = { timeoutMs: TIMEOUT_MS };
  await asked(
    'ready',
    () => client.json('/readyz', request),
    () => 'tokens can be checked, the directory answers',
  );
  const config = await asked(
    'token',
    () => client.json<Config>('/v1/admin/config', request),
    ({ tenant }) => `administers tenant ${tenant}`,
  );
  const samples = await asked(
    'metrics',
    async () => parseExposition(await client.text('/metrics', request), '/metrics'),
    (found) => `${found.length} samples`,
  );
  if (samples) findings.push(versionFinding(samples, version));
  if (config) findings.push(...configFindings(config));
  if (config && samples) findings.push(...saturationFindings(config, samples, Date.now()));
  return findings;
}

function versionFinding(samples: readonly ScrapedSample[], version: string): Finding {
  const info = samples.find(({ name }) => name === EDGE_METRICS.buildInfo.name)?.labels;
  const found = `the edge is ${info?.version ?? 'unknown'} (commit ${info?.commit ?? 'unknown'}), this is ${version}`;
  return findingsOf('version')('edge', info?.version === version ? 'ok' : 'warn', found);
}

function configFindings({ retentionMs, maxStorageBytes, pausedUntil = 0 }: Config): Finding[] {
  const finding = findingsOf('configuration');
  const kept = (ms: number) => (ms === 0 ? Number.POSITIVE_INFINITY : ms);
  const { minute, hour, day } = retentionMs;
  const isOrdered = kept(minute) <= kept(hour) && kept(hour) <= kept(day);
  return [
    finding(
      'retention',
      isOrdered ? 'ok' : 'warn',
      isOrdered ? 'coarser buckets outlive finer ones' : 'finer buckets outlive coarser ones',
    ),
    finding(
      'storage limit',
      maxStorageBytes <= 9e9 ? 'ok' : 'warn',
      `${showBytes(maxStorageBytes)} an object, the platform gives 10 GB`,
    ),
    ...(pausedUntil > Date.now()
      ? [finding('pause', 'warn', `roll-ups wait until ${new Date(pausedUntil).toISOString()}`)]
      : []),
  ];
}

/** Figures of all tenants against the limits of the token's own. @param now epoch milliseconds */
export function saturationFindings(
  config: Config,
  samples: readonly ScrapedSample[],
  now: number,
): Finding[] {
  const finding = findingsOf('saturation');
  const found = ({ name }: { name: string }) =>
    samples.filter((one) => one.name === name).map(({ value }) => value);
  const sum = (metric: { name: string }) => found(metric).reduce((total, value) => total + value, 0);
  const { ingest } = config.rings[config.rings.length - 1];
  const M = EDGE_METRICS;
  /** @param warn @param fail shares of the limit */
  const share = (
    name: string,
    value: number,
    limit: number,
    [warn, fail]: readonly [number, number],
    show = showCount,
  ) => {
    const used = value / limit;
    const verdict = used >= fail ? 'fail' : used >= warn ? 'warn' : 'ok';
    return finding(
      name,
      verdict,
      `${show(value)} of ${show(limit)}, ${showPercent(used)}; warning at ${showPercent(warn)}`,
    );
  };
  const atMost = (
    name: string,
    value: number,
    [warn, fail]: readonly [number, number],
    show: (x: number) => string,
  ) =>
    finding(
      name,
      value > fail ? 'fail' : value > warn ? 'warn' : 'ok',
      `${show(value)}, expected at most ${show(warn)}`,
    );
  const backups = found(M.backupCompleted);
  const unbacked = samples.filter(({ name }) => name === M.unbackedSince.name);
  const hoursSince = (seconds: readonly number[]) => (now / 1000 - Math.min(...seconds)) / 3600;
  const backup =
    unbacked.length > 0
      ? finding(
          'backup',
          hoursSince(unbacked.map(({ value }) => value)) > BACKUP_HOURS[1] ? 'fail' : 'warn',
          `none was ever confirmed of ${unbacked.map(({ labels }) => labels.tenant).join(', ')}`,
        )
      : backups.length === 0
        ? finding('backup', 'warn', 'none was ever confirmed')
        : atMost('backup', hoursSince(backups), BACKUP_HOURS, (hours) => `${hours.toFixed(1)} hours old`);
  return [
    share(
      'largest object',
      Math.max(0, ...found(M.storageLargest)),
      config.maxStorageBytes,
      STORAGE,
      showBytes,
    ),
    share('series', sum(M.series), config.maxSeries, SERIES),
    share('pending batches', sum(M.pendingBatches), config.maxPendingBatches * ingest, PENDING),
    share('pending bytes', sum(M.pendingBytes), config.maxPendingBytes * ingest, PENDING, showBytes),
    atMost('oldest batch', Math.max(0, ...found(M.oldestPending)), OLDEST_S, (s) => `${s.toFixed(1)} s`),
    // Not the counter, which stays where it is when rows were restored. What an export left out is not set aside: a query or
    // the background finds it where it lies.
    atMost('unreadable rows', sum(M.quarantined), [0, 0], showCount),
    atMost(
      'failed steps',
      sum(M.ingestStepFailures) + sum(M.seriesStepFailures),
      [0, Number.POSITIVE_INFINITY],
      showCount,
    ),
    atMost('paused objects', sum(M.pausedObjects), [0, Number.POSITIVE_INFINITY], showCount),
    backup,
  ];
}

/** Warning and failure. Storage and backups as in ops/alerts; the oldest batch as what is promised for freshness, and the alert. */
const STORAGE = [0.7, 0.9] as const;
const SERIES = [0.8, 1] as const;
const PENDING = [0.5, 0.9] as const;
const OLDEST_S = [60, 120] as const;
const BACKUP_HOURS = [26, 50] as const;
