/** `kll token`: what it signs with the secret of a folder, the edge of that folder takes, and nothing more. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import { runKll } from '../cli/run-kll.js';

let folder: string;
let edge: ServedEdge;
let secretFile: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-tokens-'));
  edge = await serveEdge({ folder, output: 'ignore' });
  secretFile = join(folder, 'secret');
});

afterAll(async () => {
  edge.process.kill('SIGKILL');
  await edge.ended;
  rmSync(folder, { recursive: true, force: true });
});

async function signed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runKll(['token', '--secret-file', secretFile, ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trim();
}

async function ask(
  path: string,
  token: string,
  init: RequestInit = {},
): Promise<{ status: number; code?: string }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(edge.url + path, { ...init, headers });
  const { code } = (await response.json().catch(() => ({}))) as { code?: string };
  return { status: response.status, ...(code === undefined ? {} : { code }) };
}

const batchOf = (id: string) => ({
  method: 'POST',
  body: JSON.stringify({ batchId: id.repeat(32), series: [{ name: 'ms', values: [1, 2, 3], ageMs: 0 }] }),
});

describe('a token of kll token', () => {
  it('may what its scopes say, for its tenant, and no more', async () => {
    const [ingest, query, admin] = await Promise.all(
      ['ingest', 'query', 'admin'].map((scope) => signed('--tenant', 'shop', '--scopes', scope)),
    );
    expect((await ask('/v1/ingest', ingest, batchOf('a'))).status).toBe(202);
    expect(await ask('/v1/ingest', query, batchOf('b'))).toEqual({ status: 403, code: 'ERR_FORBIDDEN' });
    expect(await ask('/v1/series', ingest)).toEqual({ status: 403, code: 'ERR_FORBIDDEN' });
    expect((await ask('/v1/series', query)).status).toBe(200);
    expect(await ask('/v1/admin/config', query)).toEqual({ status: 403, code: 'ERR_FORBIDDEN' });
    expect((await ask('/v1/admin/config', admin)).status).toBe(200);
    const both = await signed('--tenant', 'shop', '--scopes', 'query,ingest');
    expect((await ask('/v1/quantiles?name=ms', both)).status).toBe(200);
    // Of another tenant: it sees none of this.
    const stranger = await signed('--tenant', 'elsewhere');
    expect(await ask('/v1/quantiles?name=ms', stranger)).toMatchObject({ status: 200 });
    const answer = await fetch(`${edge.url}/v1/series`, { headers: { authorization: `Bearer ${stranger}` } });
    expect(await answer.json()).toMatchObject({ series: [] });
  });

  it('ends when it was said to, and counts apart for whom it was made', async () => {
    const token = await signed('--tenant', 'shop', '--expires', '90d', '--subject', 'grafana');
    const { exp = 0, iat = 0, sub } = decodeJwt(token);
    expect({ days: (exp - iat) / 86_400, sub }).toEqual({ days: 90, sub: 'grafana' });
    expect((await ask('/v1/series', token)).status).toBe(200);
    const { json } = await runKll([
      ...['token', '--tenant', 'shop', '--secret-file', secretFile, '--expires', '1h', '--json'],
    ]);
    expect(json).toMatchObject({ schema: 'kll.token/1', tenant: 'shop', scopes: ['query'], subject: null });
    expect(Date.parse(json.expires) - Date.now()).toBeGreaterThan(59 * 60_000);
  });

  it('is signed with the secret of the environment as well', async () => {
    const secret = readFileSync(secretFile, 'utf8');
    const { stdout } = await runKll(['token', '--tenant', 'default', '--scopes', 'admin'], {
      env: { KLL_TOKEN_SECRET: secret },
    });
    expect((await ask('/metrics', stdout.trim())).status).toBe(200);
    const other = await runKll(['token', '--tenant', 'default', '--scopes', 'admin'], {
      env: { KLL_TOKEN_SECRET: 'x'.repeat(32) },
    });
    expect(await ask('/metrics', other.stdout.trim())).toEqual({ status: 401, code: 'ERR_TOKEN' });
  });

  it('is not made with a secret that the edge would refuse, or that others can read', async () => {
    const [short, open] = [join(folder, 'short'), join(folder, 'open')];
    writeFileSync(short, 'short\n', { mode: 0o600 });
    writeFileSync(open, 'o'.repeat(32));
    chmodSync(open, 0o644);
    for (const [file, why] of [
      [short, /has 5 bytes, expected at least 32/],
      [open, /is readable by others \(mode 644\)/],
    ] as const) {
      const { code, stdout, stderr } = await runKll(['token', '--tenant', 'shop', '--secret-file', file]);
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(stderr).toMatch(why);
    }
    const without = await runKll(['token', '--tenant', 'shop'], { env: { KLL_TOKEN_SECRET: '' } });
    expect(without).toMatchObject({ code: 2, stdout: '' });
    expect(without.stderr).toContain('expected the secret of the edge');
    const missing = await runKll(['token', '--tenant', 'shop', '--secret-file', join(folder, 'nowhere')]);
    expect(missing).toMatchObject({ code: 4, stdout: '' });
  });
});
