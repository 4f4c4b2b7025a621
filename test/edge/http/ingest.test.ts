import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { KllSketch } from '../../../src/sketch/sketch.js';
import { toBase64Url } from '../../../src/wire/base64url.js';
import {
  ask,
  BATCH_TYPE,
  configured,
  container,
  gzip,
  problem,
  series,
  storedValues,
  tokenOf,
} from './edge-client.js';

const TENANT = 'ingesting';
let token: string;
beforeAll(async () => {
  // What waits is looked at: none of it is to be sealed meanwhile.
  token = await configured(TENANT, { ingest: 1, series: 1, sealMs: 60_000 });
});

const post = (
  body: Uint8Array | object,
  more: { headers?: Record<string, string>; variables?: object } = {},
) =>
  ask('/v1/ingest', {
    token,
    body,
    headers: { ...(body instanceof Uint8Array ? BATCH_TYPE : {}), ...more.headers },
    ...(more.variables ? { variables: more.variables } : {}),
  });
const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const randomId = () => crypto.getRandomValues(new Uint8Array(16));
const pendingRows = async () => {
  const config = await env.DIRECTORY.getByName('directory').tenant(TENANT);
  const selection = { name: 'latency_ms', matchers: [], from: 0, to: 8.64e15 };
  return (await env.INGEST.getByName(`ingest:${TENANT}:0`).pending(selection, config)).rows;
};

describe('a batch', () => {
  it('in a container is taken, with how much was in it', async () => {
    const id = randomId();
    const sketch = new KllSketch({ seed: 1 }).extend(Array.from({ length: 5000 }, (_, i) => i)).condense(200);
    const list = [series([1, 2, 3]), { name: 'bytes', labels: {}, age: 10, sketch }];
    const before = await storedValues(TENANT, 1);
    const response = await post(container(list, { id }));
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ batchId: hex(id), duplicate: false, series: 2, values: 5003 });
    expect(await storedValues(TENANT, 1)).toBe(before + 5003);
  });

  it('in JSON is taken: values, sketches as text and as toJSON gives them', async () => {
    const sketch = new KllSketch({ seed: 1 }).extend([1, 2, 3, 4]);
    const response = await post({
      batchId: 'AB'.repeat(16),
      series: [
        { name: 'latency_ms', labels: { route: '/json' }, values: [3, 1, 2], ageMs: 500 },
        { name: 'latency_ms', labels: { route: '/text' }, sketch: toBase64Url(sketch.toBytes()) },
        { name: 'latency_ms', sketch: sketch.toJSON() },
      ],
    });
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({
      batchId: 'ab'.repeat(16),
      duplicate: false,
      series: 3,
      values: 11,
    });
    const keys = (await pendingRows()).map(({ key }) => key);
    expect(keys).toContain('["latency_ms",["route","/json"]]');
    expect(keys).toContain('["latency_ms"]');
  });

  it('may come compressed', async () => {
    const response = await post(await gzip(container([series([1, 2])])), {
      headers: { 'content-encoding': 'gzip' },
    });
    expect(response.status).toBe(202);
  });

  it('that comes again is acknowledged and not counted again, compressed or not', async () => {
    const body = container([series([7, 8, 9])]);
    expect((await post(body)).status).toBe(202);
    const before = await storedValues(TENANT, 1);
    const again = await post(body);
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ duplicate: true });
    const compressed = await post(await gzip(body), { headers: { 'content-encoding': 'gzip' } });
    expect(await compressed.json()).toMatchObject({ duplicate: true });
    expect(await storedValues(TENANT, 1)).toBe(before);
  });

  it('in JSON that comes again is acknowledged and not counted again', async () => {
    const body = { batchId: hex(randomId()), series: [{ name: 'latency_ms', values: [1] }] };
    expect((await post(body)).status).toBe(202);
    const before = await storedValues(TENANT, 1);
    expect(await (await post(body)).json()).toMatchObject({ duplicate: true });
    expect(await storedValues(TENANT, 1)).toBe(before);
  });

  it('that comes again with other bytes is a conflict', async () => {
    const id = randomId();
    expect((await post(container([series([1])], { id }))).status).toBe(202);
    const before = await storedValues(TENANT, 1);
    await problem(await post(container([series([2])], { id })), 409, 'ERR_CONFLICT');
    expect(await storedValues(TENANT, 1)).toBe(before);
  });

  it('made before the window is gone, made too far ahead is refused', async () => {
    const day = 86_400_000;
    await problem(
      await post(container([series([1])], { created: Date.now() - 3 * day })),
      410,
      'ERR_TOO_OLD',
    );
    await problem(
      await post(container([series([1])], { created: Date.now() + 3 * day })),
      400,
      'ERR_CREATED',
    );
    expect((await post(container([series([1])], { created: Date.now() + day }))).status).toBe(202);
  });

  it('carries labels of the server where they are configured, and never the address', async () => {
    const list = [series([1], { labels: { route: '/served', country: 'forged' } })];
    const response = await post(container(list), {
      headers: {
        'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile',
        'cf-connecting-ip': '192.0.2.1',
      },
      variables: { KLL_SERVER_LABELS: 'country,device' },
    });
    expect(response.status).toBe(202);
    const keys = (await pendingRows()).map(({ key }) => key).filter((key) => key.includes('/served'));
    expect(keys).toEqual(['["latency_ms",["country","unknown"],["device","mobile"],["route","/served"]]']);
  });

  it('of a full object is refused with the time to wait', async () => {
    const crowded = await configured('crowded', {
      ingest: 1,
      series: 1,
      maxPendingBatches: 1,
      sealMs: 60_000,
    });
    const send = () =>
      ask('/v1/ingest', { token: crowded, headers: BATCH_TYPE, body: container([series([1])]) });
    expect((await send()).status).toBe(202);
    const response = await send();
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    await problem(response, 429, 'ERR_FULL');
  });

  it('finds its object when the ring has grown behind the back of the Worker', async () => {
    const cached = { KLL_DIRECTORY_TTL_MS: '60000' };
    const moving = await configured('moving');
    const send = (body: Uint8Array) =>
      ask('/v1/ingest', { token: moving, headers: BATCH_TYPE, body, variables: cached });
    expect((await send(container([series([1])]))).status).toBe(202);
    // Another Worker changes the ring; the objects hear of it by its batches.
    await env.DIRECTORY.getByName('directory').configure('moving', { ingest: 2 });
    for (let i = 0; i < 8; i++) {
      const body = container([series([1])]);
      expect((await ask('/v1/ingest', { token: moving, headers: BATCH_TYPE, body })).status).toBe(202);
      expect((await send(body)).status).toBe(200);
    }
  });
});

describe('a rate of the binding', () => {
  it('is kept for each caller', async () => {
    const asked: string[] = [];
    const RATE_LIMIT = {
      limit: async ({ key }: { key: string }) => ({ success: asked.push(key) <= 1 }),
    };
    const send = () => post(container([series([1])]), { variables: { RATE_LIMIT } });
    expect((await send()).status).toBe(202);
    await problem(await send(), 429, 'ERR_RATE');
    expect(asked).toEqual(['ingesting ', 'ingesting ']);
  });
});

describe('tenants', () => {
  it('do not share batch ids', async () => {
    const body = container([series([1])]);
    expect((await post(body)).status).toBe(202);
    const other = await tokenOf('somebody', 'ingest');
    expect((await ask('/v1/ingest', { token: other, headers: BATCH_TYPE, body })).status).toBe(202);
  });
});
