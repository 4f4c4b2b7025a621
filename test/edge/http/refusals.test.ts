/** What objects refuse, they answer: an error thrown over a call stands in the platform's log with its stack. */
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { ask, BATCH_TYPE, configured, container, problem, series } from './edge-client.js';

const directory = () => env.DIRECTORY.getByName('directory');

describe('a refusal of an object is an answer', () => {
  it('of the directory: too many rings, too many keys, a key that is not there', async () => {
    const config = { tenant: 'refused', origins: [], rate: 1, maxN: 1, maxSeries: 1 };
    for (let ring = 0; ring < 31; ring++) {
      expect(await directory().configure('refused', { ingest: 2 + (ring % 2) })).toMatchObject({
        tenant: 'refused',
      });
    }
    expect(await directory().configure('refused', { ingest: 9 })).toMatchObject({
      refused: 'ERR_RING_LIMIT',
    });
    for (let key = 0; key < 1000; key++) await directory().createKey(config);
    expect(await directory().createKey(config)).toMatchObject({ refused: 'ERR_LIMITS' });
    expect(await directory().rotateKey('none', 0)).toMatchObject({ refused: 'ERR_NOT_FOUND' });
  });

  it('of a full directory: a key that cannot be rotated stays as it is', async () => {
    const [{ key }] = await directory().keys('refused');
    expect(await directory().rotateKey(key, 0)).toMatchObject({ refused: 'ERR_LIMITS' });
    expect(await directory().key(key)).not.toHaveProperty('revoked');
    const token = await configured('refused', { maxSeries: 9 });
    await problem(await ask(`/v1/admin/keys/${key}/rotate`, { token, body: {} }), 409, 'ERR_LIMITS');
    await problem(await ask('/v1/admin/keys', { token, body: {} }), 409, 'ERR_LIMITS');
  });
});

describe('a snapshot', () => {
  it('is read where there are more objects than when it was made', async () => {
    const token = await configured('growing', { ingest: 1, series: 1 });
    const send = async (values: number[]) => {
      const list = ['/a', '/b', '/c', '/d'].map((route) => series(values, { labels: { route } }));
      expect((await ask('/v1/ingest', { token, headers: BATCH_TYPE, body: container(list) })).status).toBe(
        202,
      );
    };
    await send([1, 2]);
    expect((await ask('/v1/admin/snapshots', { token, body: { name: 'small' } })).status).toBe(201);
    await configured('growing', { series: 4 });
    await send([3]);
    expect((await ask('/v1/admin/snapshots', { token, body: { name: 'large' } })).status).toBe(201);
    const n = async (asOf: string) =>
      ((await (await ask(`/v1/quantiles?name=latency_ms&asOf=${asOf}`, { token })).json()) as { n: number })
        .n;
    expect([await n('small'), await n('large')]).toEqual([8, 12]);
    await problem(await ask('/v1/quantiles?name=latency_ms&asOf=none', { token }), 404, 'ERR_SNAPSHOT');
  });
});
