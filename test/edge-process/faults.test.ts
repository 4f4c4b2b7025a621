/**
 * The edge under faults: workerd is killed at random moments under load and started again, clients retry, the numbers of
 * ingest and series objects change, and queries run all the while. Truth is kept beside: nothing acknowledged is lost,
 * nothing counted twice.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import { encodeBatch } from '../../src/batch.js';
import { KllSketch } from '../../src/index.js';
import { seededRandom } from '../support/prng.js';

const KILLS = 30;
const CLIENTS = 6;
const METRIC = 'latency_ms';

let folder: string;
let edge: ServedEdge;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-faults-'));
  edge = await serveEdge({ folder, output: 'ignore' });
});

afterAll(async () => {
  edge.process.kill('SIGKILL');
  await edge.ended;
  rmSync(folder, { recursive: true, force: true });
});

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function request(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(edge.url + path, {
    ...init,
    headers: { authorization: `Bearer ${edge.token}`, ...init.headers },
    signal: AbortSignal.timeout(30_000),
  });
}

interface Answer {
  n: number;
  sum: number;
  partial: boolean;
  stale: boolean;
  quantiles: { q: number; value: number; lower: number; upper: number }[];
}

/** An answer from all objects; undefined where the edge was not there. */
async function ask(): Promise<Answer | undefined> {
  const response = await request(`/v1/quantiles?name=${METRIC}&q=0.01,0.5,0.99`).catch(() => undefined);
  return response?.ok ? ((await response.json().catch(() => undefined)) as Answer | undefined) : undefined;
}

/** Sends the same bytes until they are taken. @returns whether they were known already when they were taken at last */
async function deliver(body: Uint8Array): Promise<boolean> {
  for (;;) {
    const response = await request('/v1/ingest', {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.kll.batch' },
      body: body as Uint8Array<ArrayBuffer>,
    }).catch(() => undefined);
    const answer = (await response?.json().catch(() => undefined)) as { duplicate?: boolean } | undefined;
    if (response?.ok && answer) return answer.duplicate === true;
    // What is refused for good would be retried for ever.
    if (response && response.status >= 400 && response.status < 500 && response.status !== 429) {
      throw new Error(`refused: ${response.status} ${JSON.stringify(answer)}`);
    }
    await sleep(30);
  }
}

it('counts every acknowledged value once, and no value twice, through kills and changes of rings', async () => {
  const random = seededRandom(20_261);
  const sent: number[] = [];
  const acknowledged: number[] = [];
  let duplicates = 0;
  let isOver = false;
  let queries = 0;
  const wrong: string[] = [];

  const client = async (id: number) => {
    for (let batch = 0; !isOver; batch++) {
      const series = Array.from({ length: 1 + random.below(4) }, () => {
        const values = Float64Array.from({ length: 1 + random.below(60) }, () => 1 + random.below(100_000));
        return {
          name: METRIC,
          labels: { route: `/${random.below(12)}`, client: String(id) },
          age: random.below(300_000),
          ...(random.below(2)
            ? { values }
            : { sketch: new KllSketch({ k: 200 }).extend(values), copy: values }),
        };
      });
      const values = series.flatMap((one) => [...('copy' in one ? one.copy : one.values)]);
      const body = encodeBatch({ id: randomBytes(16), created: Date.now(), series });
      sent.push(...values);
      if (await deliver(body)) duplicates++;
      acknowledged.push(...values);
      // A client whose answer was lost sends again, later.
      if (random.below(8) === 0 && !(await deliver(body)))
        wrong.push(`batch ${batch} of client ${id} was taken twice`);
      await sleep(random.below(20));
    }
  };

  const reader = async () => {
    while (!isOver) {
      const least = acknowledged.length;
      const answer = await ask();
      const most = sent.length;
      if (answer && !answer.partial && !answer.stale) {
        queries++;
        if (answer.n < least)
          wrong.push(`a query missed ${least - answer.n} of ${least} acknowledged values`);
        if (answer.n > most) wrong.push(`a query counted ${answer.n} values, sent were ${most}`);
      }
      await sleep(50);
    }
  };

  const working = [...Array.from({ length: CLIENTS }, (_, id) => client(id)), reader()];
  const failed = Promise.all(working).then(() => undefined);
  for (let kill = 0; kill < KILLS; kill++) {
    await Promise.race([sleep(100 + random.below(900)), failed]);
    if (kill % 5 === 2) {
      const change = random.below(2) ? { ingest: 1 + random.below(8) } : { series: 1 + random.below(8) };
      await request('/v1/admin/config', {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(change),
      }).catch(() => undefined);
      await sleep(random.below(300));
    }
    edge.process.kill('SIGKILL');
    await edge.ended;
    edge = await serveEdge({ folder, port: edge.port, output: 'ignore' });
  }
  // The test is to see what it is about, however slow the machine.
  const isEnough = () => queries > 30 && acknowledged.length > 6_000;
  for (let waited = 0; waited < 600 && (waited < 10 || !isEnough()); waited++) {
    await Promise.race([sleep(100), failed]);
  }
  isOver = true;
  await failed;
  expect(wrong).toEqual([]);

  const answer = await ask();
  const truth = Float64Array.from(acknowledged).sort();
  expect(answer).toMatchObject({ n: truth.length, partial: false, stale: false });
  expect(answer?.sum).toBe(truth.reduce((sum, x) => sum + x, 0));
  for (const { q, lower, upper } of answer?.quantiles ?? []) {
    const exact = truth[Math.ceil(q * truth.length) - 1];
    expect(exact).toBeGreaterThanOrEqual(lower);
    expect(exact).toBeLessThanOrEqual(upper);
  }
  // The test saw what it is about.
  expect(queries).toBeGreaterThan(20);
  expect(truth.length).toBeGreaterThan(5_000);
  console.log(
    `${KILLS} kills, ${truth.length} values acknowledged, ${duplicates} answered as duplicates, ${queries} queries held`,
  );
}, 240_000);

describe('the edge as a process', () => {
  it('keeps its data and its token across a restart', async () => {
    const before = await ask();
    const { token, port } = edge;
    edge.process.kill('SIGTERM');
    await edge.ended;
    edge = await serveEdge({ folder, port, output: 'ignore' });
    expect(edge.token).toBe(token);
    expect(await ask()).toMatchObject({ n: before?.n, sum: before?.sum });
  });

  it('says so when its port is taken', async () => {
    const other = mkdtempSync(join(tmpdir(), 'kll-taken-'));
    await expect(serveEdge({ folder: other, port: edge.port, output: 'ignore' })).rejects.toThrow(
      'is it taken?',
    );
    rmSync(other, { recursive: true });
  });
});
