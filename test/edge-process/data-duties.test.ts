/** What `kll` does with the data of a running edge: backup, restore, export, snapshot, retention, vacuum, reset. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect as connectTo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import { encodeBatch } from '../../src/batch.js';
import { type BackupBucket, decodeBucket, RECORD, RecordReader } from '../../src/wire/backup-records.js';
import { KLL, runKll } from '../cli/run-kll.js';
import { seededRandom } from '../support/prng.js';

const HOUR_MS = 3_600_000;
const NAME = 'latency_ms';
const random = seededRandom(2024);

let folder: string;
let edge: ServedEdge;
let other: ServedEdge;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-duties-'));
  edge = await serveEdge({ folder: join(folder, 'edge'), output: 'ignore' });
  other = await serveEdge({ folder: join(folder, 'other'), output: 'ignore' });
  for (const one of [edge, other]) await configure(one, { graceMs: 0, sealMs: 0 });
  await send(edge, 40);
  await closedAll(edge);
});

afterAll(async () => {
  for (const one of [edge, other]) {
    one.process.kill('SIGKILL');
    await one.ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const kllOn = (target: ServedEdge, ...args: string[]) =>
  runKll([...args, '--url', target.url, '--token', target.token]);

/** Where the payload begins of the first record from there on: a length or type that is not one is told as such instead. */
function payloadAfter(bytes: Buffer, place: number): number {
  let record = 0;
  while (record < place) record += 13 + bytes.readUInt32LE(record);
  return record + 9;
}

function call(target: ServedEdge, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(target.url + path, {
    ...init,
    headers: { authorization: `Bearer ${target.token}`, ...init.headers },
  });
}

async function configure(target: ServedEdge, settings: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(settings);
  expect((await call(target, '/v1/admin/config', { method: 'PATCH', headers, body })).ok).toBe(true);
}

/** Batches of 20 series; values of the last 30 hours. */
async function send(target: ServedEdge, batches: number, values = 50): Promise<void> {
  for (let batch = 0; batch < batches; batch++) {
    const series = Array.from({ length: 20 }, () => ({
      name: NAME,
      labels: { route: `/${random.below(200)}` },
      age: random.below(30 * HOUR_MS),
      values: Float64Array.from({ length: values }, () => 1 + random.below(1000)),
    }));
    const body = encodeBatch({ id: randomBytes(16), created: Date.now(), series });
    const headers = { 'content-type': 'application/vnd.kll.batch' };
    const response = await call(target, '/v1/ingest', { method: 'POST', headers, body: body as BodyInit });
    if (response.status !== 202) throw new Error(await response.text());
  }
}

async function totals(target: ServedEdge): Promise<{ n: number; sum: number; partial: boolean }> {
  const { n, sum, partial } = (await (await call(target, `/v1/quantiles?name=${NAME}`)).json()) as {
    n: number;
    sum: number;
    partial: boolean;
  };
  return { n, sum, partial };
}

