import { abortAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';

it('counters of an object survive its restart', async () => {
  const deltas = [
    { name: 'kll_edge_a_total', labels: [['code', '200']], value: 2 },
    { name: 'kll_edge_a_total', labels: [['code', '404']], value: 1 },
  ] as const;
  await env.INGEST.getByName('ingest:counting:0').count(deltas);
  await abortAllDurableObjects();
  const object = env.INGEST.getByName('ingest:counting:0');
  await object.count(deltas.slice(0, 1));
  const { counters } = await object.counters();
  expect(counters).toEqual([
    { name: 'kll_edge_a_total', labels: [['code', '200']], value: 4 },
    { name: 'kll_edge_a_total', labels: [['code', '404']], value: 1 },
  ]);
});
