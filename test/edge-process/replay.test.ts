/** `kll replay`: what senders posted and what an edge captured, against a sandbox. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import { type BatchSeries, encodeBatch } from '../../src/batch.js';
import { KllSketch } from '../../src/index.js';
import { latencies, runKll } from '../cli/run-kll.js';

const DAY_MS = 86_400_000;
/** The same bytes whenever a batch is recorded again. */
const CREATED = Date.now();

let folder: string;
let live: ServedEdge;
let sandbox: ServedEdge;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-replay-'));
  live = await serveEdge({ folder: join(folder, 'live'), output: 'ignore' });
  sandbox = await serveEdge({ folder: join(folder, 'sandbox'), output: 'ignore' });
});

afterAll(async () => {
  for (const edge of [live, sandbox]) {
    edge.process.kill('SIGKILL');
    await edge.ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

const on = (edge: ServedEdge, ...args: string[]) =>
  runKll([...args, '--url', edge.url, '--token', edge.token]);
const replay = (name: string, ...args: string[]) => on(sandbox, 'replay', join(folder, name), ...args);
const idOf = (i: number) => Uint8Array.from({ length: 16 }, (_, at) => (at === 0 ? i : 7));

function container(i: number, series: BatchSeries[], created = Date.now()): Uint8Array {
  return encodeBatch({ id: idOf(i), created, series });
}

/** Batches of values and of sketches, and one in JSON: 20,003 values. */
function record(name: string, created = CREATED): void {
  mkdirSync(join(folder, name), { recursive: true });
  const write = (file: string, bytes: Uint8Array | string) => writeFileSync(join(folder, name, file), bytes);
  for (let i = 0; i < 10; i++) {
    const values = Float64Array.from(latencies(1000, i + 1)).sort();
    const sketch = new KllSketch({ k: 1024, seed: i })
      .extend(Float64Array.from(latencies(1000, 100 + i)))
      .condense(200);
    const series = [
      { name: 'latency_ms', labels: { route: `/${i % 3}` }, age: 1000 * i, values },
      { name: 'latency_ms', labels: { route: '/s' }, age: 0, sketch },
    ];
    write(`${i}.kllbatch`, container(i, series, created));
  }
  const json = {
    batchId: Buffer.from(idOf(99)).toString('hex'),
    created,
    series: [{ name: 'lcp', labels: {}, values: [3, 1, 2], ageMs: 0 }],
  };
  write('z.json', JSON.stringify(json));
}

describe('kll replay', () => {
  beforeEach(async () => {
    expect((await on(sandbox, 'reset', '--yes')).code).toBe(0);
  });

  it('finds that a sandbox answers what the batches hold', async () => {
    record('good');
    const { code, json, stderr } = await replay('good', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(json.sent).toEqual({ stored: 11, duplicates: 0, refused: [] });
    expect(
      json.results.map(({ name, answer }: { name: string; answer: { n: number } }) => [name, answer.n]),
    ).toEqual([
      ['latency_ms', 20_000],
      ['lcp', 3],
    ]);
    // Again: everything is known, and counts once.
    const again = await replay('good', '--not-empty');
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/^11 batches: 0 stored, 11 known, 0 refused$/m);
    expect(again.stdout).toMatch(/^same +latency_ms: 20,000 values$/m);
  });

  it('does not write into what is live, unless it is told to, and sees what does not belong there', async () => {
    record('good');
    record('other');
    writeFileSync(
      join(folder, 'other', 'more.kllbatch'),
      container(50, [{ name: 'lcp', labels: {}, age: 0, values: Float64Array.of(900) }]),
    );
    expect((await replay('other')).code).toBe(0);
    const refused = await replay('good');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/wants a sandbox/);
    const { code, stdout } = await replay('good', '--not-empty');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^DIFFERENT +lcp: n: expected 3, found 4$/m);
    expect(stdout).toMatch(/^DIFFERENT +lcp: sum: expected 6, found 906$/m);
    expect(stdout).toMatch(/^DIFFERENT +lcp: rank 0.99: expected 3 .. 3, found 900 .. 900$/m);
    expect(stdout).toMatch(/^same +latency_ms/m);
  });

  it('makes old batches new where it is told to', async () => {
    record('old', Date.now() - 10 * DAY_MS);
    const refused = await replay('old', '--json');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/nothing was compared/);
    expect(refused.json.results).toEqual([]);
    expect(refused.json.sent.refused.length).toBe(11);
    expect(refused.json.sent.refused[0]).toEqual({ file: '0.kllbatch', code: 'ERR_TOO_OLD' });
    const { code, json } = await replay('old', '--restamp', '--json');
    expect({ code, sent: json.sent }).toEqual({ code: 0, sent: { stored: 11, duplicates: 0, refused: [] } });
    expect(json.results[0].answer.n).toBe(20_000);
  });

  it('tells what is answered otherwise than in a replay before', async () => {
    record('good');
    const before = await replay('good', '--json');
    writeFileSync(join(folder, 'before.json'), before.stdout);
    const baseline = ['--baseline', join(folder, 'before.json')];
    expect((await on(sandbox, 'reset', '--yes')).code).toBe(0);
    expect((await replay('good', ...baseline)).code).toBe(0);

    // One is lost on its way, one is damaged.
    record('changed');
    rmSync(join(folder, 'changed', 'z.json'));
    writeFileSync(
      join(folder, 'changed', '3.kllbatch'),
      container(3, [{ name: 'latency_ms', labels: {}, age: 0, values: Float64Array.of(1) }]).fill(0, 40, 44),
    );
    expect((await on(sandbox, 'reset', '--yes')).code).toBe(0);
    const { code, stdout } = await replay('changed', ...baseline);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^CHANGED +latency_ms: n: expected 20000, found 18000$/m);
    expect(stdout).toMatch(/^CHANGED +3.kllbatch: was taken, is ERR_BODY$/m);
    expect(stdout).toMatch(/^CHANGED +lcp: was in the baseline, and is gone$/m);
    expect((await replay('changed', '--baseline', join(folder, 'good', '0.kllbatch'))).code).toBe(3);
  });

  it('repeats what a live edge has taken, and finds the same', async () => {
    const headers = { authorization: `Bearer ${live.token}` };
    const set = async (captureTaken: boolean) =>
      await fetch(`${live.url}/v1/admin/config`, {
        method: 'PATCH',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ captureTaken }),
      });
    expect((await set(true)).ok).toBe(true);
    for (let batch = 0; batch < 3; batch++) {
      const values = Float64Array.from({ length: 100 }, (_, i) => batch * 100 + i);
      const response = await fetch(`${live.url}/v1/ingest`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/vnd.kll.batch' },
        body: container(100 + batch, [{ name: 'inp', labels: {}, age: 0, values }]) as BodyInit,
      });
      expect(response.status).toBe(202);
    }
    const listed = async () =>
      ((await (await fetch(`${live.url}/v1/admin/captures`, { headers })).json()) as { captures: unknown[] })
        .captures.length;
    for (let wait = 0; wait < 50 && (await listed()) < 3; wait++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await on(sandbox, 'reset', '--yes')).code).toBe(0);
    const from = ['--captures-of', live.url, '--captures-token', live.token];
    const { code, stdout, stderr } = await replay('taken', ...from);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'kll: 3 captured batches\n' });
    expect(stdout).toMatch(/inp.*300/);
    expect((await set(false)).ok).toBe(true);
    expect((await fetch(`${live.url}/v1/admin/captures`, { method: 'DELETE', headers })).ok).toBe(true);
  });

  it('begins with what a live edge has captured', async () => {
    const headers = { authorization: `Bearer ${live.token}`, 'content-type': 'application/json' };
    const patched = await fetch(`${live.url}/v1/admin/config`, {
      method: 'PATCH',
      headers,
      body: JSON.stringify({ captureRefused: true }),
    });
    expect(patched.ok).toBe(true);
    const old = container(
      1,
      [{ name: 'lcp', labels: {}, age: 0, values: Float64Array.of(5, 6) }],
      Date.now() - 10 * DAY_MS,
    );
    const damaged = container(2, [{ name: 'lcp', labels: {}, age: 0, values: Float64Array.of(7) }]).fill(
      0,
      40,
      44,
    );
    const wrong = JSON.stringify({ batchId: 'nonsense', series: [] });
    const type = 'application/vnd.kll.batch';
    for (const [body, contentType] of [
      [old, type],
      [damaged, type],
      [wrong, 'application/json'],
    ] as const) {
      const response = await fetch(`${live.url}/v1/ingest`, {
        method: 'POST',
        headers: { ...headers, 'content-type': contentType },
        body: body as BodyInit,
      });
      expect(response.ok).toBe(false);
    }
    const ask = () =>
      fetch(`${live.url}/v1/admin/captures`, { headers }).then(
        (response) => response.json() as Promise<{ captures: unknown[] }>,
      );
    for (let wait = 0; wait < 50 && (await ask()).captures.length < 3; wait++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    const from = ['--captures-of', live.url, '--captures-token', live.token];
    const { code, json, stderr } = await replay('captured', ...from, '--restamp', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'kll: 3 captured batches\n' });
    const files = readdirSync(join(folder, 'captured'));
    expect(files.map((file) => file.replace(/.*-/, '')).sort()).toEqual([
      'ERR_BATCH.json',
      'ERR_BODY.kllbatch',
      'ERR_TOO_OLD.kllbatch',
    ]);
    expect(json.sent.stored).toBe(1);
    expect(json.sent.refused.map((one: { code: string }) => one.code).sort()).toEqual([
      'ERR_BATCH',
      'ERR_BODY',
    ]);
    expect(json.results[0]).toMatchObject({ name: 'lcp', answer: { n: 2, sum: 11 }, differences: [] });
  });

  it('says so where there is nothing to replay, or nobody to replay to', async () => {
    mkdirSync(join(folder, 'nothing'), { recursive: true });
    expect((await replay('nothing')).code).toBe(3);
    expect((await replay('absent')).code).toBe(4);
    record('good');
    const stranger = await runKll(['replay', join(folder, 'good'), '--url', sandbox.url, '--token', 'a.b.c']);
    expect(stranger.code).toBe(2);
  });
});
