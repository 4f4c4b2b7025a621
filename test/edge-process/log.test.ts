/**
 * What a running edge writes to its log: lines of JSON, all failures, the share of successes that was asked for, and
 * nothing of what strangers send.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { encodeBatch } from '../../src/batch.js';

interface Line {
  time: string;
  level: 'info' | 'warn' | 'error';
  event: string;
  [field: string]: unknown;
}

interface Running {
  url: string;
  token: string;
  process: ChildProcess;
  folder: string;
  /** Everything that was written but the two lines of the beginning. */
  output(): string;
}

let running: Running | undefined;

afterEach(async () => {
  if (!running) return;
  running.process.kill('SIGTERM');
  await once(running.process, 'exit');
  rmSync(running.folder, { recursive: true, force: true });
  running = undefined;
});

async function start(environment: Record<string, string>): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'kll-log-'));
  const child = spawn(process.execPath, ['--import', 'tsx', 'build/run-edge.ts'], {
    env: { ...process.env, PORT: '0', KLL_EDGE_DIR: folder, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes));
  const head = /^url (\S+)\ntoken (\S+)\n/m;
  for (let tries = 0; tries < 1200 && !head.test(output); tries++) await sleep(50);
  const [, url, token] = head.exec(output) ?? [];
  running = { url, token, process: child, folder, output: () => output.replace(head, '') };
  if (!url) throw new Error(`the edge did not start: ${output}`);
  return running;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function linesOf(output: string): Line[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** Waits until all lines of an event are there; what is written comes a moment after the answer. */
async function linesUntil(
  { output }: Running,
  event: string,
  areAll: (found: Line[]) => boolean,
): Promise<Line[]> {
  let found: Line[] = [];
  for (let tries = 0; tries < 1500; tries++) {
    found = linesOf(output()).filter((line) => line.event === event);
    if (areAll(found)) break;
    await sleep(20);
  }
  return found;
}
const lines = (edge: Running, event: string, count: number) =>
  linesUntil(edge, event, ({ length }) => length >= count);

const URL_SENT = 'https://shop.example/cart?user=4711';
const ADDRESS = 'jane.doe@example.com';
const USER_ID = '6f9619ff-8b86-d011-b42d-00cf4fc964ff';

it('holds no URL, address, id or key of what is sent, whether it is taken, refused or slow', async () => {
  const edge = await start({ KLL_LOG_SHARE: '1', KLL_SLOW_QUERY_MS: '0' });
  const call = (path: string, init: RequestInit = {}) =>
    fetch(edge.url + path, {
      ...init,
      headers: { authorization: `Bearer ${edge.token}`, 'content-type': 'application/json', ...init.headers },
    });
  const post = (body: unknown) =>
    call('/v1/ingest', { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
  const personal = [URL_SENT, ADDRESS, USER_ID];
  const batchId = 'feedfacecafebeef0123456789abcdef';
  const labels = { page: URL_SENT, mail: ADDRESS, id: USER_ID };
  const key = (await (await call('/v1/admin/keys', { method: 'POST', body: '{}' })).json()) as {
    key: string;
  };
  const good = { batchId, series: [{ name: ADDRESS, labels, values: [1, 2], ageMs: 0 }] };

  expect((await post(good)).status).toBe(202);
  expect((await post({ ...good, series: [{ ...good.series[0], values: [3] }] })).status).toBe(409);
  expect((await post({ ...good, [ADDRESS]: URL_SENT })).status).toBe(400);
  expect((await post({ batchId: USER_ID, series: [{ name: URL_SENT, values: [ADDRESS] }] })).status).toBe(
    400,
  );
  expect((await post(`${URL_SENT} ${ADDRESS} is no JSON`)).status).toBe(400);
  const tooLong = { [`__${ADDRESS}`]: URL_SENT.repeat(50) };
  expect(
    (
      await post({
        ...good,
        batchId: batchId.replace('f', '0'),
        series: [{ ...good.series[0], labels: tooLong }],
      })
    ).status,
  ).toBe(422);
  const container = encodeBatch({
    id: new Uint8Array(16).fill(7),
    created: Date.now(),
    key: key.key,
    series: [{ name: URL_SENT, labels, age: 0, values: Float64Array.of(1) }],
  });
  const damaged = container.slice();
  damaged[damaged.length - 7] ^= 1;
  const beacon = (body: Uint8Array) =>
    fetch(`${edge.url}/v1/ingest`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: new Uint8Array(body),
    });
  expect((await beacon(container)).status).toBe(202);
  expect((await beacon(damaged)).status).toBe(400);
  expect(
    (await call('/v1/ingest', { method: 'POST', headers: { authorization: `Bearer ${ADDRESS}` } })).status,
  ).toBe(401);
  const query = new URLSearchParams({ name: ADDRESS, match: `{page="${URL_SENT}"}`, by: 'mail' });
  expect((await call(`/v1/quantiles?${query}`)).status).toBe(200);
  expect((await call(`/v1/quantiles?${query}&asOf=${ADDRESS}`)).status).toBe(404);
  expect((await call(`/v1/series?name=${encodeURIComponent(ADDRESS)}`)).status).toBe(200);
  expect((await call(`/${ADDRESS}?${query}`)).status).toBe(404);
  expect((await call('/v1/admin/snapshots/x', { method: 'DELETE' })).status).toBe(404);

  const refused = await lines(edge, 'batch refused', 7);
  expect(refused.map(({ status, code }) => [status, code])).toEqual([
    [409, 'ERR_CONFLICT'],
    [400, 'ERR_BATCH'],
    [400, 'ERR_BATCH'],
    [400, 'ERR_BODY'],
    [422, 'ERR_LIMITS'],
    [400, 'ERR_BODY'],
    [401, 'ERR_TOKEN'],
  ]);
  expect(refused[4]).toMatchObject({
    level: 'warn',
    tenant: 'default',
    form: 'json',
    faults: { ERR_LABEL: 1 },
  });
  expect(await lines(edge, 'slow query', 2)).toMatchObject([
    {
      level: 'warn',
      route: '/v1/quantiles',
      matchers: 1,
      groupedBy: 1,
      asOf: false,
      explain: { seriesObjects: 4 },
    },
    { asOf: true },
  ]);
  const requests = await lines(edge, 'request', 5);
  expect(requests.filter(({ route }) => route === '/v1/ingest')).toMatchObject([
    { level: 'info', method: 'POST', status: 202, share: 1 },
    { level: 'info', method: 'POST', status: 202, share: 1 },
  ]);
  const output = edge.output();
  for (const secret of [...personal, batchId, 'jane', 'shop.example', '4711', key.key, edge.token]) {
    expect(output).not.toContain(secret);
  }
  for (const { time } of linesOf(output))
    expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
});

it('is silent where all is well and no share was asked for, and tells failures all the same', async () => {
  const edge = await start({});
  const headers = { authorization: `Bearer ${edge.token}`, 'content-type': 'application/json' };
  for (let request = 0; request < 50; request++) {
    expect((await fetch(`${edge.url}/v1/quantiles?name=a`, { headers })).status).toBe(200);
  }
  expect(edge.output()).toBe('');
  await fetch(`${edge.url}/v1/ingest`, { method: 'POST', headers, body: '{}' });
  expect(await lines(edge, 'batch refused', 1)).toHaveLength(1);
  expect(linesOf(edge.output())).toHaveLength(1);
});

it('has the share of successes that was asked for, and a bound for failures of a kind', async () => {
  const edge = await start({ KLL_LOG_SHARE: '0.25' });
  const headers = { authorization: `Bearer ${edge.token}`, 'content-type': 'application/json' };
  const all = 1000;
  for (let request = 0; request < all; request += 20) {
    await Promise.all(
      Array.from({ length: 20 }, async () => await (await fetch(`${edge.url}/healthz`)).text()),
    );
  }
  // Five standard deviations of a binomial.
  const slack = 5 * Math.sqrt(all * 0.25 * 0.75);
  await lines(edge, 'request', all / 4 - slack + 1);
  await sleep(500);
  const sampled = await lines(edge, 'request', 1);
  expect(Math.abs(sampled.length - all / 4)).toBeLessThan(slack);
  expect(new Set(sampled.map(({ share }) => share))).toEqual(new Set([0.25]));
  const refuse = () => fetch(`${edge.url}/v1/ingest`, { method: 'POST', headers, body: '{}' });
  const began = performance.now();
  for (let request = 0; request < 400; request += 40) await Promise.all(Array.from({ length: 40 }, refuse));
  const seconds = (performance.now() - began) / 1000;
  await sleep(1100);
  await refuse();
  const toldOf = (found: Line[]) =>
    found.reduce((sum, line) => sum + Number(line.leftOut ?? 0), found.length);
  const refused = await linesUntil(edge, 'batch refused', (found) => toldOf(found) >= 401);
  expect(refused.length).toBeLessThanOrEqual(100 * (Math.floor(seconds) + 2) + 1);
  expect(toldOf(refused)).toBe(401);
});
