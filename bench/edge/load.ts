/**
 * npm run bench:edge -- [--seconds 10] [--rate 1000] [--json FILE] [--gate]
 * `--gate`: exit code 1 where at this rate a promise of docs/edge.md is not kept.
 * The edge under load on this machine, client included: small requests at a steady rate, values in batches, queries over an
 * hour of minute buckets meanwhile, and more than it can take. Times are from when a request was due, so that waiting in
 * line counts.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { serveEdge } from '../../build/serve-edge.js';
import { encodeBatch } from '../../src/batch.js';
import { seededRandom } from '../../test/support/prng.js';
import { broken, type Measured, type Promised } from './promises.js';

const { values: args } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    gate: { type: 'boolean', default: false },
  },
});
const seconds = Number(args.seconds);
const rate = Number(args.rate);
if (!(seconds > 0) || !(rate > 0)) {
  console.error('expected --seconds and --rate above 0');
  process.exit(2);
}
const random = seededRandom(Number(args.seed));
const folder = mkdtempSync(join(tmpdir(), 'kll-load-'));
const edge = await serveEdge({ folder, output: 'ignore' });
const agent = new Agent({ keepAlive: true, maxSockets: 2000 });

interface Phase extends Measured {
  refused: number;
  failed: number;
  /** Sent a second time, for the first had no answer. */
  resent: number;
  seconds: number;
  p50: number;
  p99: number;
  rssMb: number;
}

let resent = 0;

/**
 * Status of one request; 0 when there was no answer. On a connection that the server has closed meanwhile it is sent
 * again, as clients do with what may be repeated (RFC 9110, 9.2.2): a batch is known by its id.
 */
async function send(path: string, body?: Uint8Array): Promise<number> {
  const status = await sendOnce(path, body);
  if (status !== 0) return status;
  resent++;
  return await sendOnce(path, body);
}

function sendOnce(path: string, body?: Uint8Array): Promise<number> {
  return new Promise((resolve) => {
    const outgoing = request(
      edge.url + path,
      {
        agent,
        method: body ? 'POST' : 'GET',
        headers: {
          authorization: `Bearer ${edge.token}`,
          ...(body ? { 'content-type': 'application/vnd.kll.batch', 'content-length': body.length } : {}),
        },
      },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
      },
    );
    outgoing.once('error', () => resolve(0));
    outgoing.end(body);
  });
}

