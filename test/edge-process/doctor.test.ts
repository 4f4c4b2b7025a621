/** `kll doctor` before an edge that runs, one that is unwell and one that is not there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import type { Finding } from '../../src/cli/doctor/finding.js';
import { runKll } from '../cli/run-kll.js';

let folder: string;
let edge: ServedEdge;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-doctor-'));
  edge = await serveEdge({ folder: join(folder, 'edge'), output: 'ignore' });
});

afterAll(async () => {
  edge.process.kill('SIGKILL');
  await edge.ended;
  rmSync(folder, { recursive: true, force: true });
});

const doctor = (...args: string[]) => runKll(['doctor', '--url', edge.url, '--token', edge.token, ...args]);

function call(path: string, method: string, body: object): Promise<Response> {
  const headers = { authorization: `Bearer ${edge.token}`, 'content-type': 'application/json' };
  return fetch(edge.url + path, { method, headers, body: JSON.stringify(body) });
}

const judged = (findings: Finding[], name: string) => findings.find((one) => one.name === name)?.verdict;

it('finds a running edge well: it answers, takes the token, is of this version, and is far from its limits', async () => {
  expect(
    (await runKll(['backup', '--url', edge.url, '--token', edge.token, '--out', join(folder, 'a.kllbackup')]))
      .code,
  ).toBe(0);
  // Slow is said of what takes half a second, as anything may where tests run: it is asked until it was not.
  let { code, json } = await doctor(folder, '--json');
  for (let again = 0; again < 30 && judged(json.findings, 'answers') === 'warn'; again++)
    ({ code, json } = await doctor(folder, '--json'));
  expect({ code, failed: json.findings.filter(({ verdict }: Finding) => verdict === 'fail') }).toEqual({
    code: 0,
    failed: [],
  });
  for (const name of [
    'answers',
    'ready',
    'token',
    'metrics',
    'edge',
    'retention',
    'largest object',
    'series',
    'oldest batch',
    'backup',
    folder,
  ]) {
    expect({ name, verdict: judged(json.findings, name) }).toEqual({ name, verdict: 'ok' });
  }
});

it('finds what is set against reason, and what nears its limit', async () => {
  const settings = { maxSeries: 2, retentionMs: { minute: 864e5, hour: 36e5, day: 0 } };
  expect((await call('/v1/admin/config', 'PATCH', settings)).ok).toBe(true);
  expect((await call('/v1/admin/pause', 'POST', { minutes: 1 })).ok).toBe(true);
  expect(
    (
      await call('/v1/ingest', 'POST', {
        batchId: '00112233445566778899aabbccddeeff',
        series: ['a', 'b', 'c'].map((name) => ({ name, labels: {}, values: [1], ageMs: 0 })),
      })
    ).status,
  ).toBe(202);
  const paused = await doctor('--json');
  expect(judged(paused.json.findings, 'retention')).toBe('warn');
  expect(judged(paused.json.findings, 'pause')).toBe('warn');
  const headers = { authorization: `Bearer ${edge.token}` };
  await fetch(`${edge.url}/v1/admin/pause`, { method: 'DELETE', headers });
  let last = paused;
  for (let wait = 0; wait < 50 && judged(last.json.findings, 'series') !== 'fail'; wait++)
    last = await doctor('--json');
  expect(judged(last.json.findings, 'series')).toBe('fail');
  expect(last.code).toBe(1);
});

it('tells a wrong token and an absent edge apart', async () => {
  const stranger = await runKll(['doctor', '--url', edge.url, '--token', 'a.b.c', '--json']);
  expect(stranger.code).toBe(1);
  expect(judged(stranger.json.findings, 'answers')).toMatch(/^(ok|warn)$/);
  expect(judged(stranger.json.findings, 'token')).toBe('fail');
  const absent = await runKll(['doctor', '--url', 'http://127.0.0.1:1', '--token', 'x', '--json']);
  expect(absent.code).toBe(1);
  expect(judged(absent.json.findings, 'answers')).toBe('fail');
  expect(judged(absent.json.findings, 'token')).toBeUndefined();
});
