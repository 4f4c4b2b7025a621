import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { parseExposition } from '../../metrics/exposition-parser.js';
import { ask, BATCH_TYPE, configured, container, problem, series, tokenOf } from './edge-client.js';

const MINUTE_MS = 60_000;

async function send(token: string, values: number[], age = 0): Promise<void> {
  const body = container([series(values, { age })]);
  expect((await ask('/v1/ingest', { token, headers: BATCH_TYPE, body })).status).toBe(202);
}

/** When an object does something next; undefined when it does not. */
async function planned(object: unknown): Promise<number | undefined> {
  return await runInDurableObject(object as DurableObjectStub<never>, async (_, { storage }) => {
    const { at } = storage.sql.exec<{ at: number | null }>('SELECT min(at) AS at FROM schedule').one();
    return at ?? undefined;
  });
}

/** Rings until nothing is due; an alarm that rings by itself meanwhile does the same. */
async function ring(object: unknown): Promise<void> {
  for (let rings = 0; rings < 100; rings++) {
    if (((await planned(object)) ?? Infinity) > Date.now()) return;
    if (!(await runDurableObjectAlarm(object as DurableObjectStub))) await scheduler.wait(5);
  }
  throw new Error('the alarm rings without end');
}

const ingestOf = (tenant: string) => env.INGEST.getByName(`ingest:${tenant}:0`);
const seriesOf = (tenant: string) => env.SERIES.getByName(`series:${tenant}:0`);

