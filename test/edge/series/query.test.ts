/** Queries over all objects of a tenant: what is pending, handed over or spread by several rings counts once. */
import { abortAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect, it, vi } from 'vitest';
import type { TenantConfig } from '../../../src/adapters/workers/contract.js';
import type { EdgeEnv } from '../../../src/adapters/workers/env.js';
import { type QueryAsk, query } from '../../../src/adapters/workers/query.js';
import { seriesKey, slotOf } from '../../../src/adapters/workers/series-key.js';
import { seriesAfter } from '../../../src/adapters/workers/series-list.js';
import {
  EVERYTHING,
  ingestObject,
  inside,
  newId,
  START,
  seriesObject,
  setClock,
  takeCall,
  tenantConfig,
} from '../ingest/ground.js';

beforeEach(() => {
  setClock(START);
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

const edge = env as unknown as EdgeEnv;

async function ask(config: TenantConfig, change: Partial<QueryAsk> = {}, from: EdgeEnv = edge) {
  const most = { maxBuckets: 1e4, maxSeries: 1e4, maxGroups: 1e4 };
  return await query(from, config, { selection: EVERYTHING, ...most, ...change });
}

async function send(
  config: TenantConfig,
  routes: readonly string[],
  values: readonly number[],
): Promise<void> {
  const { ingest } = config.rings[config.rings.length - 1];
  const id = newId();
  const series = routes.map((route) => ({ labels: { route }, values: Float64Array.from(values).sort() }));
  const call = takeCall(config, series, { id });
  expect(await ingestObject(config, slotOf(id, ingest)).take(call)).toEqual({ outcome: 'stored' });
}

const ROUTES = Array.from({ length: 12 }, (_, i) => `/${i}`);

it('counts what is pending and what was handed over once, on all owners of all rings', async () => {
  let config = tenantConfig({ rings: [{ version: 1, ingest: 2, series: 1, since: 0 }] });
  for (let i = 0; i < 8; i++) await send(config, ROUTES, [i, i + 1]);
  expect((await ask(config)).groups[0].sketch.n).toBe(192);
  for (let slot = 0; slot < 2; slot++) await ingestObject(config, slot).flush(config);
  await send(config, ROUTES, [100]);
  const rings = [...config.rings, { version: 2, ingest: 2, series: 3, since: Date.now() }];
  config = { ...config, rings };
  for (let i = 0; i < 8; i++) await send(config, ROUTES, [1_000]);
  const before = await ask(config);
  expect(before.explain).toMatchObject({ ingestObjects: 2, seriesObjects: 3 });
  expect(before.explain.pendingRowsCounted).toBeGreaterThan(0);
  for (let slot = 0; slot < 2; slot++) await ingestObject(config, slot).flush(config);
  const after = await ask(config);
  expect(after.explain.pendingRows).toBe(0);
  for (const { groups, partial, stale } of [before, after]) {
    expect([groups[0].sketch.n, groups[0].sketch.sum, partial, stale]).toEqual([
      192 + 12 + 96,
      12 * (64 + 100 + 8_000),
      false,
      false,
    ]);
  }
  // Data of both rings: at least two owners hold some.
  const held = await Promise.all(
    [0, 1, 2].map(async (slot) => (await seriesObject(config, slot).list({ limit: 99 })).series.length),
  );
  expect(held.filter((count) => count > 0).length).toBeGreaterThan(1);
  const byRoute = await ask(config, { by: ['route'] });
  expect(byRoute.groups.map(({ labels, sketch }) => [labels[0][1], sketch.n]).sort()).toEqual(
    ROUTES.map((route) => [route, 25]).sort(),
  );
  const first = await seriesAfter(edge, config, { name: 'latency_ms', limit: 5 });
  const rest = await seriesAfter(edge, config, { name: 'latency_ms', after: first[4].key, limit: 99 });
  expect([...first, ...rest].map(({ key, n }) => [key, n])).toEqual(
    ROUTES.map((route) => [seriesKey('latency_ms', { route }), 25]).sort(),
  );
});

it('counts no part of a damaged bucket where whole ones are asked for, whatever object has the others', async () => {
  const one = { version: 1, ingest: 1, series: 1, since: 0 };
  let config = tenantConfig({ rings: [one] });
  await send(config, ROUTES, [1, 2]);
  await ingestObject(config).flush(config);
  config = { ...config, rings: [one, { version: 2, ingest: 1, series: 3, since: Date.now() }] };
  await send(config, ROUTES, [10, 20, 30]);
  await ingestObject(config).flush(config);
  // Of this series both objects have a part of the same minute.
  const route = ROUTES.find((one) => slotOf(seriesKey('latency_ms', { route: one }), 3) !== 0)!;
  const key = seriesKey('latency_ms', { route });
  await inside(seriesObject(config, 0), (_, { storage }) => {
    storage.sql.exec(
      "UPDATE buckets SET image = x'c700' WHERE series = (SELECT id FROM series WHERE key = ?)",
      key,
    );
  });
  await abortAllDurableObjects();
  const parts = await ask(config);
  expect(parts.groups[0].sketch.n).toBe(12 * 5 - 2);
  expect(parts.leftOut.map((bucket) => bucket.key)).toEqual([key]);
  const whole = await ask(config, { wholeBuckets: true });
  expect([whole.groups[0].sketch.n, whole.groups[0].sketch.sum]).toEqual([11 * 5, 11 * 63]);
  expect(whole).toMatchObject({ partial: true, leftOut: parts.leftOut });
  // An object of a former release knows nothing of it: the answer says what was left out, and ends.
  const SERIES = {
    getByName: (name: string) => ({
      read: ({ without: _, ...call }: Parameters<ReturnType<typeof seriesObject>['read']>[0]) =>
        edge.SERIES.getByName(name).read(call),
    }),
  };
  const former = await ask(
    config,
    { wholeBuckets: true },
    { ...edge, INGEST: edge.INGEST, SERIES: SERIES as never },
  );
  expect(former.leftOut).toEqual(parts.leftOut);
});

it('holds no more of what objects answer than it may, however groups are spread', async () => {
  const config = tenantConfig({ rings: [{ version: 1, ingest: 1, series: 3, since: 0 }] });
  await send(config, ROUTES, [1, 2, 3]);
  await ingestObject(config).flush(config);
  const most = { maxBuckets: 1e4, maxSeries: 1e4, by: ['route'] };
  const held = await Promise.all(
    [0, 1, 2].map(async (slot) => {
      const { groups } = await seriesObject(config, slot).read({ config, selection: EVERYTHING, ...most });
      return groups.reduce((sum, { image }) => sum + image.byteLength, 0);
    }),
  );
  const total = held[0] + held[1] + held[2];
  // One has more than its share, and gets what the others leave.
  expect(Math.max(...held)).toBeGreaterThan(total / 3);
  const whole = await ask(config, { ...most, maxBytes: total });
  expect([whole.tooMuch, whole.groups.length]).toEqual([undefined, ROUTES.length]);
  expect(whole.explain.imagesMerged).toBe(ROUTES.length);
  const less = { ...most, maxBytes: total - 1 };
  expect(await ask(config, less)).toMatchObject({ tooMuch: 'bytes', groups: [] });
  expect(await ask(config, { ...less, wholeBuckets: true })).toMatchObject({ tooMuch: 'bytes', groups: [] });
  // An object of a former release knows no bound but its own.
  const SERIES = {
    getByName: (name: string) => ({
      read: ({ maxBytes: _, ...call }: Parameters<ReturnType<typeof seriesObject>['read']>[0]) =>
        edge.SERIES.getByName(name).read(call),
    }),
  };
  const former = { ...edge, INGEST: edge.INGEST, SERIES: SERIES as never };
  expect((await ask(config, { ...most, maxBytes: total }, former)).groups).toHaveLength(ROUTES.length);
  expect(await ask(config, less, former)).toMatchObject({ tooMuch: 'bytes', groups: [] });
});

it('does not count a row that was handed over between its two readings', async () => {
  const config = tenantConfig();
  await send(config, ['/a'], [1, 2, 3]);
  const INGEST = {
    getByName: (name: string) => ({
      async pending(...args: Parameters<ReturnType<typeof ingestObject>['pending']>) {
        const answer = await edge.INGEST.getByName(name).pending(...args);
        await ingestObject(config).flush(config);
        return answer;
      },
    }),
  };
  const answer = await ask(config, {}, { ...edge, INGEST: INGEST as never, SERIES: edge.SERIES });
  expect(answer.explain).toMatchObject({ pendingRows: 1, pendingRowsCounted: 0 });
  expect(answer.groups[0].sketch.n).toBe(3);
});

it('answers what it knew before, labelled, when an object does not answer', async () => {
  const config = tenantConfig();
  await send(config, ['/a'], [1, 2, 3]);
  await ingestObject(config).flush(config);
  const failing = { getByName: () => ({ read: () => Promise.reject(new Error('overloaded')) }) };
  const down: EdgeEnv = { ...edge, INGEST: edge.INGEST, SERIES: failing as never };
  await expect(ask(config, {}, down)).rejects.toThrow('overloaded');
  const hour = { ...EVERYTHING, from: START - 3_540_000, to: START + 60_000 };
  expect((await ask(config, { selection: hour })).stale).toBe(false);
  setClock(Date.now() + 30_000);
  // The last hour, half a minute later: the same question.
  const moved = { ...hour, from: hour.from + 30_000, to: hour.to + 30_000 };
  const answer = await ask(config, { selection: moved }, down);
  expect([answer.stale, answer.groups[0].sketch.n]).toEqual([true, 3]);
  const other = { ...EVERYTHING, from: START - 60_000, to: START };
  await expect(ask(config, { selection: other }, down)).rejects.toThrow('overloaded');
  expect(answer.freshnessMs).toBeGreaterThanOrEqual(30_000);
});

it('answers without an ingest object that is silent, labelled as stale and partial', async () => {
  const config = tenantConfig({ rings: [{ version: 1, ingest: 2, series: 1, since: 0 }] });
  for (let i = 0; i < 8; i++) await send(config, ['/a'], [1]);
  for (let slot = 0; slot < 2; slot++) await ingestObject(config, slot).flush(config);
  const INGEST = {
    getByName: (name: string) => ({
      pending: (...args: Parameters<ReturnType<typeof ingestObject>['pending']>) =>
        name.endsWith(':1')
          ? Promise.reject(new Error('overloaded'))
          : edge.INGEST.getByName(name).pending(...args),
    }),
  };
  const answer = await ask(config, {}, { ...edge, INGEST: INGEST as never, SERIES: edge.SERIES });
  expect([answer.stale, answer.partial, answer.groups[0].sketch.n]).toEqual([true, true, 8]);
});

it('groups every series by itself under its own labels, however many labels there are in all', async () => {
  const config = tenantConfig();
  const labelled = (i: number) => ({ [`label_${i}`]: 'x', [`also_${i}`]: 'y' });
  const call = (from: number) =>
    takeCall(
      config,
      Array.from({ length: 100 }, (_, i) => ({ labels: labelled(from + i), values: Float64Array.of(i) })),
    );
  await ingestObject(config).take(call(0));
  await ingestObject(config).flush(config);
  await ingestObject(config).take(call(50));
  const { groups } = await ask(config, { by: 'each' });
  expect(groups).toHaveLength(150);
  for (const { labels } of groups) expect(labels).toHaveLength(2);
  expect(groups.filter(({ sketch }) => sketch.n === 2)).toHaveLength(50);
  // An object of a former release takes 'each' for labels: what it answers would be of others.
  const SERIES = {
    getByName: (name: string) => ({
      read: async (...args: Parameters<ReturnType<typeof seriesObject>['read']>) => {
        return { ...(await edge.SERIES.getByName(name).read(...args)), isOfEach: undefined };
      },
      list: (...args: Parameters<ReturnType<typeof seriesObject>['list']>) =>
        edge.SERIES.getByName(name).list(...args),
    }),
  };
  const other = { ...EVERYTHING, to: EVERYTHING.to - 1 };
  const skewed = { ...edge, SERIES: SERIES as never, INGEST: edge.INGEST };
  await expect(ask(config, { by: 'each', selection: other }, skewed)).rejects.toThrow('former release');
});

it('refuses what waits where it is more than a Worker holds', async () => {
  const config = tenantConfig();
  const filler = 'x'.repeat(4_000);
  for (let part = 0; part < 8; part++) {
    const series = Array.from({ length: 900 }, (_, i) => {
      return { labels: { filler, i: `${part} ${i}` }, values: Float64Array.of(i) };
    });
    expect(await ingestObject(config).take(takeCall(config, series))).toEqual({ outcome: 'stored' });
  }
  expect(await ask(config)).toMatchObject({ tooMuch: 'bytes', groups: [] });
  const matchers = [{ label: 'i', op: '=', value: '0 0' }] as const;
  const selection = { ...EVERYTHING, matchers: [...matchers] };
  expect((await ask(config, { selection })).groups[0].sketch.n).toBe(1);
});

it('refuses what touches too much, and a snapshot that is not there', async () => {
  const config = tenantConfig();
  await send(config, ROUTES, [1]);
  await ingestObject(config).flush(config);
  expect(await ask(config, { maxSeries: 3 })).toMatchObject({ tooMuch: 'series', groups: [] });
  expect(await ask(config, { maxBuckets: 3 })).toMatchObject({ tooMuch: 'buckets', groups: [] });
  const by = { by: ['route'], maxGroups: ROUTES.length };
  expect((await ask(config, by)).groups).toHaveLength(ROUTES.length);
  // In series objects, and where a group is in none of them yet.
  const many = { ...by, maxGroups: ROUTES.length - 1 };
  expect(await ask(config, many)).toMatchObject({ tooMuch: 'groups', groups: [] });
  await send(config, ['/new'], [1]);
  expect(await ask(config, by)).toMatchObject({ tooMuch: 'groups', groups: [] });
  expect(await ask(config, { asOf: 'none' })).toMatchObject({ isUnknownSnapshot: true, groups: [] });
});
