/** Backups and restores over HTTP: what leaves comes back, once, and nothing else does. */
import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { EdgeEnv } from '../../../src/adapters/workers/env.js';
import { type BackupBucket, decodeBucket, decodeHeader, RECORD } from '../../../src/wire/backup-records.js';
import {
  BACKUP_TYPE,
  backupOf,
  concat,
  contentOf,
  filled,
  HOUR_MS,
  recordsOf,
  restore,
  send,
  totalsOf,
} from './backup-client.js';
import { ask, configured, container, problem, series, tokenOf } from './edge-client.js';

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

  it('counts as done when it is confirmed, and as failed when it is given up, read to its end or not', async () => {
    const { token } = await filled('given-up');
    const operator = await tokenOf('default', 'admin');
    const counts = async () => {
      const metrics = await (await ask('/metrics', { token: operator })).text();
      return ['done', 'failed'].map((outcome) => {
        const line = `kll_edge_duties_total\\{duty="backup",outcome="${outcome}"\\} (\\d+)`;
        return Number(new RegExp(line).exec(metrics)?.[1] ?? 0);
      });
    };
    const before = await counts();
    const response = await ask('/v1/admin/backup', { token });
    const id = response.headers.get('x-kll-backup-id')!;
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100);
    expect(await counts()).toEqual(before);
    const path = `/v1/admin/snapshots/backup-${id}`;
    expect((await ask(path, { token, method: 'DELETE' })).status).toBe(204);
    expect(await counts()).toEqual([before[0], before[1] + 1]);
    expect((await ask('/v1/admin/backups', { token, body: { id, records: 3, bytes: 400 } })).status).toBe(
      201,
    );
    expect(await counts()).toEqual([before[0] + 1, before[1] + 1]);
    await problem(
      await ask('/v1/admin/snapshots/backup-x', { token, method: 'DELETE' }),
      404,
      'ERR_SNAPSHOT',
    );
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
});