/** Requests at a steady rate, whether those before were answered or not. */
async function steadily(
  what: string,
  perSecond: number,
  lasting: number,
  make: () => Promise<number>,
  promised?: Promised,
): Promise<Phase> {
  const times: number[] = [];
  const phase: Phase = {
    what,
    ...(promised ? { promised } : {}),
    asked: 0,
    ok: 0,
    refused: 0,
    failed: 0,
    resent: 0,
    seconds: 0,
    p50: 0,
    p95: 0,
    p99: 0,
    rssMb: 0,
  };
  const start = performance.now();
  const before = resent;
  const pending: Promise<void>[] = [];
  const total = Math.round(perSecond * lasting);
  while (phase.asked < total) {
    const elapsed = performance.now() - start;
    for (; phase.asked < total && (phase.asked * 1000) / perSecond <= elapsed; phase.asked++) {
      const due = start + (phase.asked * 1000) / perSecond;
      pending.push(
        make().then((status) => {
          if (status >= 200 && status < 300) {
            phase.ok++;
            times.push(performance.now() - due);
          } else if (status === 429 || status === 503 || status === 507) phase.refused++;
          else phase.failed++;
        }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  times.sort((a, b) => a - b);
  const at = (p: number) => times[Math.min(times.length - 1, Math.floor(p * times.length))] ?? Number.NaN;
  return {
    ...phase,
    resent: resent - before,
    seconds: (performance.now() - start) / 1000,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    rssMb: rssOf(edge.process.pid),
  };
}

/** Memory of workerd, MB; NaN where the system does not tell. */
function rssOf(pid: number | undefined): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

const latency = () => Math.round(1100 * Math.exp(random.normal() * 0.857)) / 10;
const small = () =>
  encodeBatch({
    id: randomBytes(16),
    created: Date.now(),
    series: [
      {
        name: 'latency_ms',
        labels: { route: '/' },
        age: 0,
        values: Float64Array.from({ length: 8 }, latency),
      },
    ],
  });
/** 10,000 values of ten series, over the last hour. */
const large = () =>
  encodeBatch({
    id: randomBytes(16),
    created: Date.now(),
    series: Array.from({ length: 10 }, (_, route) => ({
      name: 'latency_ms',
      labels: { route: `/${route}` },
      age: random.below(3_600_000),
      values: Float64Array.from({ length: 1000 }, latency),
    })),
  });
// Made beforehand: what is measured is the edge.
const pool = Array.from({ length: 64 }, large);
let turn = 0;
/** One of the pool under another id: the id stands behind three bytes, the checksum at the end is made anew. */
const { crc32c } = await import('../../src/wire/crc32c.js');
const another = () => {
  const body = pool[turn++ % pool.length].slice();
  body.set(randomBytes(16), 3);
  new DataView(body.buffer).setUint32(body.length - 4, crc32c(body, 0, body.length - 4), true);
  return body;
};
const query = () => send(`/v1/quantiles?name=latency_ms&q=0.5,0.75,0.95,0.99&from=${Date.now() - 3_600_000}`);

const INGEST: Promised = { p95Ms: 100 };
const QUERY: Promised = { p95Ms: 200 };
const phases: Phase[] = [];
try {
  console.log(`npm run bench:edge -- ${process.argv.slice(2).join(' ')}`);
  console.log(
    `${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.versions.node}; client and workerd share them; seed ${args.seed}\n`,
  );
  await steadily('warm-up', Math.min(200, rate), 2, () => send('/v1/ingest', small()));
  phases.push(
    await steadily(
      `${rate} small requests a second`,
      rate,
      seconds,
      () => send('/v1/ingest', small()),
      INGEST,
    ),
  );
  const values = steadily(
    '200,000 values a second in batches of 10,000',
    20,
    seconds,
    () => send('/v1/ingest', another()),
    INGEST,
  );
  const queries = steadily('10 queries a second over an hour, meanwhile', 10, seconds, query, QUERY);
  phases.push(...(await Promise.all([values, queries])));
  phases.push(
    await steadily('3 times as many small requests', 3 * rate, Math.min(5, seconds), () =>
      send('/v1/ingest', small()),
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, 3000));
  phases.push(
    await steadily(
      `${rate / 2} a second after it`,
      rate / 2,
      Math.min(5, seconds),
      () => send('/v1/ingest', small()),
      INGEST,
    ),
  );
  phases.push(await steadily('10 queries a second after it', 10, Math.min(5, seconds), query, QUERY));
  print();
  if (args.gate) {
    const lines = broken(phases);
    console.log(lines.length > 0 ? `\nnot kept:\n${lines.join('\n')}` : '\nevery promise was kept');
    if (lines.length > 0) process.exitCode = 1;
  }
  if (args.json)
    writeFileSync(
      args.json,
      `${JSON.stringify({ cpu: cpus()[0].model, cores: cpus().length, phases }, null, 2)}\n`,
    );
} finally {
  agent.destroy();
  edge.process.kill('SIGKILL');
  await edge.ended;
  rmSync(folder, { recursive: true, force: true });
}

function print(): void {
  const head = [
    '',
    'asked',
    'ok',
    '429/503',
    'failed',
    'resent',
    'ok a second',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'workerd MB',
  ];
  const rows = phases.map((phase) => [
    phase.what,
    String(phase.asked),
    String(phase.ok),
    String(phase.refused),
    String(phase.failed),
    String(phase.resent),
    (phase.ok / phase.seconds).toFixed(0),
    phase.p50.toFixed(1),
    phase.p95.toFixed(1),
    phase.p99.toFixed(1),
    phase.rssMb.toFixed(0),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  for (const row of [head, ...rows]) {
    console.log(
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
    );
  }
}
