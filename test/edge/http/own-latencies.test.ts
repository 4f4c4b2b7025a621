import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { EdgeEnv } from '../../../src/adapters/workers/env.js';
import { handIn, OWN_SERIES } from '../../../src/adapters/workers/own-latencies.js';
import { ask, BATCH_TYPE, container, series, tokenOf } from './edge-client.js';

const edge = env as unknown as EdgeEnv;

it('keeps how long requests took in sketches of its own, by route and class of status, where it is asked to', async () => {
  const variables = { KLL_TELEMETRY: '1', KLL_OPERATOR_TENANT: 'watching' };
  const token = await tokenOf('watching', 'admin', 'ingest', 'query');
  const question = '/v1/quantiles?name=latency_ms';
  const began = performance.now();
  for (let i = 0; i < 5; i++) expect((await ask(question, { token, variables })).status).toBe(200);
  expect((await ask('/v1/quantiles', { token, variables })).status).toBe(400);
  const body = container([series([1, 2])]);
  expect((await ask('/v1/ingest', { token, variables, headers: BATCH_TYPE, body })).status).toBe(202);
  // Not told where nobody asks.
  for (let i = 0; i < 3; i++) await ask(question, { token });
  const took = performance.now() - began;
  await handIn(edge, 'watching');
  await handIn(edge, 'watching');

  const own = await ask(`/v1/quantiles?name=${OWN_SERIES}&by=route,status&q=0.5,0.99`, { token });
  const { groups } = (await own.json()) as {
    groups: { labels: object; n: number; quantiles: { value: number }[] }[];
  };
  const counts = Object.fromEntries(groups.map(({ labels, n }) => [Object.values(labels).join(' '), n]));
  expect(counts).toEqual({ '/v1/quantiles 2xx': 5, '/v1/quantiles 4xx': 1, '/v1/ingest 2xx': 1 });
  const times = groups.flatMap(({ quantiles }) => quantiles.map(({ value }) => value));
  expect(Math.max(...times)).toBeGreaterThan(0);
  expect(Math.max(...times)).toBeLessThanOrEqual(Math.ceil(took));
  const page = await (await ask(`/metrics/series?match=${OWN_SERIES}`, { token })).text();
  expect(page).toContain('quantile="0.99"');
});

it('keeps what it could not hand in, for the next time', async () => {
  const variables = { KLL_TELEMETRY: '1', KLL_OPERATOR_TENANT: 'patient' };
  const token = await tokenOf('patient', 'admin', 'query');
  await ask('/v1/series', { token, variables });
  const broken = {
    ...edge,
    INGEST: { getByName: () => ({ take: () => Promise.reject(new Error('down')) }) },
  };
  await expect(handIn(broken as unknown as EdgeEnv, 'patient')).rejects.toThrow();
  await handIn(edge, 'patient');
  const answer = await ask(`/v1/quantiles?name=${OWN_SERIES}`, { token });
  expect(((await answer.json()) as { n: number }).n).toBe(1);
});

it('tells how much each tenant has stored', async () => {
  const token = await tokenOf('storing', 'ingest');
  const body = container([series([1, 2, 3])]);
  expect((await ask('/v1/ingest', { token, headers: BATCH_TYPE, body })).status).toBe(202);
  const metrics = await (await ask('/metrics', { token: await tokenOf('default', 'admin') })).text();
  expect(metrics).toContain('kll_edge_tenant_stored_values_total{tenant="storing"} 3\n');
});
