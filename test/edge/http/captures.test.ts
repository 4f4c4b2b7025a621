import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { objectName, slotOf } from '../../../src/adapters/workers/series-key.js';
import { ask, BATCH_TYPE, configured, container, problem, series, tokenOf } from './edge-client.js';

interface Captured {
  captureRefused: boolean;
  captures: {
    id: number;
    at: string;
    until: string;
    code: string;
    form: string;
    shard: string | null;
    bytes: number;
  }[];
}

const DAY_MS = 86_400_000;

async function captures(token: string): Promise<Captured> {
  const response = await ask('/v1/admin/captures', { token });
  expect(response.status).toBe(200);
  return (await response.json()) as Captured;
}

/** A container with one bit changed: refused by its checksum. */
function damaged(): Uint8Array<ArrayBuffer> {
  const bytes = container([series([1, 2, 3])]).slice();
  bytes[bytes.length - 9] ^= 1;
  return bytes;
}

async function refused(token: string, body: BodyInit | object, code: string, status = 400): Promise<void> {
  const headers = body instanceof Uint8Array ? BATCH_TYPE : {};
  await problem(await ask('/v1/ingest', { token, headers, body }), status, code);
}

describe('refused blobs', () => {
  it('are not kept unless the tenant asks for it', async () => {
    const token = await configured('silent', { ingest: 2 });
    await refused(token, damaged(), 'ERR_BODY');
    expect(await captures(token)).toMatchObject({ captureRefused: false, captures: [] });
  });

  it('are kept with time, reason and shard, and are given back byte for byte', async () => {
    const token = await configured('watched', { ingest: 4, series: 1, captureRefused: true });
    const bad = damaged();
    const before = Date.now();
    await refused(token, bad, 'ERR_BODY');
    await refused(token, { batchId: 'none', series: [] }, 'ERR_BATCH');
    await refused(token, container([series([1], { name: '' })]), 'ERR_LIMITS', 422);
    const id = crypto.getRandomValues(new Uint8Array(16));
    const first = container([series([1])], { id });
    expect((await ask('/v1/ingest', { token, headers: BATCH_TYPE, body: first })).status).toBe(202);
    await refused(token, container([series([2])], { id }), 'ERR_CONFLICT', 409);
    const shardOf = (bytes: Uint8Array) => objectName('ingest', 'watched', slotOf(bytes, 4));
    const { captures: kept } = await captures(token);
    expect(kept.map(({ code, form, shard }) => [code, form, shard])).toEqual([
      ['ERR_BODY', 'container', shardOf(bad.subarray(3, 19))],
      ['ERR_BATCH', 'json', null],
      ['ERR_LIMITS', 'container', expect.stringMatching(/^ingest:watched:[0-3]$/)],
      ['ERR_CONFLICT', 'container', shardOf(id)],
    ]);
    for (const { at, until } of kept) {
      expect(Date.parse(at)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());
      expect(Date.parse(until) - Date.parse(at)).toBe(7 * DAY_MS);
    }
    const response = await ask(`/v1/admin/captures/${kept[0].id}`, { token });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bad);
    expect(response.headers.get('x-kll-code')).toBe('ERR_BODY');
    expect(response.headers.get('content-disposition')).toMatch(
      /^attachment; filename="capture-\d+\.kllbatch"$/,
    );
    const json = await ask(`/v1/admin/captures/${kept[1].id}`, { token });
    expect(json.headers.get('content-type')).toBe('application/octet-stream');
    expect(await json.json()).toEqual({ batchId: 'none', series: [] });
  });

  it('are not those of strangers, nor of who may not send, nor those that were taken', async () => {
    const token = await tokenOf('watched', 'admin');
    const { captures: before } = await captures(token);
    await problem(
      await ask('/v1/ingest', { headers: BATCH_TYPE, body: damaged() }),
      401,
      'ERR_UNAUTHENTICATED',
    );
    const reader = await tokenOf('watched', 'query');
    await problem(
      await ask('/v1/ingest', { token: reader, headers: BATCH_TYPE, body: damaged() }),
      403,
      'ERR_FORBIDDEN',
    );
    const taken = await ask('/v1/ingest', { token, headers: BATCH_TYPE, body: container([series([1])]) });
    expect(taken.status).toBe(202);
    expect((await captures(token)).captures).toEqual(before);
    expect((await captures(await tokenOf('another', 'admin'))).captures).toEqual([]);
    await problem(await ask('/v1/admin/captures', { token: reader }), 403, 'ERR_FORBIDDEN');
    const stranger = await tokenOf('another', 'admin');
    await problem(await ask(`/v1/admin/captures/${before[0].id}`, { token: stranger }), 404, 'ERR_NOT_FOUND');
  });

  it('leave their room alone to batches that were taken, which are kept where the tenant asks for them', async () => {
    const token = await configured('recorded', { ingest: 2, captureTaken: true });
    const bodies = Array.from({ length: 3 }, (_, i) => container([series([i, i + 1])]));
    for (const body of bodies) {
      expect((await ask('/v1/ingest', { token, headers: BATCH_TYPE, body })).status).toBe(202);
      // A duplicate is not taken again.
      expect((await ask('/v1/ingest', { token, headers: BATCH_TYPE, body })).status).toBe(200);
    }
    await refused(token, damaged(), 'ERR_BODY');
    const { captures: kept } = await captures(token);
    expect(kept.map(({ code }) => code)).toEqual(['TAKEN', 'TAKEN', 'TAKEN']);
    for (const [i, { id }] of kept.entries()) {
      const response = await ask(`/v1/admin/captures/${id}`, { token });
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array(bodies[i]));
    }
  });

  it('are deleted one by one, all together, and with the tenant', async () => {
    const token = await tokenOf('watched', 'admin');
    const [{ id }] = (await captures(token)).captures;
    const remove = (path: string) => ask(`/v1/admin/captures${path}`, { token, method: 'DELETE' });
    expect((await remove(`/${id}`)).status).toBe(204);
    await problem(await remove(`/${id}`), 404, 'ERR_NOT_FOUND');
    await problem(await remove('/x'), 404, 'ERR_NOT_FOUND');
    await problem(await ask(`/v1/admin/captures/${id}`, { token }), 404, 'ERR_NOT_FOUND');
    expect(await (await remove('')).json()).toEqual({ dropped: 3 });
    expect((await captures(token)).captures).toEqual([]);
    await refused(token, damaged(), 'ERR_BODY');
    expect((await captures(token)).captures).toHaveLength(1);
    expect((await ask('/v1/admin/reset?keep=settings', { token, method: 'POST' })).status).toBe(200);
    expect(await captures(token)).toMatchObject({ captureRefused: true, captures: [] });
    const left = await runInDurableObject(env.INGEST.getByName('ingest:watched:0'), (_, { storage }) =>
      storage.sql.exec<{ rows: number }>('SELECT count(*) AS rows FROM capture_chunks').one(),
    );
    expect(left.rows).toBe(0);
  });

  it('have a bound of a tenant: of each reason, in count, and in bytes', async () => {
    const object = env.INGEST.getByName('ingest:bounded:0');
    const add = async (code: string, bytes: number) =>
      (await object.capture({ code, form: 'container', body: new Uint8Array(bytes).fill(7).buffer })).stored;
    const stored = async (codes: number, each: number, bytes: number) => {
      let count = 0;
      for (let code = 0; code < codes; code++)
        for (let i = 0; i < each; i++) if (await add(`ERR_${code}`, bytes)) count++;
      return count;
    };
    expect(await stored(1, 40, 10)).toBe(25);
    expect(await stored(9, 25, 10)).toBe(75);
    expect(await object.dropCaptures()).toEqual({ dropped: 100 });
    expect(await stored(1, 5, 4 * 2 ** 20)).toBe(4);
    // Rows have a limit of their own: what is longer comes back whole.
    const [{ id, bytes }] = await object.captures();
    const body = new Uint8Array((await object.captured(id))!);
    expect([bytes, body.length, body.every((byte) => byte === 7)]).toEqual([4 * 2 ** 20, 4 * 2 ** 20, true]);
  });

  it('of one reason leave room for others', async () => {
    const token = await configured('repeated', { ingest: 1, captureRefused: true });
    for (let i = 0; i < 27; i++) await refused(token, damaged(), 'ERR_BODY');
    const other = await ask('/v1/ingest', { token, body: { batchId: 'none', series: [] } });
    await problem(other, 400, 'ERR_BATCH');
    const { captures: kept } = await captures(token);
    expect(kept.map(({ code }) => code)).toEqual([...Array(25).fill('ERR_BODY'), 'ERR_BATCH']);
    expect((await ask('/v1/admin/captures', { token, method: 'DELETE' })).status).toBe(200);
    await refused(token, damaged(), 'ERR_BODY');
    expect((await captures(token)).captures).toHaveLength(1);
  });

  it('are forgotten after a week', async () => {
    const object = env.INGEST.getByName('ingest:bounded:0');
    const aged = async (ms: number) =>
      await runInDurableObject(object as unknown as DurableObjectStub, async (instance, { storage }) => {
        storage.sql.exec('UPDATE captures SET at = at - ? WHERE id = (SELECT min(id) FROM captures)', ms);
        storage.sql.exec("UPDATE schedule SET at = at - ? WHERE kind = 'forget-captures'", ms);
        await (instance as unknown as { alarm(): Promise<void> }).alarm();
        return storage.sql
          .exec<{ at: number }>("SELECT at FROM schedule WHERE kind = 'forget-captures'")
          .one().at;
      });
    const before = (await object.captures()).length;
    const next = await aged(7 * DAY_MS);
    const left = await object.captures();
    expect(left).toHaveLength(before - 1);
    expect(next).toBe(Math.min(...left.map(({ at }) => at)) + 7 * DAY_MS);
  });
});
