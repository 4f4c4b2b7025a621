/** Backups that no edge wrote: what could not have been made here is not let in. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { EdgeEnv } from '../../../src/adapters/workers/env.js';
import {
  BACKUP_FORMAT,
  BACKUP_VERSION,
  encodeBucket,
  encodeIds,
  encodeJson,
  encodeRecord,
  RECORD,
} from '../../../src/wire/backup-records.js';
import { backupOf, concat, filled, HOUR_MS, MINUTE_MS, recordsOf, restore, send } from './backup-client.js';
import { ask, configured, container, problem, series, tokenOf } from './edge-client.js';

describe('a backup that no edge wrote', () => {
  const id = 'ab'.repeat(16);
  const header = { format: BACKUP_FORMAT, version: BACKUP_VERSION, id, tenant: 'any', created: 1 };
  const limits = { origins: [], rate: 1, maxN: 1, maxSeries: 1, created: 1 };
  const forged = (type: RECORD, ...payloads: Uint8Array[]) =>
    concat([
      encodeRecord(RECORD.header, 0, encodeJson(header)),
      ...payloads.map((payload, i) => encodeRecord(type, i + 1, payload)),
    ]);
  const listed = async (token: string, what: string) => (await ask(`/v1/${what}`, { token })).json();

  it('is refused, which is no failure of the edge', async () => {
    const token = await configured('garbage');
    const variables = { KLL_OPERATOR_TENANT: 'garbage' };
    const counted = async (outcome: string) => {
      const text = await (await ask('/metrics', { token, variables })).text();
      const line = `^kll_edge_duties_total{duty="restore",outcome="${outcome}"} (.*)$`;
      return Number(new RegExp(line, 'm').exec(text)?.[1] ?? 0);
    };
    const before = [await counted('refused'), await counted('failed')];
    await problem(await restore(token, new TextEncoder().encode('garbage')), 400, 'ERR_BODY');
    expect([await counted('refused'), await counted('failed')]).toEqual([before[0] + 1, before[1]]);
  });

  it('brings no key that could not have been made here', async () => {
    const token = await configured('forged-keys');
    for (const change of [
      { key: 'k_aaaaaa' },
      { origins: undefined },
      { origins: ['https://a.example/path'] },
      { rate: 1e300 },
      { maxN: 0 },
      { maxSeries: '5' },
      { created: 9e15 },
      { revoked: -1 },
    ]) {
      const key = encodeJson({ key: 'k_aaaaaaa', ...limits, ...change });
      await problem(await restore(token, forged(RECORD.key, key), 'add'), 400, 'ERR_BODY');
    }
    expect(await listed(token, 'admin/keys')).toEqual({ keys: [] });
  });

  it('brings no more keys than a tenant may have, whoever has them already', async () => {
    const token = await configured('many-keys');
    const keys = (from: number, to: number) =>
      forged(
        RECORD.key,
        ...Array.from({ length: to - from }, (_, i) =>
          encodeJson({ key: `k_${String(from + i).padStart(7, '0')}`, ...limits }),
        ),
      );
    expect(await (await restore(token, keys(0, 600), 'add')).json()).toMatchObject({ keys: 600 });
    await problem(await restore(token, keys(500, 1001), 'add'), 409, 'ERR_LIMITS');
    await problem(await restore(token, keys(0, 1001), 'add'), 400, 'ERR_BODY');
    expect(await (await restore(token, keys(500, 1000), 'add')).json()).toMatchObject({ keys: 400 });
    expect(((await listed(token, 'admin/keys')) as { keys: object[] }).keys).toHaveLength(1000);
  });

  it('brings no key that another tenant had before a reset; its own come back', async () => {
    const [token, other] = [await configured('forgets-keys'), await configured('wants-keys')];
    const made = await ask('/v1/admin/keys', { token, body: { origins: ['https://a.example'] } });
    const { key } = (await made.json()) as { key: string };
    expect((await ask('/v1/admin/reset?keep=series', { token, method: 'POST' })).status).toBe(200);
    const record = forged(RECORD.key, encodeJson({ ...limits, key }));
    expect(await (await restore(other, record, 'add')).json()).toMatchObject({ keys: 0 });
    expect(await listed(other, 'admin/keys')).toEqual({ keys: [] });
    expect(await (await restore(token, record, 'add')).json()).toMatchObject({ keys: 1 });
    // And again, now that it has come back.
    expect((await ask('/v1/admin/reset?keep=series', { token, method: 'POST' })).status).toBe(200);
    expect(await (await restore(other, record, 'add')).json()).toMatchObject({ keys: 0 });
  });

  it('leaves room for keys in place of those that were revoked, which no backup brings back', async () => {
    const token = await configured('rotates');
    const text = (i: number) => `k_${String(2000 + i).padStart(7, '0')}`;
    const records = Array.from({ length: 1000 }, (_, i) => encodeJson({ ...limits, key: text(i) }));
    expect(await (await restore(token, forged(RECORD.key, ...records), 'add')).json()).toMatchObject({
      keys: 1000,
    });
    await problem(await ask('/v1/admin/keys', { token, body: {} }), 409, 'ERR_LIMITS');
    expect((await ask(`/v1/admin/keys/${text(0)}`, { token, method: 'DELETE' })).status).toBe(204);
    const rotated = await ask(`/v1/admin/keys/${text(1)}/rotate`, { token, body: { graceMs: 60_000 } });
    expect(rotated.status).toBe(201);
    // The former one is taken still, and counts.
    await problem(await ask('/v1/admin/keys', { token, body: {} }), 409, 'ERR_LIMITS');
    const { keys } = (await listed(token, 'admin/keys')) as { keys: { key: string }[] };
    expect(keys).toHaveLength(1000);
    expect(keys.map(({ key }) => key)).not.toContain(text(0));
    const first = forged(RECORD.key, records[0]);
    expect(await (await restore(token, first, 'add')).json()).toMatchObject({ keys: 0 });
  });

  it('brings no series and no time that could not have been taken', async () => {
    const token = await configured('forged-series');
    for (const change of [
      { key: 'not json' },
      { key: '{}' },
      { key: '[]' },
      { key: '["a",["b",1]]' },
      { key: '["a",["c","1"],["b","2"]]' },
      { key: '["a" ]' },
      { start: 60_001 },
      { start: -60_000 },
      { level: 1, start: 60_000 },
      { start: 8.64e15 },
    ]) {
      const bucket = { key: '["a"]', level: 0, start: 60_000, n: 0, code: 'ERR_CHECKSUM', ...change };
      const body = forged(RECORD.bucket, encodeBucket(bucket, new Uint8Array(0)));
      await problem(await restore(token, body, 'add'), 400, 'ERR_BODY');
    }
    expect(await listed(token, 'series')).toEqual({ series: [] });
  });

  it('does not bring that ids are forgotten of hours to come', async () => {
    const { token } = await filled('hasty');
    const hour = Math.floor(Date.now() / HOUR_MS) + 1;
    const [header] = recordsOf(await backupOf(token));
    const forged = concat([header.bytes, encodeRecord(RECORD.ids, 1, encodeIds(hour, []))]);
    const { detail } = await problem(await restore(token, forged, 'add'), 400, 'ERR_BODY');
    expect(detail).toBe(`record 1: expected an hour that is over, found ${hour}`);
    expect(await send(token, container([series([1])]))).toBe(202);
  });

  it('cannot be confirmed as of a time to come', async () => {
    const token = await configured('forged-time');
    const backup = { id, records: 1, bytes: 1, created: Date.now() + 2 * 60 * MINUTE_MS };
    await problem(await ask('/v1/admin/backups', { token, body: backup }), 400, 'ERR_BODY');
  });

  it('harms nobody where it was let in before', async () => {
    const token = await configured('before');
    await ask('/v1/admin/keys', { token, body: { origins: ['https://before.example'] } });
    const directory = (env as unknown as EdgeEnv).DIRECTORY.getByName('directory');
    const row = { id, created: 9e15, confirmed: Date.now(), records: 1, bytes: 1, target: 'client' as const };
    await directory.confirmBackup('before', { ...row, place: '' });
    await runInDurableObject(directory as unknown as DurableObjectStub, (_, { storage }) => {
      storage.sql.exec(`INSERT INTO keys VALUES ('k_aaaaaaa', 'before', '{}', 1, NULL)`);
    });
    const operator = await tokenOf('default', 'admin');
    const answer = await ask('/v1/limits', { headers: { origin: 'https://before.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://before.example');
    await problem(
      await ask('/v1/ingest', { headers: { 'x-kll-key': 'k_aaaaaaa' }, body: {} }),
      401,
      'ERR_KEY',
    );
    for (const what of ['admin/tenants', 'admin/keys', 'admin/backups']) {
      expect((await ask(`/v1/${what}`, { token: what === 'admin/tenants' ? operator : token })).status).toBe(
        200,
      );
    }
  });
});