/** Buckets close by the objects' own alarms: waits until nothing of before this minute is open. */
async function closedAll(target: ServedEdge): Promise<void> {
  const until = Date.now() + 30_000;
  for (;;) {
    const path = at('waiting.kllbackup');
    expect((await kllOn(target, 'backup', '--out', path)).code).toBe(0);
    const minute = Date.now() - (Date.now() % 60_000);
    const open = bucketsOf(path).filter(
      ({ closes, level, start }) => closes !== undefined && level === 0 && start < minute,
    );
    if (open.length === 0) return;
    if (Date.now() > until) throw new Error(`${open.length} buckets do not close`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function bucketsOf(path: string): (BackupBucket & { image: Uint8Array })[] {
  const reader = new RecordReader();
  reader.push(readFileSync(path));
  const found: (BackupBucket & { image: Uint8Array })[] = [];
  for (let record = reader.next(); record; record = reader.next()) {
    if (record.type !== RECORD.bucket) continue;
    const { bucket, image } = decodeBucket(record.payload);
    found.push({ ...bucket, image: image.slice() });
  }
  return found;
}

/** Closed parts of buckets of a backup: place and image, in any order. */
function closedBuckets(path: string): string[] {
  return bucketsOf(path)
    .filter(({ closes }) => closes === undefined)
    .map(({ key, level, start, n, image }) =>
      JSON.stringify([key, level, start, n, Buffer.from(image).toString('hex')]),
    )
    .sort();
}

describe('kll backup and restore', () => {
  beforeEach(async () => {
    expect((await kllOn(other, 'reset', '--yes', '--keep', 'settings,keys')).code).toBe(0);
  });

  it('bring a tenant elsewhere, bit for bit, with a report of checksums', async () => {
    const made = await kllOn(edge, 'backup', '--out', at('a.kllbackup'), '--json');
    expect({ code: made.code, stderr: made.stderr }).toEqual({ code: 0, stderr: '' });
    const bytes = readFileSync(at('a.kllbackup'));
    expect(made.json).toMatchObject({ schema: 'kll.backup/1', bytes: bytes.length, values: 40_000, ids: 40 });
    expect(made.json.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(existsSync(at('a.kllbackup.partial'))).toBe(false);

    const restored = await kllOn(other, 'restore', at('a.kllbackup'), '--verify', '--json');
    expect({ code: restored.code, stderr: restored.stderr }).toEqual({ code: 0, stderr: '' });
    expect(restored.json.backup.sha256).toBe(made.json.sha256);
    expect(restored.json.restored).toMatchObject({
      rows: made.json.buckets,
      values: 40_000,
      ids: 40,
      skipped: 0,
    });
    expect(restored.json.verified.missing).toBe(0);
    expect(restored.json.verified.compared).toBeGreaterThan(500);
    expect(await totals(other)).toEqual(await totals(edge));

    // What another backup holds says the same as --verify.
    expect((await kllOn(other, 'backup', '--out', at('b.kllbackup'))).code).toBe(0);
    const back = new Set(closedBuckets(at('b.kllbackup')));
    const missing = closedBuckets(at('a.kllbackup')).filter((bucket) => !back.has(bucket));
    expect(missing).toEqual([]);
  });

  it('confirm what was written, for whoever watches the age of backups', async () => {
    const { json } = await kllOn(edge, 'backup', '--out', at('c.kllbackup'), '--json');
    const listed = await kllOn(edge, 'backup', '--list', '--json');
    expect(listed.json.backups[0]).toMatchObject({ id: json.id, records: json.records, bytes: json.bytes });
    expect(listed.json.backups[0].place).toBe(at('c.kllbackup'));
    const { stdout } = await kllOn(edge, 'backup', '--list');
    expect(stdout).toContain(json.id);
  });

  it('refuse a tenant with data, and add to it or replace it when told to', async () => {
    expect((await kllOn(edge, 'backup', '--out', at('d.kllbackup'))).code).toBe(0);
    await send(other, 3);
    const refused = await kllOn(other, 'restore', at('d.kllbackup'));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/409 ERR_NOT_EMPTY/);
    expect((await totals(other)).n).toBe(3000);
    expect((await kllOn(other, 'restore', at('d.kllbackup'), '--add')).code).toBe(0);
    expect((await totals(other)).n).toBe(43_000);
    const replaced = await kllOn(other, 'restore', at('d.kllbackup'), '--replace', '--json');
    expect(replaced.json.restored.values).toBe(40_000);
    expect(await totals(other)).toEqual(await totals(edge));
  });

  it('restore again without counting anything twice', async () => {
    expect((await kllOn(edge, 'backup', '--out', at('e.kllbackup'))).code).toBe(0);
    expect((await kllOn(other, 'restore', at('e.kllbackup'))).code).toBe(0);
    const again = await kllOn(other, 'restore', at('e.kllbackup'), '--json');
    expect(again.code).toBe(0);
    expect(again.json.restored).toMatchObject({ rows: 0, values: 0, skipped: again.json.backup.buckets });
    expect(await totals(other)).toEqual(await totals(edge));
  });

  it('check the whole file before anything is changed', async () => {
    expect((await kllOn(edge, 'backup', '--out', at('f.kllbackup'))).code).toBe(0);
    const bytes = readFileSync(at('f.kllbackup'));
    const flipped = Uint8Array.from(bytes);
    flipped[payloadAfter(bytes, bytes.length >> 1)] ^= 1;
    writeFileSync(at('flipped'), flipped);
    writeFileSync(at('cut'), bytes.subarray(0, bytes.length - 200));
    writeFileSync(at('none'), 'no backup at all');
    for (const [name, code] of [
      ['flipped', 'ERR_CHECKSUM'],
      ['cut', 'ERR_TRUNCATED'],
      ['none', 'ERR_FIELD'],
    ]) {
      const run = await kllOn(other, 'restore', at(name), '--replace', '--json');
      expect(run.code).toBe(3);
      expect(JSON.parse(run.stderr).code).toBe(code);
    }
    expect((await totals(other)).n).toBe(0);
  });

  it('notice with --verify that buckets are not there, and tell them from those that have expired', async () => {
    expect((await kllOn(edge, 'backup', '--out', at('g.kllbackup'))).code).toBe(0);
    expect((await kllOn(other, 'restore', at('g.kllbackup'))).code).toBe(0);
    expect((await kllOn(other, 'retention', '--minute', '1h')).code).toBe(0);
    expect((await kllOn(other, 'vacuum')).code).toBe(0);
    // What was taken in is not taken again.
    const expired = await kllOn(other, 'restore', at('g.kllbackup'), '--add', '--verify', '--json');
    expect({ code: expired.code, missing: expired.json.verified.missing }).toEqual({ code: 0, missing: 0 });
    expect(expired.json.verified.expired).toBeGreaterThan(100);
    // Kept for longer, it should still be there.
    expect((await kllOn(other, 'retention', '--minute', '7d')).code).toBe(0);
    const missing = await kllOn(other, 'restore', at('g.kllbackup'), '--add', '--verify', '--json');
    expect({ code: missing.code, ok: missing.json.ok }).toEqual({ code: 1, ok: false });
    expect(missing.json.verified.missing).toBe(expired.json.verified.expired);
    const { stdout } = await kllOn(other, 'restore', at('g.kllbackup'), '--add', '--verify');
    expect(stdout).toMatch(/^verified +FAILED: [\d,]+ of [\d,]+ closed buckets are not there bit for bit/m);
  });

  it('send a large backup in several requests', async () => {
    // 13 MB: values of full doubles, all kept while their minutes are open.
    await configure(other, { graceMs: HOUR_MS });
    onTestFinished(() => configure(other, { graceMs: 0 }));
    for (let batch = 0; batch < 14; batch++) {
      const series = Array.from({ length: 120 }, (_, i) => ({
        name: NAME,
        labels: { route: `/${batch}/${i}` },
        age: 0,
        values: Float64Array.from({ length: 1000 }, () => random.normal()),
      }));
      const body = encodeBatch({ id: randomBytes(16), created: Date.now(), series });
      const headers = { 'content-type': 'application/vnd.kll.batch' };
      const response = await call(other, '/v1/ingest', { method: 'POST', headers, body: body as BodyInit });
      expect(response.status).toBe(202);
    }
    const before = await totals(other);
    expect(before.n).toBe(14 * 120_000);
    expect((await kllOn(other, 'backup', '--out', at('h.kllbackup'), '--json')).json.bytes).toBeGreaterThan(
      9e6,
    );
    const run = await kllOn(other, 'restore', at('h.kllbackup'), '--replace', '--progress', '--json');
    expect(run.code).toBe(0);
    expect(run.json.restored.values).toBe(before.n);
    expect(run.stderr).toMatch(/restore: [\d,]+ buckets/);
    const after = await totals(other);
    expect(after.n).toBe(before.n);
    expect(after.sum).toBeCloseTo(before.sum, 3);
  });
});

describe('a connection that breaks off', () => {
  let proxy: Server;
  let url: string;
  let port: number;
  /** Bytes of an answer that are let through. */
  let most = Number.POSITIVE_INFINITY;
  /** Bytes of an answer after which no more come, while the connection stays. */
  let hold = Number.POSITIVE_INFINITY;
  /** Bytes of requests at which a connection is cut, once each. */
  let cuts: number[] = [];

  beforeAll(async () => {
    proxy = createServer((client) => {
      const server = connectTo(port, '127.0.0.1');
      let passed = 0;
      let sent = 0;
      client.on('data', (piece) => {
        sent += piece.length;
        if (sent > cuts[0]) {
          cuts.shift();
          client.destroy();
        } else server.write(piece);
      });
      server.on('data', (piece) => {
        passed += piece.length;
        if (passed > hold) return;
        if (passed <= most) client.write(piece);
        else client.destroy();
      });
      server.on('end', () => client.end());
      client.on('close', () => server.destroy());
      for (const end of [client, server]) end.on('error', () => {});
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    proxy.close();
  });

  it('does not end a restore, which sends again and counts once', async () => {
    const path = at('j.kllbackup');
    expect((await kllOn(edge, 'backup', '--out', path)).code).toBe(0);
    expect((await kllOn(other, 'reset', '--yes', '--keep', 'settings,keys')).code).toBe(0);
    port = other.port;
    cuts = [50_000, 150_000];
    const run = await runKll(['restore', path, '--url', url, '--token', other.token, '--verify', '--json']);
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
    expect(cuts).toEqual([]);
    expect(run.json.verified.missing).toBe(0);
    expect(await totals(other)).toEqual(await totals(edge));
  });

  it('leaves no file of a backup, confirms nothing and keeps the one of before', async () => {
    const path = at('kept.kllbackup');
    port = edge.port;
    const whole = await runKll(['backup', '--out', path, '--url', url, '--token', edge.token, '--json']);
    expect(whole.code).toBe(0);
    const bytes = readFileSync(path);
    most = 100_000;
    const cut = await runKll(['backup', '--out', path, '--url', url, '--token', edge.token]);
    expect(cut.code).toBe(4);
    expect(cut.stderr).toMatch(/broke off/);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(existsSync(`${path}.partial`)).toBe(false);
    const { json } = await kllOn(edge, 'backup', '--list', '--json');
    expect(json.backups[0].id).toBe(whole.json.id);
  });

  it('leaves no file of a backup that is ended by a signal', async () => {
    const path = at('ended.kllbackup');
    port = edge.port;
    // Bytes stop coming, and the connection stays.
    most = Number.POSITIVE_INFINITY;
    hold = 50_000;
    const child = spawn(process.execPath, [
      KLL,
      'backup',
      '--out',
      path,
      '--url',
      url,
      '--token',
      edge.token,
    ]);
    try {
      await vi.waitFor(() => expect(statSync(`${path}.partial`).size).toBeGreaterThan(0), {
        timeout: 10_000,
      });
      child.kill('SIGTERM');
      const [code] = await once(child, 'exit');
      expect([code, existsSync(path), existsSync(`${path}.partial`)]).toEqual([143, false, false]);
    } finally {
      hold = Number.POSITIVE_INFINITY;
      child.kill('SIGKILL');
    }
  });
});

describe('kll export', () => {
  it('asks for the setting it needs', async () => {
    const { code, stderr } = await kllOn(edge, 'export', '--dir', at('lake'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/409 ERR_EXPORT/);
    expect(stderr).toMatch(/--enable/);
  });

  it('writes every closed bucket once, as Parquet whose checksums it tells', async () => {
    const first = await kllOn(edge, 'export', '--dir', at('lake'), '--enable', '--json');
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' });
    let n = 0;
    for (const { path, rows, sha256 } of first.json.files) {
      const bytes = readFileSync(at(join('lake', path)));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
      const found = await parquetReadObjects({ file: Uint8Array.from(bytes).buffer, compressors });
      expect(found.length).toBe(rows);
      for (const row of found) n += Number(row.n);
    }
    expect(first.json.rows).toBeGreaterThan(500);
    // What is left is open still.
    expect(n).toBeLessThanOrEqual(40_000);
    expect(n).toBeGreaterThan(35_000);
    const { json } = await kllOn(edge, 'export', '--dir', at('lake'), '--json');
    expect(
      json.files.every(
        ({ path }: { path: string }) => !first.json.files.some((one: { path: string }) => one.path === path),
      ),
    ).toBe(true);
    const { stdout } = await kllOn(edge, 'export', '--dir', at('lake'));
    expect(stdout).toMatch(/nothing has closed|confirmed/);
  });
});

describe('kll snapshot', () => {
  it('names a state and goes back to it', async () => {
    const before = await totals(edge);
    const made = await kllOn(edge, 'snapshot', 'create', 'before-import', '--json');
    expect(made.json).toMatchObject({ action: 'created', name: 'before-import' });
    await send(edge, 2);
    expect((await totals(edge)).n).toBe(before.n + 2000);
    expect((await kllOn(edge, 'snapshot', 'list')).stdout).toContain('before-import');
    expect((await kllOn(edge, 'snapshot', 'rollback', 'before-import')).code).toBe(0);
    expect(await totals(edge)).toEqual(before);
    expect((await kllOn(edge, 'snapshot', 'delete', 'before-import')).code).toBe(0);
    const unknown = await kllOn(edge, 'snapshot', 'rollback', 'before-import');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(/ERR_SNAPSHOT/);
    expect((await kllOn(edge, 'snapshot', 'list')).stdout).not.toContain('before-import');
  });
});

describe('kll retention and vacuum', () => {
  it('change one resolution and leave the others, and delete what has expired', async () => {
    await send(other, 3);
    await closedAll(other);
    const minutes = async () =>
      Number((await kllOn(other, 'backup', '--out', at('v.kllbackup'), '--json')).json.buckets);
    const before = await minutes();
    const changed = await kllOn(other, 'retention', '--minute', '1h', '--json');
    expect(changed.json.retentionMs.minute).toBe(HOUR_MS);
    expect(changed.json.retentionMs.hour).toBe(changed.json.before.hour);
    expect((await kllOn(other, 'vacuum', '--json')).json).toMatchObject({ done: true });
    expect(await minutes()).toBeLessThan(before);
    expect((await totals(other)).n).toBeGreaterThan(0);
    const told = await kllOn(other, 'retention', '--minute', 'forever', '--day', '400d');
    expect(told.stdout).toMatch(/^minutes +for ever, was 1 hour$/m);
    expect(told.stdout).toMatch(/^hours +90 days$/m);
    expect(told.stdout).toMatch(/^days +400 days, was for ever$/m);
    expect((await kllOn(other, 'retention', '--minute', 'soon')).code).toBe(2);
    expect((await kllOn(other, 'retention', '--minute', '7d', '--day', 'forever')).code).toBe(0);
  });
});

describe('kll reset', () => {
  it('says what it would forget, forgets it when that is meant, and keeps what it was told to', async () => {
    await send(other, 2);
    const { n } = await totals(other);
    const dry = await kllOn(other, 'reset', '--dry-run', '--json');
    expect(dry.json).toMatchObject({ dryRun: true, tenant: 'default', kept: [] });
    expect(dry.json.series).toBeGreaterThan(0);
    expect((await kllOn(other, 'reset')).code).toBe(2);
    expect((await totals(other)).n).toBe(n);
    expect((await kllOn(other, 'reset', '--yes', '--keep', 'series')).code).toBe(0);
    expect((await totals(other)).n).toBe(n);
    const { stdout } = await kllOn(other, 'reset', '--yes', '--keep', 'keys,settings');
    expect(stdout).toMatch(/^keys .*kept$/m);
    expect((await totals(other)).n).toBe(0);
    expect((await kllOn(other, 'reset', '--yes', '--keep', 'everything')).code).toBe(2);
  });
});

describe('an edge that does not do what is asked', () => {
  it('is told apart: not there, not allowed, not an edge', async () => {
    const absent = await runKll(['vacuum', '--url', 'http://127.0.0.1:1', '--token', 'x']);
    expect(absent.code).toBe(4);
    const stranger = await runKll(['retention', '--url', edge.url, '--token', 'a.b.c']);
    expect(stranger.code).toBe(2);
    expect(stranger.stderr).toMatch(/401 ERR_TOKEN/);
    const nobody = await runKll(['retention', '--url', edge.url, '--json']);
    expect(nobody.code).toBe(2);
    expect(JSON.parse(nobody.stderr)).toMatchObject({
      schema: 'kll.error/1',
      code: 'ERR_UNAUTHENTICATED',
      exitCode: 2,
    });
    expect((await runKll(['retention', '--url', 'ftp://x'])).code).toBe(2);
    expect((await runKll(['retention'])).stderr).toMatch(/expected --url/);
  });
});
