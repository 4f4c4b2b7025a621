import { expect, it } from 'vitest';
import { ask, BATCH_TYPE, configured, container, series, tokenOf } from './edge-client.js';

const TENANT = 'kept';

async function nOf(token: string, asOf = ''): Promise<number> {
  const response = await ask(`/v1/quantiles?name=latency_ms${asOf && `&asOf=${asOf}`}`, { token });
  expect(response.status).toBe(200);
  return ((await response.json()) as { n: number }).n;
}

it('names what is there, answers as of it, rolls back to it, drops it, and resets', async () => {
  await configured(TENANT, { ingest: 2, series: 2 });
  const token = await tokenOf(TENANT, 'admin');
  const send = async (values: number[]) => {
    const body = container([series(values)]);
    const sent = await ask('/v1/ingest', { token, headers: BATCH_TYPE, body });
    expect(sent.status).toBe(202);
  };
  const post = async (path: string, body?: object) =>
    await ask(`/v1/admin${path}`, { token, method: 'POST', ...(body ? { body } : {}) });

  await send([1, 2, 3]);
  expect((await post('/snapshots', { name: 'before' })).status).toBe(201);
  await send([4, 5]);
  expect(await nOf(token)).toBe(5);
  expect(await nOf(token, 'before')).toBe(3);
  const listed = await ask('/v1/admin/snapshots', { token });
  expect(await listed.json()).toMatchObject({ snapshots: [{ name: 'before' }] });

  expect((await post('/snapshots/never/rollback')).status).toBe(404);
  expect((await post('/snapshots/before/rollback')).status).toBe(200);
  expect(await nOf(token)).toBe(3);
  // What senders had handed over stays applied: it does not come again.
  await send([6]);
  expect(await nOf(token)).toBe(4);

  expect(await (await post('/vacuum')).json()).toEqual({ more: false });
  expect((await ask('/v1/admin/snapshots/before', { token, method: 'DELETE' })).status).toBe(204);
  expect((await ask('/v1/admin/snapshots/before', { token, method: 'DELETE' })).status).toBe(404);

  expect(await (await post('/reset?dryRun=1&keep=keys,settings')).json()).toMatchObject({
    dryRun: true,
    tenant: TENANT,
    kept: ['keys', 'settings'],
  });
  expect(await nOf(token)).toBe(4);
  expect(await (await post('/reset?keep=keys,settings')).json()).toMatchObject({ dryRun: false });
  expect(await nOf(token)).toBe(0);
});

it('refuses names that are none, and whoever is no administrator', async () => {
  const admin = await tokenOf(TENANT, 'admin');
  const asker = await tokenOf(TENANT, 'query');
  const bad = await ask('/v1/admin/snapshots', { token: admin, body: { name: 'a b' } });
  expect(bad.status).toBe(400);
  expect((await ask('/v1/admin/snapshots', { token: asker, body: { name: 'a' } })).status).toBe(403);
  expect((await ask('/v1/admin/reset', { token: asker, method: 'POST' })).status).toBe(403);
});
