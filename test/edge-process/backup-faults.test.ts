/**
 * Backups and restores under faults: workerd is killed while a backup streams and while one is restored, and what was
 * begun is begun again. A whole backup is exact; a restore counts every value once.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import { encodeBatch } from '../../src/batch.js';
import {
  BACKUP_CONTENT_TYPE,
  type BackupTotals,
  decodeJson,
  RECORD,
  RecordReader,
} from '../../src/wire/backup-records.js';
import { seededRandom } from '../support/prng.js';

const KILLS = 10;
const SERIES = 300;
const random = seededRandom(77);

let folder: string;
let from: ServedEdge;
let to: ServedEdge;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-backup-faults-'));
  from = await serveEdge({ folder: join(folder, 'from'), output: 'ignore' });
  to = await serveEdge({ folder: join(folder, 'to'), output: 'ignore' });
});

afterAll(async () => {
  for (const edge of [from, to]) {
    edge.process.kill('SIGKILL');
    await edge.ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Kills an edge and starts it again with the same data, at another port. */
async function killed(edge: ServedEdge, name: string): Promise<ServedEdge> {
  edge.process.kill('SIGKILL');
  await edge.ended;
  return await serveEdge({ folder: join(folder, name), output: 'ignore' });
}

function request(edge: ServedEdge, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${edge.token}`, ...init.headers };
  return fetch(edge.url + path, { ...init, headers, signal: AbortSignal.timeout(20_000) });
}

async function totals(edge: ServedEdge): Promise<{ n: number; sum: number }> {
  const { n, sum } = (await (await request(edge, '/v1/quantiles?name=latency_ms')).json()) as {
    n: number;
    sum: number;
  };
  return { n, sum };
}

/** The totals of a whole backup; undefined where it was cut off. */
function endOf(bytes: Uint8Array): BackupTotals | undefined {
  const reader = new RecordReader();
  reader.push(bytes);
  let end: BackupTotals | undefined;
  for (let record = reader.next(); record; record = reader.next()) {
    if (record.type === RECORD.end) end = decodeJson<BackupTotals>(record.payload);
  }
  return end;
}

it('backs up exactly and restores each value once, through kills of either side', async () => {
  let sum = 0;
  let n = 0;
  for (let batch = 0; batch < 60; batch++) {
    const series = Array.from({ length: 20 }, () => ({
      name: 'latency_ms',
      labels: { route: `/${random.below(SERIES)}` },
      age: random.below(3 * 3_600_000),
      values: Float64Array.from({ length: 50 }, () => 1 + random.below(1000)),
    }));
    for (const { values } of series) for (const value of values) sum += value;
    n += 20 * 50;
    const response = await request(from, '/v1/ingest', {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.kll.batch' },
      body: encodeBatch({ id: randomBytes(16), created: Date.now(), series }),
    });
    expect(response.status).toBe(202);
  }

  // Killed while it streams, a backup has no end; the next one is whole.
  let cutOff = 0;
  for (let kill = 0; kill < KILLS / 2; kill++) {
    const response = await request(from, '/v1/admin/backup');
    const reader = response.body!.getReader();
    const first = await reader.read();
    from.process.kill('SIGKILL');
    const pieces = first.done ? [] : [first.value];
    try {
      for (let piece = await reader.read(); !piece.done; piece = await reader.read())
        pieces.push(piece.value);
    } catch {
      // The connection is gone.
    }
    from = await killed(from, 'from');
    const got = endOf(Buffer.concat(pieces));
    if (got) expect(got.values).toBe(n);
    else cutOff++;
  }
  expect(cutOff).toBeGreaterThan(0);
  const bytes = new Uint8Array(await (await request(from, '/v1/admin/backup')).arrayBuffer());
  expect(endOf(bytes)).toMatchObject({ values: n, ids: 60 });

  // Killed while it restores, an edge takes the rest when it is sent again.
  const restore = () =>
    request(to, '/v1/admin/restore', {
      method: 'POST',
      headers: { 'content-type': BACKUP_CONTENT_TYPE },
      body: bytes as BodyInit,
    });
  const began = performance.now();
  const seen = new Set<number>();
  for (let kill = 0; kill < KILLS; kill++) {
    const attempt = restore().catch(() => undefined);
    await sleep(kill * 12 + random.below(12));
    to = await killed(to, 'to');
    await attempt;
    const { n: held } = await totals(to);
    expect(held).toBeLessThanOrEqual(n);
    seen.add(held);
  }
  let told = (await (await restore()).json()) as { isComplete: boolean; skipped: number };
  expect(told.isComplete).toBe(true);
  expect(await totals(to)).toEqual({ n, sum });
  told = (await (await restore()).json()) as { isComplete: boolean; skipped: number };
  expect(told).toMatchObject({ isComplete: true, values: 0 });
  expect(await totals(to)).toEqual({ n, sum });
  expect(await totals(from)).toEqual({ n, sum });
  console.log(
    `${bytes.length} bytes; ${cutOff} of ${KILLS / 2} backups cut off; restores stopped at n = ${[...seen].join(', ')} of ${n}; ${Math.round(performance.now() - began)} ms`,
  );
}, 240_000);
