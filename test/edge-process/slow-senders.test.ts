/** Connections that begin a body and never end it, before an edge as it is deployed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';

let folder: string;
let edge: ServedEdge;
const sockets: Socket[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-slow-'));
  edge = await serveEdge({ folder, output: 'ignore' });
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  edge.process.kill('SIGKILL');
  await edge.ended;
  rmSync(folder, { recursive: true, force: true });
});

/** What the edge says to a beacon whose body does not come. */
function stalled(): Promise<string> {
  const head =
    'POST /v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n';
  const socket = connect(edge.port, '127.0.0.1');
  sockets.push(socket);
  return new Promise((answered) => {
    socket.on('data', (bytes) => answered(bytes.toString()));
    socket.on('error', (error) => answered(String(error)));
    socket.write(`${head}a`);
  });
}

async function send(i: number): Promise<number> {
  const batchId = i.toString(16).padStart(32, '0');
  const response = await fetch(`${edge.url}/v1/ingest`, {
    method: 'POST',
    headers: { authorization: `Bearer ${edge.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ batchId, series: [{ name: 'a', values: [1] }] }),
  });
  return response.status;
}

it('has the places of those who break off back at once, and takes that for no failure', async () => {
  const beacon = async () => {
    const headers = { 'content-type': 'text/plain' };
    return (await fetch(`${edge.url}/v1/ingest`, { method: 'POST', headers, body: 'x' })).status;
  };
  for (let i = 0; i < 500; i++) void stalled();
  while ((await beacon()) !== 429) await new Promise((done) => setTimeout(done, 50));
  for (const socket of sockets.splice(0)) socket.resetAndDestroy();
  const broken = Date.now();
  // Nobody says who sent it: there is room again.
  while ((await beacon()) !== 401) await new Promise((done) => setTimeout(done, 50));
  expect(Date.now() - broken).toBeLessThan(30_000);
  const headers = { authorization: `Bearer ${edge.token}` };
  const metrics = await (await fetch(`${edge.url}/metrics`, { headers })).text();
  expect(metrics).toMatch(/^kll_edge_requests_total\{.*status="400".*\} \d+$/m);
  expect(metrics).not.toMatch(/^kll_edge_requests_total\{.*status="5\d\d".*\} [1-9]/m);
});

it('takes what others send meanwhile, and tells those that they were too slow', async () => {
  expect(await send(1)).toBe(202);
  const answers = Array.from({ length: 300 }, stalled);
  await new Promise((done) => setTimeout(done, 1_000));
  for (let i = 2; i < 12; i++) expect(await send(i)).toBe(202);
  // More than half of the places of senders who are not known: they have three seconds.
  expect(await Promise.race(answers)).toMatch(/^HTTP\/1.1 408 /);
});
