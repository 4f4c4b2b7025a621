/** What the clock does for an edge on one's own machine: backups and exports into folders. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runDuties } from '../../build/edge-duties.js';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import { encodeBatch } from '../../src/batch.js';
import { decodeJson, RECORD, RecordReader } from '../../src/wire/backup-records.js';

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

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${edge.token}`, ...init.headers };
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

it('backs up into a folder, keeps the newest, fetches what has closed, and is told of to whoever watches', async () => {
  await call('/v1/admin/config', {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ graceMs: 0, sealMs: 0 }),
  });
  const values = Float64Array.of(1, 2, 3);
  const series = [{ name: 'latency_ms', labels: { route: '/' }, age: 3_600_000, values }];
  const sent = await call('/v1/ingest', {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.kll.batch' },
    body: encodeBatch({ id: randomBytes(16), created: Date.now(), series }) as BodyInit,
  });
  expect(sent.status).toBe(202);

  const [backupFolder, exportFolder] = [join(folder, 'backups'), join(folder, 'lake')];
  const { url, token } = edge;
  const files = () =>
    readdirSync(exportFolder, { recursive: true }).filter((name) => String(name).endsWith('.parquet'));
  let names: string[] = [];
  for (let run = 0; run < 20 && (run < 4 || files().length === 0); run++) {
    await runDuties({ url, token, backupFolder, exportFolder, minutes: 60, keep: 3 });
    names = readdirSync(backupFolder);
  }
  expect(names).toHaveLength(3);
  for (const name of names) expect(endOf(join(backupFolder, name)).values).toBe(3);
  expect(files()).toHaveLength(1);
  expect(String(files()[0])).toMatch(/^tenant=default\/date=[\d-]+\/minute-\d+-\d+-\d+\.parquet$/);
  const metrics = await (await call('/metrics')).text();
  const at = /kll_edge_backup_completed_timestamp_seconds\{target="client"\} (\S+)/.exec(metrics)?.[1];
  expect(Math.abs(Number(at) - Date.now() / 1000)).toBeLessThan(60);
}, 60_000);

it('says what failed, and goes on', async () => {
  const told: string[] = [];
  const real = console.error;
  console.error = (line: string) => told.push(line);
  try {
    await runDuties({
      url: edge.url,
      token: 'x',
      backupFolder: join(folder, 'refused'),
      minutes: 60,
      keep: 3,
    });
  } finally {
    console.error = real;
  }
  expect(told.join('\n')).toMatch(/kll backup failed with \d+: .*ERR_/s);
  expect(readdirSync(join(folder, 'refused')).filter((name) => name.endsWith('.kllbackup'))).toEqual([]);
});
