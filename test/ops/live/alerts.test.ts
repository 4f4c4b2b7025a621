/**
 * A real Prometheus and a real Alertmanager, with the files that are shipped, before a real edge under load. Durations
 * are divided by FACTOR: a scrape each second, a minute in four.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedEdge, serveEdge } from '../../../build/serve-edge.js';
import { expressionsOf } from '../../../ops/check/documents.js';
import { filesOf, read, readKnown } from '../../../ops/check/known.js';
import { damageOldest } from '../../../ops/live/damage.js';
import { type FiringAlert, type Monitoring, startMonitoring } from '../../../ops/live/monitoring.js';
import { commandsOf, type RunbookCommand } from '../../../ops/live/runbook-commands.js';
import { batchOf, call, newKey, type Senders, startSenders } from '../../../ops/live/senders.js';
import { openShell } from '../../../ops/live/shell.js';
import { makeWorkplace } from '../../../ops/live/workplace.js';

const FACTOR = 15;
/** Isolates ask for a key again after so long; runbooks sign tokens of tenants with the secret. */
const environment = {
  KLL_DIRECTORY_TTL_MS: '200',
  KLL_TOKEN_SECRET: 'a secret of the test, as long as it has to be',
};

let folder: string;
let edge: ServedEdge;
let monitoring: Monitoring;
let senders: Senders;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-alerts-'));
  edge = await serveEdge({ folder: join(folder, 'edge'), output: 'ignore', environment });
  monitoring = await startMonitoring({ folder: join(folder, 'monitoring'), edge, factor: FACTOR });
  senders = startSenders(edge, await newKey(edge));
});

afterAll(async () => {
  await senders?.end();
  await monitoring?.end();
  edge?.process.kill('SIGKILL');
  await edge?.ended;
  rmSync(folder, { recursive: true, force: true });
});

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits for a state that comes by itself. @returns the seconds it took */
async function until(what: string, seconds: number, isSo: () => Promise<boolean>): Promise<number> {
  const began = performance.now();
  while (!(await isSo())) {
    if (performance.now() - began > seconds * 1000) throw new Error(`${what}: not within ${seconds} s`);
    await sleep(250);
  }
  return (performance.now() - began) / 1000;
}

const alertsOf = async (alertname: string, severity = 'critical'): Promise<FiringAlert[]> =>
  (await monitoring.firing()).filter(
    ({ labels }) => labels.alertname === alertname && labels.severity === severity,
  );
/** What it fires with: an alert that was seen may be gone at a second look. */
async function fires(
  alertname: string,
  seconds: number,
  severity?: string,
): Promise<{ alert: FiringAlert; after: number }> {
  let alert: FiringAlert | undefined;
  const after = await until(`${alertname} fires`, seconds, async () => {
    [alert] = await alertsOf(alertname, severity);
    return alert !== undefined;
  });
  return { alert: alert!, after };
}
const clears = (alertname: string, seconds: number, severity?: string) =>
  until(`${alertname} clears`, seconds, async () => (await alertsOf(alertname, severity)).length === 0);
const isDelivered = (alertname: string, status: string) =>
  until(`${alertname} reaches the pager as ${status}`, 60, async () =>
    monitoring.delivered.some(
      (one) => one.receiver === 'pager' && one.alertname === alertname && one.status === status,
    ),
  );

