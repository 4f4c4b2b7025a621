import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { TenantConfig } from '../../../src/adapters/workers/contract.js';
import { inside, takeCall } from '../ingest/ground.js';
import { ask, BATCH_TYPE, configured, container, problem, series } from './edge-client.js';

/** What an object goes by when nobody calls it. */
async function heardBy(object: unknown, table: string): Promise<TenantConfig | undefined> {
  return await inside(object, (_, { storage }) => {
    const { config } = storage.sql.exec<{ config: string | null }>(`SELECT config FROM ${table}`).one();
    return config === null ? undefined : (JSON.parse(config) as TenantConfig);
  });
}

async function sent(token: string, i = 0): Promise<Response> {
  // Each is a row of its own there.
  const list = Array.from({ length: 100 }, (_, j) =>
    series(
      Array.from({ length: 40 }, (_, k) => Math.sqrt(i + j * k)),
      { labels: { route: `/${i}/${j}` } },
    ),
  );
  return await ask('/v1/ingest', { token, headers: BATCH_TYPE, body: container(list) });
}

/** Makes ingest objects hand over what they have. */
async function handedOver(token: string): Promise<void> {
  expect((await ask('/v1/admin/snapshots', { token, body: { name: 'x' } })).status).toBe(201);
  expect((await ask('/v1/admin/snapshots/x', { token, method: 'DELETE' })).status).toBe(204);
}

describe('settings', () => {
  it('that change reach objects that nobody sends to', async () => {
    const token = await configured('idle');
    await sent(token);
    await handedOver(token);
    const retentionMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
    expect(
      (await ask('/v1/admin/config', { token, method: 'PATCH', body: { retentionMs, windowMs: 7_200_000 } }))
        .status,
    ).toBe(200);
    expect(await heardBy(env.SERIES.getByName('series:idle:0'), 'series_state')).toMatchObject({
      retentionMs,
    });
    expect(await heardBy(env.INGEST.getByName('ingest:idle:0'), 'ingest_state')).toMatchObject({
      windowMs: 7_200_000,
    });
  });

  it('that are reset reach them too, and a pause ends', async () => {
    const retentionMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
    const token = await configured('standard', { ingest: 1, series: 1, retentionMs, windowMs: 7_200_000 });
    await sent(token);
    await handedOver(token);
    expect((await ask('/v1/admin/pause', { token, body: { minutes: 30 } })).status).toBe(200);
    expect((await ask('/v1/admin/reset?keep=series,keys', { token, method: 'POST' })).status).toBe(200);
    const { retentionMs: standard, windowMs } = (await (await ask('/v1/admin/config', { token })).json()) as {
      retentionMs: object;
      windowMs: number;
    };
    const objects = {
      series_state: env.SERIES.getByName('series:standard:0'),
      ingest_state: env.INGEST.getByName('ingest:standard:0'),
    };
    for (const [table, object] of Object.entries(objects)) {
      expect(await heardBy(object, table)).toMatchObject({ retentionMs: standard, windowMs });
      const { gauges } = await object.counters();
      expect(gauges.find(({ name }) => name === 'kll_edge_paused_objects')?.value).toBe(0);
    }
  });

  it('stay where an isolate comes with those of before, and change with those of later', async () => {
    await configured('changed', { ingest: 1, series: 1, sealMs: 60_000 });
    const ingest = env.INGEST.getByName('ingest:changed:0');
    const directory = env.DIRECTORY.getByName('directory');
    const sentBy = async (config: TenantConfig) => {
      expect((await ingest.take(takeCall(config))).outcome).toBe('stored');
      await ingest.flush(config);
      const heard = [
        await heardBy(ingest, 'ingest_state'),
        await heardBy(env.SERIES.getByName('series:changed:0'), 'series_state'),
      ];
      return heard.map((config) => config!.exportTo ?? 'none');
    };
    const before = (await directory.tenant('changed')) as TenantConfig;
    expect(await sentBy(before)).toEqual(['none', 'none']);
    const token = await configured('changed', { exportTo: 'pull' });
    expect(await sentBy(before)).toEqual(['pull', 'pull']);
    // A reset starts the settings anew, not their count.
    const reset = await ask('/v1/admin/reset?keep=series', { token, method: 'POST' });
    expect(reset.status).toBe(200);
    const after = (await directory.tenant('changed')) as TenantConfig;
    expect(after.revision).toBeGreaterThan(before.revision! + 1);
    expect(await sentBy(after)).toEqual(['none', 'none']);
    // Of a release that knows no revisions the last word counts.
    const { revision: _, ...unnumbered } = after;
    expect(await sentBy({ ...unnumbered, exportTo: 'pull' })).toEqual(['pull', 'pull']);
    expect(await sentBy(after)).toEqual(['none', 'none']);
  });

  it('reach nobody who has nothing yet', async () => {
    await configured('unborn', { ingest: 1, series: 1, sealMs: 5 });
    expect(await heardBy(env.SERIES.getByName('series:unborn:0'), 'series_state')).toBeUndefined();
  });
});

it('a series object above the limit of storage is told as 507', async () => {
  const token = await configured('heavy', { ingest: 1, series: 1, maxStorageBytes: 2 ** 20 + 1 });
  let response = await sent(token);
  for (let i = 1; response.status === 202; i++) {
    expect(i).toBeLessThan(40);
    await handedOver(token);
    response = await sent(token, i);
  }
  await problem(response, 507, 'ERR_STORAGE_FULL');
  const sizeOf = async (object: unknown) =>
    await inside(object, (_, { storage }) => storage.sql.databaseSize);
  expect(await sizeOf(env.SERIES.getByName('series:heavy:0'))).toBeGreaterThan(2 ** 20);
  expect(await sizeOf(env.INGEST.getByName('ingest:heavy:0'))).toBeLessThan(2 ** 20);
});
