import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { ApplyCall, TenantConfig } from '../../../src/adapters/workers/contract.js';
import { seriesKey, slotOf } from '../../../src/adapters/workers/series-key.js';
import { inside } from '../ingest/ground.js';
import { ask, BATCH_TYPE, configured, container, problem, series, tokenOf } from './edge-client.js';

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
  for (const name of ['.', '..', '']) {
    expect((await ask('/v1/admin/snapshots', { token: admin, body: { name } })).status).toBe(400);
  }
  const bad = await ask('/v1/admin/snapshots', { token: admin, body: { name: 'a b' } });
  expect(bad.status).toBe(400);
  expect((await ask('/v1/admin/snapshots', { token: asker, body: { name: 'a' } })).status).toBe(403);
  expect((await ask('/v1/admin/reset', { token: asker, method: 'POST' })).status).toBe(403);
});

it.each([
  'dryrun=1',
  'dryRun=1&keeps=series',
  'dryRun=1&dryRun=0',
  'dryRun=yes',
  'keep=serie',
])('forgets nothing when a reset is asked for by %s', async (query) => {
  const token = await configured('spelled');
  const body = container([series([1])]);
  expect((await ask('/v1/ingest', { token, headers: BATCH_TYPE, body })).status).toBe(202);
  const before = await nOf(token);
  const response = await ask(`/v1/admin/reset?${query}`, { token, method: 'POST' });
  await problem(response, 400, 'ERR_PARAMETER');
  expect(await nOf(token)).toBe(before);
});

it('forgets what is on its way while it resets', async () => {
  const token = await configured('on-its-way', { ingest: 1, series: 1 });
  const body = container([series([1, 2, 3])]);
  expect((await ask('/v1/ingest', { token, headers: BATCH_TYPE, body })).status).toBe(202);
  const real = env.SERIES;
  let arrive = () => {};
  const isOver = new Promise<void>((resolve) => (arrive = resolve));
  let leave = () => {};
  const hasLeft = new Promise<void>((resolve) => (leave = resolve));
  const ingestObject = env.INGEST.getByName('ingest:on-its-way:0');
  const slow = (name: string) => ({
    async apply(call: ApplyCall) {
      leave();
      await isOver;
      return await real.getByName(name).apply(call);
    },
  });
  await inside(ingestObject, (instance) => {
    instance.env = { ...instance.env, SERIES: { getByName: slow } as never };
  });
  const config = await env.DIRECTORY.getByName('directory').tenant('on-its-way');
  const flushed = ingestObject.flush(config as TenantConfig);
  await hasLeft;
  expect((await ask('/v1/admin/reset', { token, method: 'POST' })).status).toBe(200);
  arrive();
  await flushed;
  expect(await nOf(token)).toBe(0);
  // What comes after is new.
  const next = container([series([4])]);
  expect((await ask('/v1/ingest', { token, headers: BATCH_TYPE, body: next })).status).toBe(202);
  expect((await ask('/v1/admin/snapshots', { token, body: { name: 'after' } })).status).toBe(201);
  expect(await nOf(token, 'after')).toBe(1);
});

