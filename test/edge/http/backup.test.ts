/** Backups, restores and exports over HTTP: what leaves comes back, once, and nothing else does. */
import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { tenantConfig } from '../../../src/adapters/workers/directory-cache.js';
import { runDuties } from '../../../src/adapters/workers/duties.js';
import type { EdgeEnv } from '../../../src/adapters/workers/env.js';
import {
  BACKUP_CONTENT_TYPE,
  BACKUP_FORMAT,
  BACKUP_VERSION,
  type BackupBucket,
  type BackupTotals,
  decodeBucket,
  decodeHeader,
  decodeIds,
  decodeJson,
  encodeBucket,
  encodeIds,
  encodeJson,
  encodeRecord,
  RECORD,
  RecordReader,
} from '../../../src/wire/backup-records.js';
import { ask, BATCH_TYPE, configured, container, problem, series, tokenOf } from './edge-client.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const BACKUP_TYPE = { 'content-type': BACKUP_CONTENT_TYPE };

async function send(token: string, body: Uint8Array): Promise<number> {
  return (await ask('/v1/ingest', { token, headers: BATCH_TYPE, body })).status;
}

async function totalsOf(token: string): Promise<{ n: number; sum: number }> {
  const { n, sum } = (await (await ask('/v1/quantiles?name=latency_ms', { token })).json()) as {
    n: number;
    sum: number;
  };
  return { n, sum };
}

async function backupOf(token: string): Promise<Uint8Array> {
  const response = await ask('/v1/admin/backup', { token });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe(BACKUP_CONTENT_TYPE);
  return new Uint8Array(await response.arrayBuffer());
}

async function restore(token: string, body: Uint8Array, mode = ''): Promise<Response> {
  return await ask(`/v1/admin/restore${mode && `?mode=${mode}`}`, { token, headers: BACKUP_TYPE, body });
}

/** Records as they lie in the bytes. */
function recordsOf(bytes: Uint8Array) {
  const reader = new RecordReader();
  reader.push(bytes);
  const records = [];
  let at = 0;
  for (let record = reader.next(); record; record = reader.next()) {
    const length = 13 + record.payload.length;
    records.push({ ...record, bytes: bytes.subarray(at, at + length) });
    at += length;
  }
  reader.end();
  return records;
}

