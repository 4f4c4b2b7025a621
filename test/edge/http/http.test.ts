import { describe, expect, it } from 'vitest';
import { ask, BATCH_TYPE, container, problem, series, tokenOf } from './edge-client.js';

describe('routes', () => {
  it('of health and limits need no token', async () => {
    expect(await (await ask('/healthz')).json()).toEqual({ status: 'ok' });
    expect((await ask('/readyz')).status).toBe(200);
    const { ingest, query } = (await (await ask('/v1/limits')).json()) as Record<
      string,
      Record<string, number>
    >;
    expect(ingest).toMatchObject({ maxK: 4096, maxItems: 1_000_000, maxBodyBytes: 2 ** 20 });
    expect(query.maxBuckets).toBeGreaterThan(0);
  });

  it('of limits tell those of a key', async () => {
    const token = await tokenOf('http', 'admin');
    const created = await ask('/v1/admin/keys', {
      token,
      body: { maxN: 5, maxSeries: 7, origins: ['https://a.test'] },
    });
    const { key } = (await created.json()) as { key: string };
    const { ingest } = (await (
      await ask('/v1/limits', { headers: { 'x-kll-key': key, origin: 'https://a.test' } })
    ).json()) as {
      ingest: object;
    };
    expect(ingest).toMatchObject({ maxN: 5, maxSeries: 7 });
  });

  it('that are not there are 404', async () => {
    for (const path of [
      '/',
      '/v1',
      '/v1/ingest/',
      '/v1/quantiles/x',
      '/v1/admin/none',
      '/%00',
      '/v1//ingest',
    ]) {
      await problem(await ask(path), 404, 'ERR_NOT_FOUND');
    }
  });

  it('refuse other methods before they ask who it is, and say which they have', async () => {
    const allowed: [string, string, string][] = [
      ['/v1/ingest', 'GET', 'POST, OPTIONS'],
      ['/v1/ingest', 'PUT', 'POST, OPTIONS'],
      ['/v1/quantiles', 'POST', 'GET, HEAD, OPTIONS'],
      ['/metrics', 'DELETE', 'GET, HEAD, OPTIONS'],
      ['/v1/admin/config', 'POST', 'GET, PATCH, HEAD, OPTIONS'],
      ['/v1/admin/keys/abc', 'GET', 'DELETE, OPTIONS'],
      // A backup that nobody reads would never end.
      ['/v1/admin/backup', 'HEAD', 'GET, OPTIONS'],
      ['/v1/admin/keys/abc/rotate', 'DELETE', 'POST, OPTIONS'],
    ];
    for (const [path, method, allow] of allowed) {
      const response = await ask(path, { method });
      expect(response.headers.get('allow')).toBe(allow);
      expect(response.status).toBe(405);
      if (method !== 'HEAD') await problem(response, 405, 'ERR_METHOD');
    }
  });

  it('answer HEAD without a body', async () => {
    const response = await ask('/healthz', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  it('carry security headers, refusals too', async () => {
    for (const response of [await ask('/healthz'), await ask('/none'), await ask('/v1/series')]) {
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    }
  });

  it('do not repeat what they were asked with', async () => {
    const token = await tokenOf('http', 'query');
    const response = await ask('/v1/quantiles?name=a&<script>=1', { token });
    expect(await response.text()).not.toContain('script');
  });
});

describe('CORS', () => {
  const origin = 'https://page.example';
  const preflight = (path: string, from: string, variables = {}) =>
    ask(path, {
      method: 'OPTIONS',
      headers: { origin: from, 'access-control-request-method': 'POST' },
      variables,
    });
  const allowOrigin = (response: Response) => response.headers.get('access-control-allow-origin');

  it('lets the origins of keys ingest, and no other', async () => {
    expect(allowOrigin(await preflight('/v1/ingest', origin))).toBeNull();
    const token = await tokenOf('cors', 'admin');
    const created = await ask('/v1/admin/keys', { token, body: { origins: [origin] } });
    const { key } = (await created.json()) as { key: string };
    const response = await preflight('/v1/ingest', origin);
    expect(response.status).toBe(204);
    expect(allowOrigin(response)).toBe(origin);
    expect(response.headers.get('access-control-allow-methods')).toBe('POST, OPTIONS');
    expect(response.headers.get('access-control-allow-headers')).toContain('X-KLL-Key');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(response.headers.get('vary')).toContain('Origin');
    for (const other of [
      'https://page.example.test',
      'http://page.example',
      'https://PAGE.example',
      'null',
    ]) {
      expect(allowOrigin(await preflight('/v1/ingest', other))).toBeNull();
    }
    const sent = await ask('/v1/ingest', {
      headers: { ...BATCH_TYPE, origin, 'x-kll-key': key },
      body: container([series([1])]),
    });
    expect(sent.status).toBe(202);
    expect(allowOrigin(sent)).toBe(origin);
    expect(sent.headers.get('access-control-expose-headers')).toContain('Retry-After');
    await ask(`/v1/admin/keys/${key}`, { token, method: 'DELETE' });
    expect(allowOrigin(await preflight('/v1/ingest', origin))).toBeNull();
  });

  it('lets pages see what a sketch lacks', async () => {
    const { headers } = await ask('/v1/sketch?name=a&explain=1', {
      headers: { origin: 'https://dash.example' },
      token: await tokenOf('default', 'query'),
      variables: { KLL_CORS_ORIGINS: 'https://dash.example' },
    });
    const exposed = headers.get('access-control-expose-headers')!.toLowerCase().split(', ');
    const told = [...headers.keys()].filter((name) => name.startsWith('x-kll-'));
    expect(told).toContain('x-kll-partial');
    expect(exposed).toEqual(['retry-after', ...told]);
  });

  it('lets pages query from the origins of the configuration alone', async () => {
    const variables = { KLL_CORS_ORIGINS: 'https://dash.example, https://other.example' };
    const asked = (from: string) => preflight('/v1/quantiles', from, variables);
    expect(allowOrigin(await asked('https://dash.example'))).toBe('https://dash.example');
    expect(allowOrigin(await asked('https://other.example'))).toBe('https://other.example');
    expect(allowOrigin(await asked('https://evil.example'))).toBeNull();
    const refused = await ask('/v1/quantiles?name=a', {
      headers: { origin: 'https://dash.example' },
      variables,
    });
    expect(refused.status).toBe(401);
    expect(allowOrigin(refused)).toBe('https://dash.example');
  });
});

describe('configuration', () => {
  it('is changed in part, and opens a ring where counts change', async () => {
    const token = await tokenOf('configured', 'admin');
    const patch = async (body: object) =>
      (await ask('/v1/admin/config', { token, method: 'PATCH', body })).json();
    expect(await patch({ graceMs: 1000 })).toMatchObject({
      graceMs: 1000,
      imageK: 200,
      rings: [{ version: 1 }],
    });
    expect(await patch({ ingest: 8 })).toMatchObject({
      graceMs: 1000,
      rings: [
        { version: 1, ingest: 4 },
        { version: 2, ingest: 8, series: 4 },
      ],
    });
    expect(await patch({ ingest: 8 })).toMatchObject({ rings: { length: 2 } });
    const stored = await (await ask('/v1/admin/config', { token })).json();
    expect(stored).toMatchObject({ tenant: 'configured', graceMs: 1000, rings: { length: 2 } });
  });

  it('outside its ranges is refused whole', async () => {
    const token = await tokenOf('ranges', 'admin');
    const bad = [
      { ingest: 0 },
      { series: 257 },
      { imageK: 7 },
      { tails: 'low' },
      { graceMs: 1.5 },
      { tenant: 'a' },
      { rings: [] },
    ];
    for (const body of bad) {
      const both = { maxSeries: 5, ...body };
      await problem(await ask('/v1/admin/config', { token, method: 'PATCH', body: both }), 400, 'ERR_BODY');
    }
    expect(await (await ask('/v1/admin/config', { token })).json()).toMatchObject({ maxSeries: 10_000 });
  });

  it('has no more rings than can travel', async () => {
    const token = await tokenOf('rings', 'admin');
    const patch = (ingest: number) => ask('/v1/admin/config', { token, method: 'PATCH', body: { ingest } });
    for (let i = 2; i <= 32; i++) expect((await patch(100 + i)).status).toBe(200);
    await problem(await patch(50), 409, 'ERR_RING_LIMIT');
  });
});
