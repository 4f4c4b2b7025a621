import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { BucketDebug } from '../../../src/adapters/workers/contract.js';
import { seriesKey } from '../../../src/adapters/workers/series-key.js';
import { ask, BATCH_TYPE, configured, container, problem, series, tokenOf } from './edge-client.js';

interface Debugged {
  key: string;
  pending: { sender: string; sequence: number; start: string; n: number; state: BucketDebug['state'] }[];
  objects: {
    object: string;
    n: number;
    parts: Record<'minute' | 'hour' | 'day', { rows: number; open: number }>;
    buckets: (Omit<BucketDebug, 'start'> & { start: string })[];
  }[];
}

const KEY = seriesKey('latency_ms', { route: '/a' });
const MINUTE_MS = 60_000;

async function send(token: string, values: number[], age = 0): Promise<void> {
  const body = container([series(values, { age }), series([9], { labels: { route: '/a', more: 'x' } })]);
  expect((await ask('/v1/ingest', { token, headers: BATCH_TYPE, body })).status).toBe(202);
}

async function debug(token: string, query: Record<string, string>): Promise<Debugged> {
  const response = await ask(`/v1/admin/series/debug?${new URLSearchParams(query)}`, { token });
  expect(response.status).toBe(200);
  return (await response.json()) as Debugged;
}

describe('GET /v1/admin/series/debug', () => {
  it('tells what is pending and what lies in buckets: rows, heads of images, levels', async () => {
    const token = await configured('looked-into', {
      ingest: 1,
      series: 2,
      sealMs: 60_000,
      // Nothing closes within the test.
      graceMs: 60 * MINUTE_MS,
    });
    const many = Array.from({ length: 5000 }, (_, i) => i);
    await send(token, many);
    await send(token, [1, 2, 3], 10 * MINUTE_MS);
    await ask('/v1/admin/snapshots', { token, body: { name: 'now' } });
    await send(token, [4]);
    const found = await debug(token, { key: KEY });
    expect(found.pending).toMatchObject([{ sender: 'ingest:looked-into:0', n: 1, state: { n: 1, k: 1024 } }]);
    expect(found.objects).toHaveLength(1);
    const [{ n, parts, buckets }] = found.objects;
    expect([n, parts.minute]).toEqual([5003, { rows: 2, open: 2 }]);
    expect(buckets.map(({ resolution, n, closes }) => [resolution, n, typeof closes])).toEqual([
      ['minute', 5000, 'string'],
      ['minute', 3, 'string'],
    ]);
    const [{ header, state, bytes }] = buckets;
    expect(header).toMatchObject({
      version: 1,
      hasState: true,
      crc32c: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
    expect(bytes).toBeGreaterThan(100);
    expect(state).toMatchObject({ k: 1024, n: 5000, tails: 'high' });
    const weight = state!.levels.reduce((sum, level) => sum + level.weight * level.population, 0);
    expect(weight).toBe(5000);
  });

  it('finds a series by its name and all its labels, and bounds what it tells', async () => {
    const token = await tokenOf('looked-into', 'admin');
    const byLabels = { name: 'latency_ms', match: '{route="/a"}' };
    const all = await debug(token, byLabels);
    expect(all.key).toBe(KEY);
    expect(all.objects).toEqual((await debug(token, { key: KEY })).objects);
    const buckets = async (more: Record<string, string>) =>
      (await debug(token, { ...byLabels, ...more })).objects[0].buckets.length;
    expect(await buckets({ limit: '1' })).toBe(1);
    expect(await buckets({ last: '5m' })).toBe(1);
    expect(await buckets({ resolution: 'minute' })).toBe(2);
    expect(await buckets({ resolution: 'day' })).toBe(0);
    const more = await debug(token, { name: 'latency_ms', match: 'more="x",route="/a"' });
    expect(more.objects[0].n).toBe(2);
  });

  it('tells of a damaged bucket why it cannot be read, and leaves it as it is', async () => {
    const token = await tokenOf('looked-into', 'admin');
    const damage = async (slot: number) =>
      await runInDurableObject(env.SERIES.getByName(`series:looked-into:${slot}`), (_, { storage }) => {
        const [one] = storage.sql
          .exec<{ row: number; image: ArrayBuffer }>(
            'SELECT b.row, image FROM buckets b JOIN series s ON s.id = b.series WHERE s.key = ? AND b.n = 3',
            KEY,
          )
          .toArray();
        if (!one) return false;
        const bytes = new Uint8Array(one.image);
        bytes[12] ^= 1;
        storage.sql.exec('UPDATE buckets SET image = ? WHERE row = ?', bytes, one.row);
        return true;
      });
    expect([await damage(0), await damage(1)].sort()).toEqual([false, true]);
    for (let time = 0; time < 2; time++) {
      const [{ buckets }] = (await debug(token, { key: KEY })).objects;
      expect(buckets[0].code).toBeUndefined();
      expect(buckets[1]).toMatchObject({ code: 'ERR_CHECKSUM', n: 3, closes: expect.any(String) });
      expect(buckets[1].state).toBeUndefined();
    }
  });

  it('is for administrators of the tenant, and of what there is', async () => {
    const path = `/v1/admin/series/debug?key=${encodeURIComponent(KEY)}`;
    await problem(await ask(path, { token: await tokenOf('looked-into', 'query') }), 403, 'ERR_FORBIDDEN');
    await problem(await ask(path, { token: await tokenOf('another', 'admin') }), 404, 'ERR_NOT_FOUND');
    const token = await tokenOf('looked-into', 'admin');
    const queries = [
      '',
      'key=x',
      'key=["b",["z","1"],["a","2"]]',
      `key=${KEY}&name=latency_ms`,
      'name=latency_ms&match=a!="b"',
      `key=${KEY}&limit=501`,
      `key=${KEY}&resolution=week`,
    ];
    for (const query of queries) {
      const response = await ask(`/v1/admin/series/debug?${encodeURI(query)}`, { token });
      await problem(response, 400, 'ERR_PARAMETER');
    }
  });
});