describe('Prometheus before a running edge', () => {
  it('reaches both targets', async () => {
    await until('targets are up', 30, async () => {
      const { activeTargets } = await monitoring.api<{
        activeTargets: { labels: { job: string }; health: string; lastError: string }[];
      }>('targets');
      const up = activeTargets.filter(({ health }) => health === 'up').map(({ labels }) => labels.job);
      return up.sort().join() === 'kll-edge,kll-series';
    });
  });

  it('has loaded every shipped rule and evaluates each without an error', async () => {
    const shipped = readKnown().rules.length;
    await until('rules are evaluated', 30, async () => {
      const { groups } = await monitoring.api<{
        groups: { rules: { name: string; health: string; lastError?: string }[] }[];
      }>('rules');
      const rules = groups.flatMap((group) => group.rules);
      expect(rules.filter(({ health }) => health === 'err')).toEqual([]);
      expect(rules).toHaveLength(shipped);
      return rules.every(({ health }) => health === 'ok');
    });
  });

  it('records what is stored, and none of the alerts below fires while all is well', async () => {
    await until('batches are counted', 30, async () => {
      const { result } = await monitoring.api<{ result: { value: [number, string] }[] }>(
        'query?query=sum(rate(kll_edge_stored_batches_total[10s]))',
      );
      return Number(result[0]?.value[1] ?? 0) > 5;
    });
    const provoked = /^(KllEdgeIngestStalled|KllEdgeCorruptRow|KllUserPercentileHigh|KllEdgeTargetDown)$/;
    // Longer than any of them waits.
    for (const began = Date.now(); Date.now() - began < 10_000; await sleep(500)) {
      const names = (await monitoring.firing()).map(({ labels }) => labels.alertname);
      expect(names.filter((name) => provoked.test(name))).toEqual([]);
    }
  });
});

describe('boards before a running edge', () => {
  it.each(filesOf('ops/dashboards', '.json'))('every expression of %s is answered', async (file) => {
    const expressions = expressionsOf(JSON.parse(read(file)));
    let withData = 0;
    for (const expr of expressions) {
      const query = encodeURIComponent(expr.replaceAll('$__rate_interval', '10s'));
      const { result } = await monitoring.api<{ result: unknown[] }>(`query?query=${query}`);
      if (result.length > 0) withData++;
    }
    console.log(`${file}: ${withData} of ${expressions.length} expressions have data`);
    // What only damage, refusals or a day of history make visible stays empty.
    expect(withData).toBeGreaterThan(expressions.length / 2);
  });
});

describe('an alert fires when it is provoked and clears afterwards', () => {
  it('KllEdgeIngestStalled: the key of all senders is revoked, then replaced', async () => {
    await call(edge, `/v1/admin/keys/${senders.key}`, { method: 'DELETE' });
    let fired = 0;
    try {
      const { alert, after } = await fires('KllEdgeIngestStalled', 60);
      fired = after;
      expect(alert.annotations.runbook).toBe('ops/runbooks/KllEdgeIngestStalled.md');
      expect(alert.annotations.summary).toMatch(
        /^[1-9]\d*\.\d ingest requests a second arrive and none is stored$/,
      );
      await isDelivered('KllEdgeIngestStalled', 'firing');
    } finally {
      senders.key = await newKey(edge);
    }
    const cleared = await clears('KllEdgeIngestStalled', 60);
    await isDelivered('KllEdgeIngestStalled', 'resolved');
    console.log(`stall: fired after ${fired.toFixed(1)} s, cleared ${cleared.toFixed(1)} s after its cause`);
  });

  it('KllUserPercentileHigh: pages become slow, then fast again', async () => {
    senders.lcp = 9000;
    await call(edge, '/v1/ingest', { method: 'POST', body: batchOf(manyLcp(9000, 20_000)) });
    const { alert, after } = await fires('KllUserPercentileHigh', 90);
    expect(alert.labels).toMatchObject({ series: 'lcp', quantile: '0.75' });
    await isDelivered('KllUserPercentileHigh', 'firing');
    senders.lcp = 1500;
    for (let i = 0; i < 10; i++)
      await call(edge, '/v1/ingest', { method: 'POST', body: batchOf(manyLcp(1000, 20_000)) });
    const cleared = await clears('KllUserPercentileHigh', 60);
    console.log(
      `percentile: fired after ${after.toFixed(1)} s, cleared ${cleared.toFixed(1)} s after its cause`,
    );
  });

  it('KllEdgeTargetDown and KllEdgeCorruptRow: the edge is down, its images are damaged, it reads them again', async () => {
    await call(edge, '/v1/ingest', {
      method: 'POST',
      body: batchOf([{ name: 'cls', values: [0.05, 0.06], ageMs: 3_600_000 }]),
    });
    await sleep(2500);
    edge.process.kill('SIGTERM');
    await edge.ended;
    expect(damageOldest(join(folder, 'edge'))).toBeGreaterThan(0);
    const { after: noticed } = await fires('KllEdgeTargetDown', 60);
    edge = await serveEdge({
      folder: join(folder, 'edge'),
      port: edge.port,
      output: 'ignore',
      environment,
    });
    await clears('KllEdgeTargetDown', 60);
    const answer = (await (await call(edge, '/v1/quantiles?name=cls')).json()) as { partial: boolean };
    expect(answer.partial).toBe(true);
    const { alert, after: fired } = await fires('KllEdgeCorruptRow', 60);
    expect(alert.annotations.summary).toMatch(/^[1-9]\d* stored rows could not be read/);
    await isDelivered('KllEdgeCorruptRow', 'firing');
    // It looks ten minutes back: so long it fires.
    const cleared = await clears('KllEdgeCorruptRow', (10 * 60) / FACTOR + 40);
    console.log(`down: fired after ${noticed.toFixed(1)} s`);
    console.log(`corruption: fired after ${fired.toFixed(1)} s, cleared ${cleared.toFixed(1)} s later`);
  });
});

