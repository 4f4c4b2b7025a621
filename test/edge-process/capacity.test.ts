/** The constants of `kll capacity`, held against the storage of a running edge. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import { encodeBatch } from '../../src/batch.js';
import { EMPTY_OBJECT_BYTES, ID_BYTES, ROW_BYTES } from '../../src/cli/capacity/formulas.js';
import { parseExposition } from '../../src/cli/slo/exposition.js';
import {
  type BackupTotals,
  decodeBucket,
  decodeJson,
  RECORD,
  RecordReader,
} from '../../src/wire/backup-records.js';
import { latencies, runKll } from '../cli/run-kll.js';

const SERIES = 80;
const MINUTES = 40;
/** Batches of one value, for their ids alone. */
const SMALL = 4000;
const AT_ONCE = 50;

let folder: string;
let edge: ServedEdge;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-capacity-'));
  edge = await serveEdge({ folder, output: 'ignore' });
  const headers = { 'content-type': 'application/json' };
  await call('/v1/admin/config', {
    method: 'PATCH',
    headers,
    body: JSON.stringify({ graceMs: 0, sealMs: 0 }),
  });
});

afterAll(async () => {
  edge.process.kill('SIGKILL');
  await edge.ended;
  rmSync(folder, { recursive: true, force: true });
});

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${edge.token}`, ...init.headers };
  const send = () => fetch(edge.url + path, { ...init, headers });
  // A connection that is kept may be closed by the edge in the moment that a request takes it: sent again, it is the same.
  const response = await send().catch(send).catch(send);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

async function send(series: Parameters<typeof encodeBatch>[0]['series']): Promise<void> {
  const body = encodeBatch({ id: randomBytes(16), created: Date.now(), series });
  const headers = { 'content-type': 'application/vnd.kll.batch' };
  await (await call('/v1/ingest', { method: 'POST', headers, body: body as BodyInit })).arrayBuffer();
}

/** Storage of all objects of a tier. */
async function storage(tier: string): Promise<number> {
  const samples = parseExposition(await (await call('/metrics')).text(), 'metrics');
  return samples.find(({ name, labels }) => name === 'kll_edge_storage_bytes' && labels.tier === tier)!.value;
}

async function stored(): Promise<{ rows: number; imageBytes: number; open: number; ids: number }> {
  const reader = new RecordReader();
  reader.push(new Uint8Array(await (await call('/v1/admin/backup')).arrayBuffer()));
  const found = { rows: 0, imageBytes: 0, open: 0, ids: 0 };
  for (let record = reader.next(); record; record = reader.next()) {
    if (record.type === RECORD.end) found.ids = decodeJson<BackupTotals>(record.payload).ids;
    if (record.type !== RECORD.bucket) continue;
    const { bucket, image } = decodeBucket(record.payload);
    found.rows++;
    found.imageBytes += image.length;
    if (bucket.closes !== undefined) found.open++;
  }
  return found;
}

it('takes what the formula says for rows of buckets, within a fifth', async () => {
  const empty = await storage('series');
  // A tenant's four objects.
  expect(empty / (4 * EMPTY_OBJECT_BYTES)).toBeGreaterThan(0.8);
  expect(empty / (4 * EMPTY_OBJECT_BYTES)).toBeLessThan(1.2);
  for (let minute = 0; minute < MINUTES; minute++) {
    await send(
      Array.from({ length: SERIES }, (_, i) => ({
        name: 'latency_ms',
        labels: { route: `/page/${i}`, device: 'mobile' },
        age: (minute + 2) * 60_000,
        values: Float64Array.from(latencies(200, minute * SERIES + i)).sort(),
      })),
    );
  }
  let found = await stored();
  for (let wait = 0; found.open > 0 && wait < 100; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    found = await stored();
  }
  const { rows, imageBytes } = found;
  expect(found.open).toBe(0);
  expect(rows).toBeGreaterThanOrEqual(SERIES * MINUTES);
  const measured = (await storage('series')) - empty;
  const computed = imageBytes + rows * ROW_BYTES;
  console.log(
    `${rows} rows, ${Math.round(imageBytes / rows)} bytes an image, ${Math.round((measured - imageBytes) / rows)} besides; computed / measured ${(computed / measured).toFixed(3)}`,
  );
  expect(computed / measured).toBeGreaterThan(0.8);
  expect(computed / measured).toBeLessThan(1.25);
});

it('takes what the formula says for ids of batches, within a third', async () => {
  const before = await storage('ingest');
  const { ids } = await stored();
  for (let sent = 0; sent < SMALL; sent += AT_ONCE) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, i) => {
        await send([{ name: 'one', labels: {}, age: 0, values: Float64Array.of(i) }]);
      }),
    );
  }
  const added = (await stored()).ids - ids;
  expect(added).toBe(SMALL);
  const perId = ((await storage('ingest')) - before) / added;
  console.log(`${perId.toFixed(1)} bytes an id`);
  expect(perId).toBeGreaterThan(ID_BYTES * 0.66);
  expect(perId).toBeLessThan(ID_BYTES * 1.33);
}, 180_000);

it('tells how far a live edge is from its limits, and how fast it comes closer', async () => {
  const ask = runKll(['capacity', '--url', edge.url, '--token', edge.token, '--over', '2', '--json']);
  let isOver = false;
  void ask.then(() => {
    isOver = true;
  });
  let sent = 0;
  while (!isOver) {
    await send([{ name: 'new', labels: { i: `${sent++}` }, age: 0, values: Float64Array.of(1) }]);
  }
  const { code, json } = await ask;
  expect(code).toBe(0);
  const of = (name: string) => json.limits.find((one: { name: string }) => one.name === name);
  expect(of('series')).toMatchObject({ limit: 10_000 });
  expect(of('series').now).toBeGreaterThan(SERIES);
  expect(of('batches').now).toBeGreaterThan(0);
  expect(of('largest series object').limit).toBe(9e9);
  // Dozens a second fill what is left of 10,000 within a day.
  expect(of('series').perDay).toBeGreaterThan(10_000);
  expect(of('series').daysLeft).toBeLessThan(1);
  expect(json.overSeconds).toBeGreaterThanOrEqual(2);
});
