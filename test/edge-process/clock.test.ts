/** What the clock does for an edge on one's own machine: backups and exports into folders. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDuties } from '../../build/edge-duties.js';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import { encodeBatch } from '../../src/batch.js';
import { decodeJson, RECORD, RecordReader } from '../../src/wire/backup-records.js';

const HOUR_MS = 3_600_000;

let folder: string;
let edge: ServedEdge;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-clock-'));
  edge = await serveEdge({ folder: join(folder, 'edge'), output: 'ignore' });
});

afterAll(async () => {
  edge.process.kill('SIGKILL');
  await edge.ended;
  rmSync(folder, { recursive: true, force: true });
});

async function call(path: string, init: RequestInit = {}, token = edge.token): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, ...init.headers };
  return await fetch(edge.url + path, { ...init, headers });
}

function endOf(file: string): { values: number } {
  const reader = new RecordReader();
  reader.push(readFileSync(file));
  let end = { values: Number.NaN };
  for (let record = reader.next(); record; record = reader.next()) {
    if (record.type === RECORD.end) end = decodeJson(record.payload);
  }
  return end;
}

/** Values of an hour ago, of whoever the token is. */
async function send(values: Float64Array, token = edge.token): Promise<void> {
  await call(
    '/v1/admin/config',
    {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ graceMs: 0, sealMs: 0 }),
    },
    token,
  );
  const series = [{ name: 'latency_ms', labels: { route: '/' }, age: HOUR_MS, values }];
  const body = encodeBatch({ id: randomBytes(16), created: Date.now(), series });
  const headers = { 'content-type': 'application/vnd.kll.batch' };
  expect((await call('/v1/ingest', { method: 'POST', headers, body }, token)).status).toBe(202);
}

it('backs up into a folder of each tenant, keeps the newest, fetches what has closed, and is told of to whoever watches', async () => {
  await send(Float64Array.of(1, 2, 3));
  await send(Float64Array.of(1, 2, 3, 4, 5), await edge.tokenOf('shop'));

  const [backupFolder, exportFolder] = [join(folder, 'backups'), join(folder, 'lake')];
  const { url, tokenOf, operator } = edge;
  const files = () =>
    readdirSync(exportFolder, { recursive: true }).filter((name) => String(name).endsWith('.parquet'));
  for (let run = 0; run < 20 && (run < 4 || files().length < 2); run++) {
    const duties = { url, tokenOf, operator, backupFolder, exportFolder, minutes: 60, keep: 3 };
    await runDuties(duties, Date.now() + run * HOUR_MS);
  }
  for (const [tenant, values] of [
    ['default', 3],
    ['shop', 5],
  ] as const) {
    const names = readdirSync(join(backupFolder, tenant));
    expect(names).toHaveLength(3);
    for (const name of names) expect(endOf(join(backupFolder, tenant, name)).values).toBe(values);
  }
  expect(readdirSync(backupFolder).sort()).toEqual(['default', 'shop']);
  const names = files().map(String).sort();
  expect(names).toHaveLength(2);
  for (const [i, tenant] of ['default', 'shop'].entries()) {
    expect(names[i]).toMatch(new RegExp(`^tenant=${tenant}/date=[\\d-]+/minute-\\d+-\\d+-\\d+\\.parquet$`));
  }
  const metrics = await (await call('/metrics')).text();
  const at = /kll_edge_backup_completed_timestamp_seconds\{target="client"\} (\S+)/.exec(metrics)?.[1];
  expect(Math.abs(Number(at) - Date.now() / 1000)).toBeLessThan(60);
});

it('says what failed of one tenant, and goes on with the next', async () => {
  const told: string[] = [];
  const real = console.error;
  console.error = (line: string) => told.push(line);
  const { url, tokenOf, operator } = edge;
  const duties = { url, tokenOf, operator, backupFolder: join(folder, 'some'), minutes: 60, keep: 3 };
  try {
    const shopLacksToken = async (one: string) => (one === 'shop' ? 'x' : await tokenOf(one));
    await runDuties({ ...duties, tokenOf: shopLacksToken }, Date.now());
    await runDuties({ ...duties, tokenOf: async () => 'x' }, Date.now());
  } finally {
    console.error = real;
  }
  expect(told, told.join('\n')).toHaveLength(2);
  expect(told[0]).toMatch(/^edge: kll backup of shop failed with \d+: .*ERR_/s);
  expect(told[1]).toMatch(/^edge: no tenant is known.*ERR_TOKEN/s);
  const whole = (tenant: string) =>
    readdirSync(join(folder, 'some', tenant)).filter((name) => name.endsWith('.kllbackup'));
  expect([whole('default').length, whole('shop').length]).toEqual([1, 0]);
});

describe('the history of backups', () => {
  const names = (backupFolder: string) => readdirSync(join(backupFolder, 'default')).sort();
  const nameAt = (time: number) => `${new Date(time).toISOString().replaceAll(/[:.]/g, '')}.kllbackup`;
  const put = (backupFolder: string, times: readonly number[]) => {
    mkdirSync(join(backupFolder, 'default'), { recursive: true });
    for (const time of times) writeFileSync(join(backupFolder, 'default', nameAt(time)), '');
  };
  const run = async (backupFolder: string, now: number) => {
    const { url, tokenOf, operator } = edge;
    await runDuties({ url, tokenOf, operator, backupFolder, minutes: 60, keep: 3 }, now);
  };
  const now = Date.now();

  it('is not pushed out by a process that starts again and again', async () => {
    const backupFolder = join(folder, 'restarts');
    put(backupFolder, [now - 2 * HOUR_MS, now - HOUR_MS, now - 40 * 60_000]);
    for (let start = 0; start < 4; start++) await run(backupFolder, now + start * 1000);
    // One of the four starts made one, for the newest was older than half an interval.
    expect(names(backupFolder)).toHaveLength(4);
  });

  it('survives days without a backup, and a clock that was ahead', async () => {
    const backupFolder = join(folder, 'outage');
    const old = [9, 8, 7, 6, 5].map((days) => now - days * 24 * HOUR_MS);
    put(backupFolder, old);
    const before = names(backupFolder);
    await run(backupFolder, now);
    expect(names(backupFolder).slice(0, -1)).toEqual(before.slice(-2));
    put(backupFolder, [now + 24 * HOUR_MS]);
    await run(backupFolder, now + HOUR_MS);
    expect(names(backupFolder)).toEqual([now, now + HOUR_MS, now + 24 * HOUR_MS].map(nameAt));
  });
});