describe('maintenance mode', () => {
  it('keeps an alert from the pager until the silence of its runbook ends', async () => {
    const workplace = join(folder, 'maintenance');
    const shell = openShell(workplace, {
      ...makeWorkplace(workplace),
      URL: edge.url,
      TOKEN: edge.token,
      KLL_TOKEN_SECRET: environment.KLL_TOKEN_SECRET,
      ALERTMANAGER: monitoring.alertmanagerUrl,
    });
    const type = async (commands: RunbookCommand[]) => {
      for (const command of commands) expect((await shell.run(command)).fault, command.text).toBeUndefined();
    };
    const commands = commandsOf(read('ops/runbooks/maintenance-mode.md'), 'Resolution');
    const end = commands.findIndex(({ text }) => text.includes('-X DELETE'));
    expect(end).toBeGreaterThan(0);
    // A tenant beside the operator's: it is paused as well.
    const ofShop = { headers: { authorization: `Bearer ${await edge.tokenOf('shop')}` } };
    await call(edge, '/v1/admin/config', { method: 'PATCH', body: '{"graceMs":120000}', ...ofShop });
    const pauseOfShop = async () => await (await call(edge, '/v1/admin/pause', ofShop)).json();
    const begun = monitoring.delivered.length;
    const isPaged = () =>
      monitoring.delivered
        .slice(begun)
        .some(({ alertname, status }) => alertname === 'KllEdgeIngestStalled' && status === 'firing');
    try {
      await type(commands.slice(0, end));
      expect(await pauseOfShop()).toEqual({ pausedUntil: expect.any(String) });
      await call(edge, `/v1/admin/keys/${senders.key}`, { method: 'DELETE' });
      await fires('KllEdgeIngestStalled', 60);
      // Without a silence it is delivered within two seconds.
      await sleep(6000);
      expect(isPaged()).toBe(false);
      await type(commands.slice(end));
      expect(await pauseOfShop()).toEqual({ pausedUntil: null });
      await until('the pager hears of it', 60, async () => isPaged());
    } finally {
      senders.key = await newKey(edge);
      await shell.end();
    }
    await clears('KllEdgeIngestStalled', 60);
  });
});

/** `count` values around a level, in each of two series. */
function manyLcp(level: number, count: number) {
  return ['phone', 'desktop'].map((device) => ({
    name: 'lcp',
    labels: { device },
    values: Array.from({ length: count }, (_, i) => level * (0.9 + (i % 20) / 100)),
    ageMs: 0,
  }));
}
