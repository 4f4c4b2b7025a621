import { base64url, SignJWT } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import { ask, BATCH_TYPE, container, problem, SECRET, series, tokenOf } from './edge-client.js';

const secret = new TextEncoder().encode(SECRET);
const claims = { tenant: 'auth', scopes: ['admin'] };
const text = (value: object) => base64url.encode(JSON.stringify(value));

describe('tokens', () => {
  it('that are good let in', async () => {
    const token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(secret);
    expect((await ask('/v1/admin/config', { token })).status).toBe(200);
  });

  it('may name their scopes as RFC 8693 has it', async () => {
    const token = await new SignJWT({ tenant: 'auth', scope: 'query admin' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(secret);
    expect((await ask('/v1/admin/config', { token })).status).toBe(200);
  });

  it.each([
    [
      'of another secret',
      () => new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32)),
    ],
    [
      'of another algorithm',
      () => new SignJWT(claims).setProtectedHeader({ alg: 'HS512' }).sign(new Uint8Array(64)),
    ],
    [
      'signed with the secret by HS384',
      () => new SignJWT(claims).setProtectedHeader({ alg: 'HS384' }).sign(new Uint8Array(48)),
    ],
    ['that are not signed', async () => `${text({ alg: 'none' })}.${text(claims)}.`],
    ['that are not signed, with a signature', async () => `${text({ alg: 'none' })}.${text(claims)}.AAAA`],
    [
      'whose claims were changed',
      async () => {
        const [head, , signature] = (await tokenOf('auth', 'query')).split('.');
        return `${head}.${text(claims)}.${signature}`;
      },
    ],
    [
      'that have expired',
      () =>
        new SignJWT(claims)
          .setProtectedHeader({ alg: 'HS256' })
          .setExpirationTime(Math.floor(Date.now() / 1000) - 60)
          .sign(secret),
    ],
    [
      'that are not good yet',
      () =>
        new SignJWT(claims)
          .setProtectedHeader({ alg: 'HS256' })
          .setNotBefore(Math.floor(Date.now() / 1000) + 600)
          .sign(secret),
    ],
    [
      'without a tenant',
      () => new SignJWT({ scopes: ['admin'] }).setProtectedHeader({ alg: 'HS256' }).sign(secret),
    ],
    [
      'whose tenant would name another object',
      () =>
        new SignJWT({ tenant: 'a:0', scopes: ['admin'] }).setProtectedHeader({ alg: 'HS256' }).sign(secret),
    ],
    ['that are no tokens', async () => 'secret'],
    ['of any length', async () => `${'a'.repeat(100_000)}.b.c`],
  ])('%s are refused', async (_, make) => {
    const response = await ask('/v1/admin/config', { token: await make() });
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
    await problem(response, 401, 'ERR_TOKEN');
  });

  it('are not taken where the secret is short', async () => {
    const token = await tokenOf('auth', 'admin');
    await problem(
      await ask('/v1/admin/config', { token, variables: { KLL_TOKEN_SECRET: 'short' } }),
      503,
      'ERR_UNAVAILABLE',
    );
    await problem(await ask('/readyz', { variables: { KLL_TOKEN_SECRET: '' } }), 503, 'ERR_UNAVAILABLE');
  });

  it('do what their scopes say, and no more', async () => {
    const forbidden: [string, 'ingest' | 'query' | 'admin', string?][] = [
      ['/v1/quantiles?name=a', 'ingest'],
      ['/v1/cdf?name=a', 'ingest'],
      ['/v1/sketch?name=a', 'ingest'],
      ['/v1/series', 'ingest'],
      ['/metrics/series?match=a', 'ingest'],
      ['/metrics', 'query'],
      ['/v1/admin/config', 'query'],
      ['/v1/admin/keys', 'ingest'],
      ['/v1/ingest', 'query', 'POST'],
    ];
    for (const [path, scope, method = 'GET'] of forbidden) {
      const token = await tokenOf('auth', scope);
      await problem(await ask(path, { token, method }), 403, 'ERR_FORBIDDEN');
      await problem(await ask(path, { method }), 401, 'ERR_UNAUTHENTICATED');
    }
  });

  it('of a tenant do not show the figures of the server', async () => {
    await problem(await ask('/metrics', { token: await tokenOf('auth', 'admin') }), 403, 'ERR_FORBIDDEN');
  });
});

