/** What the edge gives to scrapers, as promtool judges it: it takes the text and has nothing against it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedEdge, serveEdge } from '../../../build/serve-edge.js';

let folder: string;
let edge: ServedEdge;

async function call(path: string, body?: object): Promise<Response> {
  return await fetch(edge.url + path, {
    headers: { authorization: `Bearer ${edge.token}`, 'content-type': 'application/json' },
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
  });
}

async function page(path: string): Promise<string> {
  const response = await call(path);
  expect([path, response.status]).toEqual([path, 200]);
  return await response.text();
}

/** What promtool says of a page, and whether it passes: it ends with 3 where it only warns. */
function judged(text: string): { status: number | null; said: string } {
  const { status, stderr, stdout, error } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  if (error) throw new Error(`promtool does not start (${error.message}): apt-get install prometheus`);
  return { status, said: stdout + stderr };
}

const GOOD = { status: 0, said: '' };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-exposition-'));
  edge = await serveEdge({ folder, output: 'ignore' });
  const series = [
    { name: 'page_load_seconds', labels: { route: '/a' }, values: [0.1, 0.2, 3], ageMs: 0 },
    {
      name: 'page_load_seconds',
      labels: { route: '/b "c"\\d', 'device.class': 'phöne' },
      values: [5],
      ageMs: 0,
    },
    {
      name: 'cart.value',
      labels: { quantile: 'mine', __other__: 'true' },
      values: [-1e300, 1e300],
      ageMs: 0,
    },
    { name: '9 lives', labels: {}, values: [9], ageMs: 0 },
  ];
  for (let batch = 0; batch < 20; batch++) {
    const batchId = batch.toString(16).padStart(32, '0');
    expect((await call('/v1/ingest', { batchId, series })).status).toBe(202);
  }
  // Of every kind something: a duplicate, refusals, a query, a snapshot, which hands over.
  await call('/v1/ingest', { batchId: '0'.repeat(32), series });
  await call('/v1/ingest', { batchId: 'none', series });
  await call('/v1/quantiles?name=page_load_seconds&asOf=none');
  await call('/nowhere');
  expect((await call('/v1/admin/snapshots', { name: 'now' })).status).toBe(201);
  expect((await call('/v1/admin/vacuum', {})).status).toBe(200);
  await page('/v1/quantiles?name=page_load_seconds');
});

afterAll(async () => {
  edge?.process.kill('SIGKILL');
  await edge?.ended;
  rmSync(folder, { recursive: true, force: true });
});

describe('promtool check metrics', () => {
  it('passes /metrics without a warning', async () => {
    const text = await page('/metrics');
    expect(text).toMatch(/^kll_edge_stored_batches_total 20$/m);
    expect(judged(text)).toEqual(GOOD);
  });

  it('passes /metrics/series without a warning, whatever names and labels hold', async () => {
    const matches = ['page_load_seconds', 'cart.value', '9 lives'].map(encodeURIComponent);
    const text = await page(`/metrics/series?last=15m&q=0,0.5,0.999,1&match=${matches.join('&match=')}`);
    expect(text).toMatch(/^page_load_seconds_count\{route="\/a"\} 60$/m);
    expect(text).toMatch(/^cart_value_count\{/m);
    expect(text).toMatch(/^_9_lives_count 20$/m);
    expect(judged(text)).toEqual(GOOD);
  });

  it('would say so if there were something', async () => {
    const text = await page('/metrics');
    expect(judged(`${text}kll_edge_series{tier="series} 1\n`).status).toBe(1);
    expect(judged('# TYPE kll_edge_stored counter\nkll_edge_stored 1\n')).toMatchObject({ status: 3 });
  });
});