describe('a snapshot that objects drop by their own clocks', () => {
  /** The object that has the series; the other three have nothing. */
  const owner = slotOf(seriesKey('latency_ms', { route: '/a' }), 4);
  const slots = [0, 1, 2, 3];
  const seriesObject = (tenant: string, slot: number) => env.SERIES.getByName(`series:${tenant}:${slot}`);

  /** The hour is over: an object drops what is not to be kept, where it has planned to. */
  async function dropsExpired(tenant: string, slot: number): Promise<void> {
    await inside(seriesObject(tenant, slot), async (instance, { storage }) => {
      storage.sql.exec(`UPDATE schedule SET at = 1 WHERE kind = 'retain'`);
      await (instance as unknown as { alarm(): Promise<void> }).alarm();
    });
  }

  const namesIn = async (tenant: string, slot: number) =>
    (await seriesObject(tenant, slot).snapshots()).map(({ name }) => name);
  const listed = async (token: string) =>
    (
      (await (await ask('/v1/admin/snapshots', { token })).json()) as { snapshots: { name: string }[] }
    ).snapshots.map(({ name }) => name);
  const rollBack = async (token: string, name: string) =>
    await ask(`/v1/admin/snapshots/${name}/rollback`, { token, method: 'POST' });
  const named = async (token: string, name: string) =>
    expect((await ask('/v1/admin/snapshots', { token, body: { name } })).status).toBe(201);
  const send = async (token: string, values: number[]) => {
    const body = container([series(values)]);
    expect((await ask('/v1/ingest', { token, headers: BATCH_TYPE, body })).status).toBe(202);
  };

  /** Snapshots a and b, of which one is kept. */
  async function twoSnapshots(tenant: string): Promise<string> {
    const token = await configured(tenant, { keepSnapshots: 1 });
    await send(token, [1, 2, 3]);
    await named(token, 'a');
    await send(token, [4, 5]);
    await named(token, 'b');
    return token;
  }

  it('goes from all of them, also from those that hold nothing', async () => {
    const token = await twoSnapshots('drops-all');
    for (const slot of slots) await dropsExpired('drops-all', slot);
    for (const slot of slots) expect(await namesIn('drops-all', slot)).toEqual(['b']);
    expect(await listed(token)).toEqual(['b']);
    expect(await nOf(token, 'b')).toBe(5);
  });

  it.each([
    ['the one with the series', [owner]],
    ['all others', slots.filter((slot) => slot !== owner)],
    ['the last', [3]],
  ])('is unknown as soon as it is gone from %s', async (what, without) => {
    const tenant = `drops-${what.split(' ').at(-1)}`;
    const token = await twoSnapshots(tenant);
    expect(await nOf(token, 'a')).toBe(3);
    for (const slot of without) await dropsExpired(tenant, slot);
    await problem(await ask('/v1/quantiles?name=latency_ms&asOf=a', { token }), 404, 'ERR_SNAPSHOT');
    await problem(await rollBack(token, 'a'), 404, 'ERR_SNAPSHOT');
    expect(await listed(token)).toEqual(['b']);
    expect(await nOf(token)).toBe(5);
  });

  it('gives its name to another', async () => {
    const token = await twoSnapshots('drops-name');
    await dropsExpired('drops-name', owner);
    for (const slot of slots) {
      await inside(seriesObject('drops-name', slot), (_, { storage }) => {
        storage.sql.exec('UPDATE snapshots SET created = created - 3600000');
      });
    }
    await named(token, 'a');
    expect(await listed(token)).toEqual(['b', 'a']);
    expect(await nOf(token, 'a')).toBe(5);
  });

  it('is seen as before by objects that come later', async () => {
    const token = await twoSnapshots('drops-grown');
    await configured('drops-grown', { series: 9 });
    const routes = Array.from({ length: 16 }, (_, i) => series([6], { labels: { route: `/${i}` } }));
    const body = container(routes);
    expect((await ask('/v1/ingest', { token, headers: BATCH_TYPE, body })).status).toBe(202);
    await named(token, 'later');
    expect(await nOf(token, 'a')).toBe(3);
    expect(await listed(token)).toEqual(['a', 'b', 'later']);
    expect((await rollBack(token, 'a')).status).toBe(200);
    expect(await listed(token)).toEqual(['a']);
    // Objects that were not there yet go back to nothing, and do not take the same again.
    expect(await nOf(token)).toBe(3);
    expect((await ask('/v1/ingest', { token, headers: BATCH_TYPE, body })).status).toBe(200);
    expect(await nOf(token)).toBe(3);
    await send(token, [7]);
    expect(await nOf(token)).toBe(4);
  });
});

it('a reset deletes what an isolate would answer from memory, too', async () => {
  const token = await configured('deleted');
  const body = container([series([1, 2, 3])]);
  expect((await ask('/v1/ingest', { token, headers: BATCH_TYPE, body })).status).toBe(202);
  const getByName = () => {
    throw new Error('the network is down');
  };
  const variables = { SERIES: { getByName } as never };
  const path = '/v1/quantiles?name=latency_ms';
  expect(await nOf(token)).toBe(3);
  expect(await (await ask(path, { token, variables })).json()).toMatchObject({ n: 3, stale: true });
  expect((await ask('/v1/admin/reset?keep=keys,settings', { token, method: 'POST' })).status).toBe(200);
  await problem(await ask(path, { token, variables }), 503, 'ERR_UNAVAILABLE');
  expect(await nOf(token)).toBe(0);
});