describe('ingest keys', () => {
  const admin = () => tokenOf('auth', 'admin');
  const create = async (body: object) => {
    const response = await ask('/v1/admin/keys', { token: await admin(), body });
    expect(response.status).toBe(201);
    return (await response.json()) as { key: string; tenant: string };
  };
  const send = (key: string, headers: Record<string, string> = {}, list = [series([1, 2])]) =>
    ask('/v1/ingest', { headers: { ...BATCH_TYPE, 'x-kll-key': key, ...headers }, body: container(list) });

  it('ingest for their tenant, by header and inside the batch', async () => {
    const { key, tenant } = await create({});
    expect(tenant).toBe('auth');
    expect((await send(key)).status).toBe(202);
    const beacon = await ask('/v1/ingest', {
      headers: { 'content-type': 'text/plain;charset=UTF-8' },
      body: container([series([3])], { key }),
    });
    expect(beacon.status).toBe(202);
  });

  it('do nothing else', async () => {
    const { key } = await create({});
    for (const path of ['/v1/quantiles?name=a', '/v1/admin/keys', '/v1/series']) {
      await problem(await ask(path, { headers: { 'x-kll-key': key } }), 403, 'ERR_FORBIDDEN');
    }
  });

  it('that nobody made are refused, in the header and in the batch', async () => {
    const forged = `kllpk_${'0'.repeat(32)}`;
    await problem(await send(forged), 401, 'ERR_KEY');
    await problem(await send('k_0000000'), 401, 'ERR_KEY');
    await problem(await send('anything'), 401, 'ERR_KEY');
    const body = container([series([1])], { key: forged });
    await problem(await ask('/v1/ingest', { headers: BATCH_TYPE, body }), 401, 'ERR_KEY');
    await problem(
      await ask('/v1/ingest', { headers: BATCH_TYPE, body: container([series([1])]) }),
      401,
      'ERR_UNAUTHENTICATED',
    );
  });

  it('are short where they are bound to pages, whose every beacon carries them', async () => {
    const origins = ['https://shop.example'];
    const { key } = await create({ origins });
    expect(key).toMatch(/^k_[\w-]{7}$/);
    expect((await create({ origins })).key).not.toBe(key);
    expect((await create({})).key).toMatch(/^kllpk_[\da-f]{32}$/);
  });

  it('are bound to their origins', async () => {
    const { key } = await create({ origins: ['https://shop.example'] });
    await problem(await send(key), 403, 'ERR_ORIGIN');
    await problem(await send(key, { origin: 'https://shop.example.evil.test' }), 403, 'ERR_ORIGIN');
    await problem(await send(key, { origin: 'http://shop.example' }), 403, 'ERR_ORIGIN');
    expect((await send(key, { origin: 'https://shop.example' })).status).toBe(202);
  });

  it('are bound to their rate', async () => {
    const { key } = await create({ rate: 3 });
    for (let i = 0; i < 3; i++) expect((await send(key)).status).toBe(202);
    const response = await send(key);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    await problem(response, 429, 'ERR_RATE');
  });

  it('lose nothing where the clock is set back', async () => {
    const now = Date.now();
    const { key } = await create({ rate: 3 });
    expect((await send(key)).status).toBe(202);
    vi.useFakeTimers({ toFake: ['Date'], now: now - 3_600_000 });
    const response = await send(key);
    vi.useRealTimers();
    expect(response.status).toBe(202);
  });

  it('are bound to their number of series and of values', async () => {
    const { key } = await create({ maxSeries: 2, maxN: 3 });
    const many = ['a', 'b', 'c'].map((name) => series([1], { name }));
    await problem(await send(key, {}, many), 400, 'ERR_BATCH');
    const { faults } = await problem(
      await send(key, {}, [series([1]), series([1, 2, 3, 4], { name: 'b' })]),
      422,
      'ERR_LIMITS',
    );
    expect(faults).toMatchObject([{ code: 'ERR_LIMIT_N', series: 1 }]);
  });

  it('rotate with a time in which both work, and end', async () => {
    const { key } = await create({ rate: 100 });
    const path = `/v1/admin/keys/${key}`;
    const rotated = await ask(`${path}/rotate`, { token: await admin(), body: { graceMs: 60_000 } });
    const next = (await rotated.json()) as { key: string; rate: number };
    expect(next.rate).toBe(100);
    expect(next.key).not.toBe(key);
    expect([(await send(key)).status, (await send(next.key)).status]).toEqual([202, 202]);
    expect((await ask(path, { token: await admin(), method: 'DELETE' })).status).toBe(204);
    await problem(await send(key), 401, 'ERR_KEY');
    expect((await send(next.key)).status).toBe(202);
  });

  it('of another tenant cannot be seen, rotated or revoked', async () => {
    const { key } = await create({});
    const token = await tokenOf('other', 'admin');
    const path = `/v1/admin/keys/${key}`;
    await problem(await ask(path, { token, method: 'DELETE' }), 404, 'ERR_NOT_FOUND');
    await problem(await ask(`${path}/rotate`, { token, method: 'POST' }), 404, 'ERR_NOT_FOUND');
    expect(JSON.stringify(await (await ask('/v1/admin/keys', { token })).json())).not.toContain(key);
    expect((await send(key)).status).toBe(202);
  });

  it('have limits in their range', async () => {
    const bad = [
      { rate: 0 },
      { maxN: -1 },
      { origins: ['https://a.test/'] },
      { origins: 'https://a.test' },
      { x: 1 },
    ];
    for (const body of bad) {
      await problem(await ask('/v1/admin/keys', { token: await admin(), body }), 400, 'ERR_BODY');
    }
  });
});
