import { abortAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { CounterDelta } from '../../../src/adapters/workers/contract.js';
import { families } from '../../../src/adapters/workers/metrics-route.js';
import { WorkerCounters } from '../../../src/adapters/workers/worker-counters.js';
import { EDGE_METRICS, type EdgeMetric } from '../../../src/metrics/edge-names.js';
import { renderPrometheus } from '../../../src/metrics/prometheus.js';
import { type ParsedSample, parseExposition } from '../../metrics/exposition-parser.js';
import { ask, BATCH_TYPE, container, series, tokenOf } from './edge-client.js';

async function scrape(): Promise<ParsedSample[]> {
  const response = await ask('/metrics', { token: await tokenOf('default', 'admin') });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return [...parseExposition(await response.text()).values()].flatMap(({ samples }) => samples);
}

function totalOf(
  samples: readonly ParsedSample[],
  name: string,
  labels: Record<string, string> = {},
): number {
  const found = samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return found.reduce((sum, { value }) => sum + value, 0);
}

function expectNoneFell(before: readonly ParsedSample[], after: readonly ParsedSample[]): void {
  for (const { name, labels, value } of before) {
    if (!/_total$|_sum$|_count$/.test(name)) continue;
    const now = after.find(
      (one) => one.name === name && JSON.stringify(one.labels) === JSON.stringify(labels),
    );
    expect([name, labels, (now?.value ?? 0) >= value]).toEqual([name, labels, true]);
  }
}

const send = async (tenant: string, count: number) => {
  const token = await tokenOf(tenant, 'ingest');
  for (let i = 0; i < count; i++) {
    const response = await ask('/v1/ingest', {
      token,
      headers: BATCH_TYPE,
      body: container([series([1, 2, 3])]),
    });
    expect(response.status).toBe(202);
  }
};

describe('/metrics', () => {
  it('counts requests, what arrived and what was stored, over all objects and tenants', async () => {
    const before = await scrape();
    await send('one', 5);
    await send('two', 3);
    await ask('/v1/ingest', { method: 'POST' });
    await ask('/v1/ingest', { token: 'of.another.secret', headers: BATCH_TYPE, body: new Uint8Array(1) });
    await ask('/v1/quantiles?name=latency_ms');
    await ask('/nothing/of/mine');
    const after = await scrape();
    const grown = (name: string, labels?: Record<string, string>) =>
      totalOf(after, name, labels) - totalOf(before, name, labels);
    expect(grown('kll_edge_requests_total', { route: '/v1/ingest', status: '202' })).toBe(8);
    expect(grown('kll_edge_requests_total', { route: '/v1/ingest', status: '401' })).toBe(2);
    expect(grown('kll_edge_requests_total', { route: 'other', status: '404' })).toBe(1);
    expect(grown('kll_edge_request_duration_seconds_count', { route: '/v1/ingest' })).toBe(10);
    // What was refused is fast, and counts apart from what was stored.
    const within = (status: string) =>
      grown('kll_edge_requests_within_total', { route: '/v1/ingest', seconds: '2.5', status });
    expect([within('2xx'), within('4xx')]).toEqual([8, 2]);
    expect(grown('kll_edge_ingest_seen_total')).toBe(10);
    // Who says nothing of himself is told apart from a sender whose token is refused.
    expect(grown('kll_edge_ingest_nameless_total')).toBe(1);
    expect(grown('kll_edge_refusals_total', { code: 'ERR_TOKEN' })).toBe(1);
    expect(grown(EDGE_METRICS.storedBatches.name)).toBe(8);
    expect(grown(EDGE_METRICS.storedValues.name)).toBe(24);
    expect(grown('kll_edge_refusals_total', { code: 'ERR_UNAUTHENTICATED' })).toBe(2);
    expect(grown('kll_edge_refusals_total', { code: 'ERR_NOT_FOUND' })).toBe(1);
    expect(JSON.stringify(after)).not.toContain('nothing');
  });

  it('never falls when objects are evicted', async () => {
    await send('one', 3);
    const before = await scrape();
    await abortAllDurableObjects();
    expectNoneFell(before, await scrape());
  });

  it('never falls when a tenant is reset, with batches pending or handed over', async () => {
    const token = await tokenOf('to-be-reset', 'admin');
    await send('to-be-reset', 3);
    await ask('/v1/quantiles?name=latency_ms', { token });
    // What the Worker has counted by now is due to travel with a batch.
    await scheduler.wait(1_100);
    await send('to-be-reset', 1);
    await ask('/v1/admin/snapshots', { token, body: { name: 'handed-over' } });
    await send('to-be-reset', 2);
    const before = await scrape();
    const unbacked = { tenant: 'to-be-reset' };
    expect(totalOf(before, EDGE_METRICS.unbackedSince.name, unbacked)).toBeGreaterThan(0);
    expect((await ask('/v1/admin/reset', { token, method: 'POST' })).status).toBe(200);
    const after = await scrape();
    expectNoneFell(before, after);
    expect(totalOf(after, EDGE_METRICS.tenantValues.name, unbacked)).toBe(18);
    // There is nothing left to be backed up.
    expect(totalOf(after, EDGE_METRICS.unbackedSince.name, unbacked)).toBe(0);
  });

  it('sums what several isolates have counted', async () => {
    const before = await scrape();
    const isolates = [new WorkerCounters(), new WorkerCounters(), new WorkerCounters()];
    for (const [i, counters] of isolates.entries()) {
      counters.add(EDGE_METRICS.slowQueries, [], i + 1);
      await counters.send(env as never, 'default');
      expect(counters.take()).toEqual([]);
    }
    const after = await scrape();
    const name = EDGE_METRICS.slowQueries.name;
    expect(totalOf(after, name) - totalOf(before, name)).toBe(6);
  });

  it('keeps counts that could not be sent', async () => {
    const counters = new WorkerCounters();
    counters.add(EDGE_METRICS.slowQueries);
    const INGEST = { getByName: () => ({ count: () => Promise.reject(new Error('gone')) }) };
    await expect(counters.send({ ...env, INGEST } as never, 'default')).rejects.toThrow('gone');
    expect(counters.take()).toMatchObject([{ name: EDGE_METRICS.slowQueries.name, value: 1 }]);
  });
});

describe('counters of objects', () => {
  it('become text that every scraper takes, whatever their labels hold', () => {
    const counter = (name: string, labels: CounterDelta['labels'], value: number) => ({
      name,
      labels,
      value,
    });
    const odd = 'a"b\\c\nd';
    const text = renderPrometheus(
      families([
        { counters: [counter('kll_edge_refusals_total', [['code', odd]], 1)], gauges: [] },
        { counters: [counter('kll_edge_refusals_total', [['code', odd]], 2)], gauges: [] },
        { counters: [counter('kll_edge_nobody_knows_total', [], 2)], gauges: [] },
      ]),
    );
    const parsed = parseExposition(text);
    expect(parsed.get('kll_edge_refusals_total')!.samples).toEqual([
      { name: 'kll_edge_refusals_total', labels: { code: odd }, value: 3 },
    ]);
    expect(parsed.get('kll_edge_slow_queries_total')!.samples[0].value).toBe(0);
  });

  it('have gauges that are summed, or the largest of', () => {
    const gauge = (name: string, value: number) => ({ counters: [], gauges: [{ name, labels: [], value }] });
    const pending = EDGE_METRICS.pendingBatches.name;
    const oldest = EDGE_METRICS.oldestPending.name;
    const all = families([gauge(pending, 2), gauge(pending, 3), gauge(oldest, 2), gauge(oldest, 3)]);
    const of = (name: string) => all.find(({ metric }) => metric.name === name)!.samples[0].value;
    expect([of(pending), of(oldest)]).toEqual([5, 3]);
  });

  it('have names and help texts of one form', () => {
    const metrics: EdgeMetric[] = Object.values(EDGE_METRICS);
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
    for (const { name, help, type } of metrics) {
      expect(name).toMatch(/^kll_edge_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(help).toMatch(/^[A-Z].*\.$/);
    }
  });
});