async function rows(object: unknown, table: string): Promise<number> {
  return await runInDurableObject(
    object as DurableObjectStub<never>,
    (_, { storage }) =>
      storage.sql.exec<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`).one().rows,
  );
}

async function pausedObjects(): Promise<number> {
  const response = await ask('/metrics', { token: await tokenOf('default', 'admin') });
  const samples = parseExposition(await response.text()).get('kll_edge_paused_objects')!.samples;
  return samples.reduce((sum, { value }) => sum + value, 0);
}

async function count(token: string): Promise<number> {
  const response = await ask('/v1/quantiles?name=latency_ms', { token });
  return ((await response.json()) as { n: number }).n;
}

describe('a pause', () => {
  it('keeps what is taken from being handed over, and answers from it all the same', async () => {
    const token = await configured('paused', { ingest: 1, series: 1, sealMs: 0 });
    const before = Date.now();
    const paused = await ask('/v1/admin/pause', { token, body: { minutes: 30 } });
    const { pausedUntil } = (await paused.json()) as { pausedUntil: string };
    expect(Date.parse(pausedUntil) - before).toBeGreaterThanOrEqual(30 * MINUTE_MS);
    expect(Date.parse(pausedUntil) - Date.now()).toBeLessThanOrEqual(30 * MINUTE_MS);
    expect(await (await ask('/v1/admin/pause', { token })).json()).toEqual({ pausedUntil });
    await send(token, [1, 2, 3]);
    await send(token, [4]);
    await ring(ingestOf('paused'));
    // It was merged, and waits.
    expect(await rows(ingestOf('paused'), 'batches')).toBe(0);
    expect(await rows(ingestOf('paused'), 'outbox')).toBeGreaterThan(0);
    expect(await rows(seriesOf('paused'), 'buckets')).toBe(0);
    expect(await count(token)).toBe(4);
    // Of the first ring, which has four of each, and of the newest.
    expect(await pausedObjects()).toBe(8);
  });

  it('ends when it is told to: everything is handed over at once', async () => {
    const token = await tokenOf('paused', 'admin');
    expect((await ask('/v1/admin/pause', { token, method: 'DELETE' })).status).toBe(204);
    expect(await (await ask('/v1/admin/pause', { token })).json()).toEqual({ pausedUntil: null });
    await ring(ingestOf('paused'));
    expect(await rows(ingestOf('paused'), 'outbox')).toBe(0);
    expect(await rows(seriesOf('paused'), 'buckets')).toBe(1);
    expect(await count(token)).toBe(4);
    expect(await pausedObjects()).toBe(0);
  });

  it('ends by itself, and has an end of a day at most', async () => {
    const token = await configured('brief', { ingest: 1, series: 1, sealMs: 0 });
    // Long enough for what is to happen in it on a busy machine.
    const end = Date.now() + 4000;
    await ingestOf('brief').pause(end);
    await send(token, [1]);
    await ring(ingestOf('brief'));
    expect(await rows(ingestOf('brief'), 'outbox')).toBe(1);
    await scheduler.wait(end - Date.now() + 100);
    await ring(ingestOf('brief'));
    expect(await rows(ingestOf('brief'), 'outbox')).toBe(0);
    for (const minutes of [0, 1441, 1.5, '30']) {
      await problem(await ask('/v1/admin/pause', { token, body: { minutes } }), 400, 'ERR_BODY');
    }
    await problem(await ask('/v1/admin/pause', { token, method: 'POST' }), 400, 'ERR_BODY');
  });

  it('gets another end by a second one, sooner or later', async () => {
    const token = await configured('moved', { ingest: 1, series: 1, sealMs: 0 });
    await ask('/v1/admin/pause', { token, body: { minutes: 60 } });
    await send(token, [1]);
    await ring(ingestOf('moved'));
    expect((await planned(ingestOf('moved')))! - Date.now()).toBeGreaterThan(59 * MINUTE_MS);
    await ask('/v1/admin/pause', { token, body: { minutes: 2 } });
    expect((await planned(ingestOf('moved')))! - Date.now()).toBeLessThanOrEqual(2 * MINUTE_MS);
    await ask('/v1/admin/pause', { token, body: { minutes: 90 } });
    await ring(ingestOf('moved'));
    expect(await rows(ingestOf('moved'), 'outbox')).toBe(1);
  });

  it('keeps buckets from closing and rolling up; nothing is missing afterwards', async () => {
    const token = await configured('still', { ingest: 1, series: 1, sealMs: 0, graceMs: 0 });
    await ask('/v1/admin/pause', { token, body: { minutes: 30 } });
    await send(token, [1, 2], 3 * 60 * MINUTE_MS);
    // What an administrator asks for is done: a snapshot hands over.
    expect((await ask('/v1/admin/snapshots', { token, body: { name: 'now' } })).status).toBe(201);
    await ring(seriesOf('still'));
    expect(await rows(seriesOf('still'), 'buckets WHERE closes IS NULL')).toBe(0);
    expect(await rows(seriesOf('still'), 'buckets WHERE level > 0')).toBe(0);
    expect(await count(token)).toBe(2);
    await ask('/v1/admin/pause', { token, method: 'DELETE' });
    await ring(seriesOf('still'));
    expect(await rows(seriesOf('still'), 'buckets WHERE level = 1')).toBe(1);
    expect(await rows(seriesOf('still'), 'buckets WHERE level = 0 AND closes IS NULL')).toBe(1);
    expect(await count(token)).toBe(2);
  });

  it('holds for objects that come into being meanwhile', async () => {
    const token = await configured('growing-still', { ingest: 1, series: 1, sealMs: 0 });
    await ask('/v1/admin/pause', { token, body: { minutes: 30 } });
    await configured('growing-still', { ingest: 8 });
    for (let batch = 0; batch < 24; batch++) await send(token, [batch]);
    let waiting = 0;
    for (let slot = 0; slot < 8; slot++) {
      const object = env.INGEST.getByName(`ingest:growing-still:${slot}`);
      await ring(object);
      waiting += await rows(object, 'outbox');
    }
    expect(waiting).toBeGreaterThanOrEqual(8);
    expect(await rows(seriesOf('growing-still'), 'buckets')).toBe(0);
    expect(await count(token)).toBe(24);
  });

  it('is for administrators', async () => {
    const token = await tokenOf('paused', 'ingest', 'query');
    await problem(await ask('/v1/admin/pause', { token, body: { minutes: 1 } }), 403, 'ERR_FORBIDDEN');
  });
});