/** Buckets and ids of a backup, in an order of their own. */
function contentOf(bytes: Uint8Array): { buckets: string[]; ids: string[]; totals: BackupTotals } {
  const records = recordsOf(bytes);
  const hex = (some: Uint8Array) => Array.from(some, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const buckets = records
    .filter(({ type }) => type === RECORD.bucket)
    .map(({ payload }) => decodeBucket(payload))
    // Whether a bucket is rolled up changes by the clock, between two backups of the same data.
    .map(({ bucket: { isRolledUp: _, ...bucket }, image }) => JSON.stringify(bucket) + hex(image));
  const ids = records
    .filter(({ type }) => type === RECORD.ids)
    .flatMap(({ payload }) => decodeIds(payload).ids.map(({ id, crc }) => `${hex(id)} ${crc}`));
  return { buckets: buckets.sort(), ids: ids.sort(), totals: decodeJson(records.at(-1)!.payload) };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** Values of an hour ago and more in a file: what came just now closes when its minute ends. */
async function oldValues(file: ArrayBuffer): Promise<number> {
  const rows = (await parquetReadObjects({ file })) as { n: bigint; to: Date }[];
  return rows
    .filter(({ to }) => to.getTime() < Date.now() - 60 * MINUTE_MS)
    .reduce((sum, { n }) => sum + Number(n), 0);
}

/** A tenant with two objects of each kind, some series, a key. */
async function filled(tenant: string): Promise<{ token: string; batches: Uint8Array[] }> {
  const token = await configured(tenant, { ingest: 2, series: 2, graceMs: 0, maxSeries: 123 });
  await ask('/v1/admin/keys', { token, body: { origins: ['https://a.example'] } });
  const batches = Array.from({ length: 10 }, (_, i) =>
    container([
      series([i, i + 0.5], { labels: { route: `/${i % 5}` }, age: i % 2 ? 0 : 90 * MINUTE_MS }),
      series([1000 + i], { labels: { route: '/all' } }),
    ]),
  );
  for (const batch of batches) expect(await send(token, batch)).toBe(202);
  return { token, batches };
}

describe('a backup', () => {
  it('restores elsewhere bit for bit: buckets, ids of batches, keys and settings', async () => {
    const { token, batches } = await filled('whole');
    let bytes = await backupOf(token);
    const isClosed = (one: string) => !one.includes('"closes"');
    while (contentOf(bytes).buckets.filter(isClosed).length < 5) bytes = await backupOf(token);
    const records = recordsOf(bytes);
    expect(records.map(({ ordinal }) => ordinal)).toEqual(records.map((_, i) => i));
    expect(decodeHeader(records[0])).toMatchObject({ format: 'kll-backup', version: 1, tenant: 'whole' });
    const { buckets, ids, totals } = contentOf(bytes);
    expect(totals).toMatchObject({ keys: 1, ids: 10, values: 30, records: records.length - 1 });

    const other = await tokenOf('elsewhere', 'admin', 'ingest', 'query');
    const told = await (await restore(other, bytes)).json();
    expect(told).toMatchObject({
      rows: totals.buckets,
      values: 30,
      skipped: 0,
      ids: 10,
      keys: 0,
      isComplete: true,
    });
    expect(await totalsOf(other)).toEqual(await totalsOf(token));
    const config = (await (await ask('/v1/admin/config', { token: other })).json()) as {
      maxSeries: number;
      rings: { ingest: number; series: number }[];
    };
    expect(config.maxSeries).toBe(123);
    expect(config.rings.at(-1)).toMatchObject({ ingest: 2, series: 2 });
    // Batches of before are known, whoever sends them again.
    for (const batch of batches) expect(await send(other, batch)).toBe(200);

    const again = contentOf(await backupOf(other));
    expect(again.ids).toEqual(ids);
    // Parts that have closed meanwhile are others: those that were closed are the same bytes.
    expect(again.buckets).toEqual(expect.arrayContaining(buckets.filter(isClosed)));
    expect(again.totals.values).toBe(30);
  });

  it('brings keys back after a reset that forgot them', async () => {
    const { token } = await filled('reset-whole');
    const bytes = await backupOf(token);
    const post = async (path: string) => await (await ask(path, { token, method: 'POST' })).json();
    expect(await post('/v1/admin/reset?dryRun=1&keep=keys')).toMatchObject({
      dryRun: true,
      keys: 1,
      series: 6,
      kept: ['keys'],
    });
    expect(await post('/v1/admin/reset')).toMatchObject({ dryRun: false, kept: [] });
    expect(await (await ask('/v1/admin/keys', { token })).json()).toEqual({ keys: [] });
    expect(
      ((await (await ask('/v1/admin/config', { token })).json()) as { maxSeries: number }).maxSeries,
    ).toBe(10_000);
    expect(await totalsOf(token)).toMatchObject({ n: 0 });
    expect(await (await restore(token, bytes)).json()).toMatchObject({ values: 30, keys: 1 });
    expect(await totalsOf(token)).toMatchObject({ n: 30 });
    expect((await ask('/v1/admin/reset?keep=all', { token, method: 'POST' })).status).toBe(400);
  });

  it('keeps what a reset is told to keep', async () => {
    const { token } = await filled('kept-parts');
    await ask('/v1/admin/reset?keep=series,settings', { token, method: 'POST' });
    expect(await totalsOf(token)).toMatchObject({ n: 30 });
    expect(await (await ask('/v1/admin/keys', { token })).json()).toEqual({ keys: [] });
    expect(
      ((await (await ask('/v1/admin/config', { token })).json()) as { maxSeries: number }).maxSeries,
    ).toBe(123);
  });

  it('is restored in pieces, in any number of tries, each value once', async () => {
    const { token } = await filled('pieces');
    const records = recordsOf(await backupOf(token));
    const other = await tokenOf('in-pieces', 'admin', 'query');
    const [header, ...rest] = records.map(({ bytes }) => bytes);
    const pieces = [rest.slice(0, 7), rest.slice(4, 9), rest.slice(9), rest];
    const told = [];
    for (const piece of pieces) {
      told.push(
        (await (await restore(other, concat([header, ...piece]))).json()) as {
          values: number;
          isComplete: boolean;
        },
      );
    }
    expect(told.map(({ isComplete }) => isComplete)).toEqual([false, false, true, true]);
    expect(told.reduce((sum, { values }) => sum + values, 0)).toBe(30);
    expect(await totalsOf(other)).toMatchObject({ n: 30 });
  });

  it('brings settings once: what was set since stays, where it comes again', async () => {
    const { token: from } = await filled('settings-of');
    const bytes = await backupOf(from);
    const token = await tokenOf('sets-anew', 'admin', 'query');
    const config = async () => (await ask('/v1/admin/config', { token })).json();
    expect((await restore(token, bytes)).status).toBe(200);
    expect(await config()).toMatchObject({ maxSeries: 123 });
    await configured('sets-anew', { series: 3, maxSeries: 456 });
    const before = await config();
    expect(await (await restore(token, bytes)).json()).toMatchObject({ values: 0, isComplete: true });
    expect(await config()).toEqual(before);
  });

  it('is added once, however often it comes and whatever rings came since; again after a reset', async () => {
    const { token: from } = await filled('spread-from');
    const token = await configured('spread', { ingest: 1, series: 4 });
    const bytes = await backupOf(from);
    const added = async () => (await (await restore(token, bytes, 'add')).json()) as { values: number };
    expect((await added()).values).toBe(30);
    for (const series of [7, 2, 5]) {
      await ask('/v1/admin/config', { token, method: 'PATCH', body: { series } });
      expect((await added()).values).toBe(0);
      expect(await totalsOf(token)).toMatchObject({ n: 30 });
    }
    await ask('/v1/admin/reset', { token, method: 'POST' });
    expect((await added()).values).toBe(30);
    expect(await totalsOf(token)).toMatchObject({ n: 30 });
  });

  it('is refused where there is other data, unless it is to be added', async () => {
    const { token } = await filled('occupied');
    const { token: from } = await filled('occupant');
    const bytes = await backupOf(from);
    await problem(await restore(token, bytes), 409, 'ERR_NOT_EMPTY');
    expect(await totalsOf(token)).toMatchObject({ n: 30 });
    expect((await restore(token, bytes, 'add')).status).toBe(200);
    expect((await totalsOf(token)).n).toBe(60);
    await problem(await restore(token, bytes, 'replace'), 400, 'ERR_PARAMETER');
  });

  it('is refused by a parameter that is not known: a typo must not decide how it is taken in', async () => {
    const token = await configured('misspelled');
    const asked = { token, method: 'POST', headers: BACKUP_TYPE };
    await problem(await ask('/v1/admin/restore?Mode=add', asked), 400, 'ERR_PARAMETER');
  });

  it('is refused with any bit flipped, cut short anywhere, or in another order; before the broken record it is safe to repeat', async () => {
    const { token } = await filled('broken');
    const bytes = await backupOf(token);
    const other = await tokenOf('from-broken', 'admin', 'query');
    for (let i = 0; i < 60; i++) {
      const at = Math.floor((i * bytes.length) / 60);
      const flipped = bytes.slice();
      flipped[at] ^= 1 << (i % 8);
      const response = await restore(other, flipped);
      expect(response.status).toBe(400);
    }
    for (const end of [5, 100, bytes.length - 1]) {
      expect((await restore(other, bytes.subarray(0, end))).status).toBe(400);
    }
    const records = recordsOf(bytes).map((one) => one.bytes);
    for (const wrong of [
      records.slice(1),
      [records[0], records[3], records[2]],
      [...records, records.at(-2)!],
      [],
    ]) {
      expect((await restore(other, concat(wrong))).status).toBe(400);
    }
    expect((await restore(other, bytes)).status).toBe(200);
    expect(await totalsOf(other)).toMatchObject({ n: 30 });
  });

  it('holds whole batches only, while others come in and a second backup is made', async () => {
    const token = await configured('whole-batches', { ingest: 3, series: 3, sealMs: 0, sealBatches: 2 });
    let isOver = false;
    let sent = 0;
    const sender = async (label: string) => {
      for (let i = 0; !isOver; i++) {
        // Two series of each batch lie in different objects; in a backup both have as many values.
        const pair = ['/x', '/y', '/z'].map((route) => series([i], { labels: { route, label } }));
        expect(await send(token, container(pair))).toBe(202);
        sent++;
      }
    };
    const senders = [sender('a'), sender('b')];
    const backups: Uint8Array[] = [];
    while (sent < 40) await scheduler.wait(5);
    for (let i = 0; i < 3; i++) backups.push(...(await Promise.all([backupOf(token), backupOf(token)])));
    isOver = true;
    await Promise.all(senders);
    for (const bytes of backups) {
      const values = new Map<string, number>();
      for (const { type, payload } of recordsOf(bytes)) {
        if (type !== RECORD.bucket) continue;
        const { key, n, isRolledUp }: BackupBucket = decodeBucket(payload).bucket;
        if (!isRolledUp) values.set(key, (values.get(key) ?? 0) + n);
      }
      for (const label of ['a', 'b']) {
        const of = ['/x', '/y', '/z'].map((route) =>
          values.get(JSON.stringify(['latency_ms', ['label', label], ['route', route]])),
        );
        expect(new Set(of).size).toBe(1);
      }
      const { ids, totals } = contentOf(bytes);
      expect(totals.values).toBe(3 * ids.length);
    }
    expect(await totalsOf(token)).toMatchObject({ n: 3 * sent });
    // Its snapshots are gone.
    expect(await (await ask('/v1/admin/snapshots', { token })).json()).toEqual({ snapshots: [] });
  });

  it('is whole though objects leave memory while its reader takes its time; what comes meanwhile is not in it', async () => {
    const { token, batches } = await filled('slow-reader');
    const before = contentOf(await backupOf(token));
    const reader = (await ask('/v1/admin/backup', { token })).body!.getReader();
    const pieces: Uint8Array[] = [];
    for (let read = await reader.read(), turn = 0; !read.done; read = await reader.read(), turn++) {
      pieces.push(read.value);
      if (turn % 8 > 0) continue;
      // The record that the stream makes ahead of its reader is there: objects have nothing to do, and go.
      await new Promise((resolve) => setTimeout(resolve, 200));
      await abortAllDurableObjects();
      if (turn < 20) expect(await send(token, container([series([turn])]))).toBe(202);
    }
    const { ids, totals } = contentOf(concat(pieces));
    expect(ids).toEqual(before.ids);
    expect(ids).toHaveLength(batches.length);
    expect(totals).toMatchObject({ values: 30, ids: 10 });
    expect(await (await ask('/v1/admin/snapshots', { token })).json()).toEqual({ snapshots: [] });
    const other = await tokenOf('after-a-slow-reader', 'admin', 'query');
    expect(await (await restore(other, concat(pieces))).json()).toMatchObject({ isComplete: true });
    expect(await totalsOf(other)).toMatchObject({ n: 30 });
  });

  it('brings that ids are forgotten: a batch of then is too old, whatever the window is by now', async () => {
    const { token } = await filled('forgetful');
    const hour = Math.floor(Date.now() / HOUR_MS) - 3;
    await runInDurableObject(env.INGEST.getByName('ingest:forgetful:1'), (_, { storage }) => {
      storage.sql.exec('INSERT INTO forgotten_ids VALUES (1, ?)', hour);
    });
    await abortAllDurableObjects();
    const other = await tokenOf('remindful', 'admin');
    const told = await (await restore(other, await backupOf(token))).json();
    expect(told).toMatchObject({ ids: 10, isComplete: true });
    for (let i = 0; i < 8; i++) {
      expect(await send(other, container([series([1])], { created: hour * HOUR_MS }))).toBe(410);
      expect(await send(other, container([series([1])], { created: (hour + 1) * HOUR_MS }))).toBe(202);
    }
  });

  it('is confirmed by whoever has it, and listed', async () => {
    const token = await configured('confirmed');
    const backup = { id: 'ab'.repeat(16), records: 3, bytes: 400, place: 'disk' };
    expect((await ask('/v1/admin/backups', { token, body: backup })).status).toBe(201);
    expect((await ask('/v1/admin/backups', { token, body: backup })).status).toBe(201);
    const { backups } = (await (await ask('/v1/admin/backups', { token })).json()) as { backups: object[] };
    expect(backups).toMatchObject([{ ...backup, target: 'client' }]);
    await problem(await ask('/v1/admin/backups', { token, body: { ...backup, id: 'x' } }), 400, 'ERR_BODY');
    const operator = await tokenOf('default', 'admin');
    const metrics = await (await ask('/metrics', { token: operator })).text();
    expect(metrics).toMatch(/kll_edge_backup_completed_timestamp_seconds\{target="client"\} 1\.?\d+/);
  });

  it('counts for its tenant wherever it lies; a tenant with values and none is told by name', async () => {
    const operator = await tokenOf('default', 'admin');
    const { token } = await filled('never-backed-up');
    // No value was ever stored: nothing is missing.
    await configured('nothing-to-lose');
    const unbacked = /^kll_edge_unbacked_since_timestamp_seconds\{tenant="never-backed-up"\} (\S+)$/m;
    const metrics = async () => await (await ask('/metrics', { token: operator })).text();
    const since = Number(unbacked.exec(await metrics())?.[1]);
    expect(Math.abs(since - Date.now() / 1000)).toBeLessThan(60);
    expect(await metrics()).not.toContain('nothing-to-lose');
    const told = async () => {
      const response = await ask('/v1/admin/tenants', { token: operator });
      const { tenants } = (await response.json()) as { tenants: { tenant: string; newestBackup: object }[] };
      return tenants.find(({ tenant }) => tenant === 'never-backed-up');
    };
    expect(await told()).toEqual({
      tenant: 'never-backed-up',
      since: expect.stringMatching(/^\d{4}-.*Z$/),
      newestBackup: null,
    });

    const directory = (env as unknown as EdgeEnv).DIRECTORY.getByName('directory');
    const confirm = async (target: 'bucket' | 'client', confirmed: number) => {
      const id = (target === 'bucket' ? 'b' : 'c').repeat(32);
      const backup = { id, created: confirmed, confirmed, records: 3, bytes: 400, target, place: 'there' };
      await directory.confirmBackup('never-backed-up', backup);
    };
    // Two years ago by hand, since then by the clock: what was made by hand once is not overdue for ever.
    const hand = 1_600_000_000_000;
    await confirm('client', hand);
    expect(await metrics()).toContain(`{target="client"} ${hand / 1000}\n`);
    await confirm('bucket', hand + 1000);
    expect(await metrics()).not.toMatch(unbacked);
    expect(await metrics()).not.toContain(`{target="client"} ${hand / 1000}\n`);
    expect(await metrics()).toContain(`{target="bucket"} ${hand / 1000 + 1}\n`);
    expect(await told()).toMatchObject({ newestBackup: { target: 'bucket', place: 'there' } });
    // Who else is served is nobody's business.
    await problem(await ask('/v1/admin/tenants', { token }), 403, 'ERR_FORBIDDEN');
  });

  it('goes to the bucket by the clock, of every tenant, and comes back from there', async () => {
    const { token } = await filled('by-the-clock');
    await runDuties(env as unknown as EdgeEnv);
    const { backups } = (await (await ask('/v1/admin/backups', { token })).json()) as {
      backups: { place: string; bytes: number; target: string }[];
    };
    expect(backups[0].target).toBe('bucket');
    const bucket = (env as unknown as EdgeEnv).BACKUP!;
    const stored = new Uint8Array(await (await bucket.get(backups[0].place))!.arrayBuffer());
    expect(stored.length).toBe(backups[0].bytes);
    const other = await tokenOf('from-the-bucket', 'admin', 'query');
    expect(await (await restore(other, stored)).json()).toMatchObject({ values: 30, isComplete: true });
  });
});

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

describe('an export', () => {
  it('is fetched file by file and confirmed: each closed bucket in one file, by tenant and date', async () => {
    const { token } = await filled('exported');
    await problem(await ask('/v1/admin/exports', { token, method: 'POST' }), 409, 'ERR_EXPORT');
    await ask('/v1/admin/config', { token, method: 'PATCH', body: { exportTo: 'pull' } });
    let values = 0;
    const paths = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const plan = (await (await ask('/v1/admin/exports', { token, method: 'POST' })).json()) as {
        files: { path: string; url: string; rows: number }[];
        confirm: string[];
        more: boolean;
      };
      if (!plan.more) {
        if (values >= 10) break;
        await scheduler.wait(50);
        continue;
      }
      for (const { path, url, rows } of plan.files) {
        expect(path).toMatch(/^tenant=exported\/date=\d{4}-\d\d-\d\d\/minute-\d+-\d+-\d+\.parquet$/);
        expect(paths.has(path)).toBe(false);
        paths.add(path);
        const file = await (await ask(url, { token })).arrayBuffer();
        expect(await parquetReadObjects({ file })).toHaveLength(rows);
        values += await oldValues(file);
      }
      for (const url of plan.confirm) expect((await ask(url, { token, method: 'POST' })).status).toBe(204);
      const last = plan.files.at(-1)!;
      expect((await ask(last.url, { token })).status).toBe(409);
    }
    expect(values).toBe(10);
    expect((await ask('/v1/admin/exports', { token, method: 'DELETE' })).status).toBe(204);
    const anew = (await (await ask('/v1/admin/exports', { token, method: 'POST' })).json()) as {
      files: { rows: number }[];
    };
    expect(anew.files.length).toBeGreaterThan(0);
    expect((await ask('/v1/admin/exports/9/1/2020-01-01', { token })).status).toBe(404);
    expect((await ask('/v1/admin/exports/0/99999/2020-01-01', { token })).status).toBe(409);
  });

  it('goes to the bucket by the clock for tenants that want it there', async () => {
    const { token } = await filled('to-the-bucket');
    await ask('/v1/admin/config', { token, method: 'PATCH', body: { exportTo: 'bucket' } });
    await tenantConfig(env as unknown as EdgeEnv, 'to-the-bucket', true);
    const bucket = (env as unknown as EdgeEnv).BACKUP!;
    let values = 0;
    const seen = new Set<string>();
    for (let i = 0; i < 100 && values < 10; i++) {
      await runDuties(env as unknown as EdgeEnv);
      const { objects } = await bucket.list({ prefix: 'export/tenant=to-the-bucket/' });
      for (const { key } of objects) {
        if (seen.has(key)) continue;
        seen.add(key);
        const file = await (await bucket.get(key))!.arrayBuffer();
        values += await oldValues(file);
      }
      await scheduler.wait(20);
    }
    expect(values).toBe(10);
    expect(
      new Set(
        [...seen].map((key) =>
          key
            .split('/')
            .slice(0, 3)
            .join('/')
            .replace(/date=.*/, 'date='),
        ),
      ).size,
    ).toBe(1);
  });
});
