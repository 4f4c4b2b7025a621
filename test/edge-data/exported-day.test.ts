/** A day of a series from the Parquet files that an edge on workerd exported, by DuckDB, and back into a sketch. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type DuckDBBlobValue, DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import { encodeBatch } from '../../src/batch.js';
import { fromDataSketches } from '../../src/sketch/foreign.js';
import { KllSketch } from '../../src/sketch/sketch.js';
import { seededRandom } from '../support/prng.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ROUTE = "/it's";
const random = seededRandom(11);

async function call(edge: ServedEdge, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${edge.token}`, ...init.headers };
  const response = await fetch(edge.url + path, { ...init, headers });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

/** Values of 26 hours, those of a day late by a batch of their own; two routes. @returns values of the route by time */
async function send(edge: ServedEdge): Promise<{ at: number; value: number }[]> {
  const sent: { at: number; value: number }[] = [];
  for (let hour = 2; hour <= 27; hour++) {
    const series = [ROUTE, '/other'].map((route) => ({
      name: 'latency_ms',
      labels: { route },
      age: hour * HOUR_MS,
      values: Float64Array.from(
        { length: 400 },
        () => Math.round(1000 * Math.exp(random.normal())) / 10,
      ).sort(),
    }));
    const body = encodeBatch({ id: randomBytes(16), created: Date.now(), series });
    const headers = { 'content-type': 'application/vnd.kll.batch' };
    const before = Date.now();
    await call(edge, '/v1/ingest', { method: 'POST', headers, body: body as BodyInit });
    for (const value of series[0].values) sent.push({ at: before - hour * HOUR_MS, value });
  }
  return sent;
}

/** All that is closed by now, into a folder. */
async function fetchExports(edge: ServedEdge, folder: string): Promise<number> {
  let rows = 0;
  for (;;) {
    const plan = (await (await call(edge, '/v1/admin/exports', { method: 'POST' })).json()) as {
      files: { path: string; url: string; rows: number }[];
      confirm: string[];
      more: boolean;
    };
    if (!plan.more) return rows;
    for (const { path, url, rows: count } of plan.files) {
      const to = join(folder, path);
      await mkdir(dirname(to), { recursive: true });
      await writeFile(to, new Uint8Array(await (await call(edge, url)).arrayBuffer()));
      rows += count;
    }
    for (const url of plan.confirm) await call(edge, url, { method: 'POST' });
  }
}

test('DuckDB selects a day of a series from what an edge exported; its images merge to the exact n and a p99 inside the bounds', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kll-export-'));
  const edge = await serveEdge({ folder: join(folder, 'edge'), output: 'ignore' });
  try {
    const settings = { graceMs: 0, sealMs: 0, exportTo: 'pull' };
    await call(edge, '/v1/admin/config', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(settings),
    });
    const sent = await send(edge);
    const files = join(folder, 'lake');
    // Buckets close by the objects' own alarms.
    for (let rows = 0; rows < 52; ) {
      rows += await fetchExports(edge, files);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await fetchExports(edge, files)).toBe(0);

    // 24 hours that end with the minute before the first batch.
    const to = Math.floor(Math.max(...sent.map(({ at }) => at)) / MINUTE_MS) * MINUTE_MS;
    const from = to - 24 * HOUR_MS;
    const truth = sent.filter(({ at }) => at >= from && at < to).map(({ value }) => value);
    const connection = await (await DuckDBInstance.create()).connect();
    const reader = await connection.runAndReadAll(
      `SELECT image, n, p99 FROM read_parquet('${files}/**/*.parquet', hive_partitioning = true)
         WHERE tenant = 'default' AND name = 'latency_ms' AND (labels->>'route') = '/it''s'
           AND epoch_ms("from") >= ${from} AND epoch_ms("to") <= ${to}`,
    );
    const rows = reader.getRows();
    connection.closeSync();
    const sketches = rows.map(([image]) => fromDataSketches((image as DuckDBBlobValue).bytes));
    const merged = KllSketch.mergeAll(sketches, { k: 200 });
    expect(truth.length).toBeGreaterThan(9000);
    expect(merged.n).toBe(truth.length);
    expect(rows.reduce((n, [, count]) => n + Number(count), 0)).toBe(truth.length);
    truth.sort((a, b) => a - b);
    const p99 = truth[Math.ceil(0.99 * truth.length) - 1];
    const { lower, upper } = merged.quantileBounds(0.99);
    expect(lower).toBeLessThanOrEqual(p99);
    expect(upper).toBeGreaterThanOrEqual(p99);
  } finally {
    edge.process.kill('SIGKILL');
    await edge.ended;
    await rm(folder, { recursive: true, force: true });
  }
});
