import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { EdgeEnv } from '../../../src/adapters/workers/env.js';
import { inside } from '../ingest/ground.js';
import { ask, BATCH_TYPE, configured, container, problem, series, tokenOf } from './edge-client.js';

const HOUR_MS = 3_600_000;

async function send(tenant: string, ...list: ReturnType<typeof series>[]): Promise<void> {
  const response = await ask('/v1/ingest', {
    token: await tokenOf(tenant, 'ingest'),
    headers: BATCH_TYPE,
    body: container(list),
  });
  expect(response.status).toBe(202);
}

/** Lines of samples, as they stand. */
async function exported(tenant: string, query: string): Promise<string[]> {
  const response = await ask(`/metrics/series?${query}`, { token: await tokenOf(tenant, 'query') });
  expect(response.status).toBe(200);
  return (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('/metrics/series', () => {
  it('gives a series that is in pending batches only, each by itself', async () => {
    // Nothing is sealed within the test: no series object knows of anything.
    await configured('fresh', { ingest: 2, series: 2, sealMs: 60_000 });
    await send('fresh', series([1, 2, 3]), series([10], { labels: { route: '/b', country: 'DE' } }));
    await send('fresh', series([4]));
    expect((await exported('fresh', 'match=latency_ms&q=0.5')).sort()).toEqual([
      'latency_ms_count{country="DE",route="/b"} 1',
      'latency_ms_count{route="/a"} 4',
      'latency_ms_sum{country="DE",route="/b"} 10',
      'latency_ms_sum{route="/a"} 10',
      'latency_ms{country="DE",route="/b",quantile="0.5"} 10',
      'latency_ms{route="/a",quantile="0.5"} 2',
    ]);
    expect(await exported('fresh', `match=${encodeURIComponent('latency_ms{route="/b"}')}&q=1`)).toEqual([
      'latency_ms{country="DE",route="/b",quantile="1"} 10',
      'latency_ms_sum{country="DE",route="/b"} 10',
      'latency_ms_count{country="DE",route="/b"} 1',
    ]);
  });

  it('knows labels of pending batches beside those that were handed over', async () => {
    const token = await configured('both', { ingest: 1, series: 1, sealMs: 60_000 });
    await send('both', series([1, 2]));
    // A snapshot hands over what is pending.
    await ask('/v1/admin/snapshots', { token, body: { name: 'now' } });
    await send('both', series([3], { labels: { route: '/a', device: 'phone' } }));
    expect(
      (await exported('both', 'match=latency_ms&q=0.5')).filter((line) => line.includes('_count')),
    ).toEqual(
      expect.arrayContaining([
        'latency_ms_count{device="phone",route="/a"} 1',
        'latency_ms_count{route="/a"} 2',
      ]),
    );
  });

  it('gives the last minutes or hours when it is asked for them', async () => {
    await configured('recent', { ingest: 1, series: 1 });
    await send('recent', series([100, 200], { age: 2 * HOUR_MS }), series([1, 2, 3]));
    const count = async (query: string) => (await exported('recent', `match=latency_ms&${query}`)).at(-1);
    expect(await count('last=15m')).toBe('latency_ms_count{route="/a"} 3');
    expect(await count('last=1h')).toBe('latency_ms_count{route="/a"} 3');
    expect(await count('last=3h')).toBe('latency_ms_count{route="/a"} 5');
    expect(await count('')).toBe('latency_ms_count{route="/a"} 5');
    await send('recent', series([5], { name: 'old', age: 2 * HOUR_MS }));
    expect(await exported('recent', 'match=old&last=1m')).toEqual([]);
  });

  it('writes names, labels and values in the letters of the format', async () => {
    await configured('letters', { ingest: 1, series: 1, sealMs: 60_000 });
    const labels = { '1st': 'a"b', 'x-y': 'c\\d', 'x.y': 'e', quantile: 'g' };
    const large = [Number.MAX_VALUE, Number.MAX_VALUE];
    await send('letters', series([-1.5], { name: 'a\\b', labels }), series(large, { name: 'a\\b' }));
    const query = `match=${encodeURIComponent('a\\b')}&q=0.5`;
    const response = await ask(`/metrics/series?${query}`, { token: await tokenOf('letters', 'query') });
    const text = await response.text();
    expect(text).toContain('# HELP a_b Values of a\\\\b\n# TYPE a_b summary\n');
    expect(text).toContain('a_b{_1st="a\\"b",quantile_2="g",x_y="c\\\\d",x_y_2="e",quantile="0.5"} -1.5\n');
    expect(text).toContain('a_b_sum{route="/a"} +Inf\n');
    expect(text).toContain('a_b_count{route="/a"} 2\n');
  });

  it('says when something is missing or of before, and counts it', async () => {
    const token = await configured('damaged', { ingest: 1, series: 1 });
    await send('damaged', series([1, 2, 3]), series([4, 5], { labels: { route: '/b' } }));
    await send('damaged', series([6], { name: 'size' }));
    await ask('/v1/admin/snapshots', { token, body: { name: 'now' } });
    const variables = { KLL_OPERATOR_TENANT: 'damaged' };
    const told = async (more: Partial<EdgeEnv> = {}) => {
      const query = 'match=latency_ms&match=size&q=1';
      const response = await ask(`/metrics/series?${query}`, { token, variables: { ...variables, ...more } });
      const lines = (await response.text()).split('\n');
      const metrics = await (await ask('/metrics', { token, variables })).text();
      return {
        lines: lines.filter((line) => /_count|^# (?!HELP|TYPE)/.test(line)),
        headers: ['partial', 'stale'].map((name) => response.headers.get(`x-kll-${name}`)),
        counted: ['partial', 'stale'].map((name) =>
          Number(new RegExp(`^kll_edge_${name}_answers_total (.*)$`, 'm').exec(metrics)![1]),
        ),
      };
    };
    const [a, b] = ['a', 'b'].map((route, i) => `latency_ms_count{route="/${route}"} ${3 - i}`);
    const size = 'size_count{route="/a"} 1';
    const whole = await told();
    expect(whole).toMatchObject({ lines: [a, b, size], headers: ['false', 'false'] });
    const getByName = () => {
      throw new Error('the network is down');
    };
    const before = await told({ SERIES: { getByName } as never });
    expect(before).toMatchObject({ headers: ['false', 'true'] });
    const isOfBefore = (name: string) =>
      `# stale: ${name} lacks what an object did not tell, or is of before`;
    expect(before.lines).toEqual([isOfBefore('latency_ms'), a, b, isOfBefore('size'), size]);
    await inside(env.SERIES.getByName('series:damaged:0'), (_, { storage }) => {
      storage.sql.exec(`UPDATE buckets SET closes = NULL, closing = 1, code = 'ERR_CHECKSUM' WHERE n = 3`);
    });
    const damaged = await told();
    expect(damaged).toMatchObject({ headers: ['true', 'false'] });
    expect(damaged.lines).toEqual(['# partial: latency_ms lacks what could not be read', b, size]);
    const sketch = await ask('/v1/sketch?name=latency_ms&wholeBuckets=1', { token });
    expect(sketch.headers.get('x-kll-left-out')).toBe('1');
    const [partial, stale] = whole.counted;
    expect(before.counted).toEqual([partial, stale + 2]);
    expect(damaged.counted).toEqual([partial + 1, stale + 2]);
  });

  it('is refused where its labels are longer than an answer may be', async () => {
    await configured('wordy', { ingest: 1, series: 1, sealMs: 60_000 });
    const value = 'x'.repeat(500);
    const list = Array.from({ length: 300 }, (_, i) => {
      return series([i], { labels: { a: `${value}${i}`, b: value, c: value, d: value, e: value, f: value } });
    });
    await send('wordy', ...list);
    const asked = async (ranks: number) => {
      const q = Array.from({ length: ranks }, (_, i) => i / ranks).join();
      return await ask(`/metrics/series?match=latency_ms&q=${q}`, { token: await tokenOf('wordy', 'query') });
    };
    expect((await asked(9)).status).toBe(200);
    await problem(await asked(60), 422, 'ERR_QUERY_TOO_LARGE');
  });

  it('refuses a duration that is none, and one beside two times', async () => {
    const token = await tokenOf('recent', 'query');
    for (const query of [
      'last=',
      'last=15',
      'last=0m',
      'last=-1h',
      'last=1y',
      'last=1h&from=0',
      'last=1h&to=9',
    ]) {
      await problem(await ask(`/metrics/series?match=a&${query}`, { token }), 400, 'ERR_PARAMETER');
      await problem(await ask(`/v1/quantiles?name=a&${query}`, { token }), 400, 'ERR_PARAMETER');
    }
  });

  it('refuses a name with more series than one page should have', async () => {
    await configured('many', { ingest: 1, series: 1, sealMs: 60_000 });
    const list = Array.from({ length: 1001 }, (_, i) => series([i], { labels: { route: `/${i}` } }));
    await send('many', ...list);
    const token = await tokenOf('many', 'query');
    await problem(await ask('/metrics/series?match=latency_ms', { token }), 422, 'ERR_QUERY_TOO_LARGE');
    const some = `match=${encodeURIComponent('latency_ms{route=~"/10*"}')}&q=1`;
    expect((await exported('many', some)).filter((line) => line.includes('_count'))).toHaveLength(12);
    // Where they are known to a series object too, and a page of them is not all.
    const admin = await tokenOf('many', 'admin');
    await ask('/v1/admin/snapshots', { token: admin, body: { name: 'now' } });
    expect((await exported('many', some)).filter((line) => line.includes('_count'))).toHaveLength(12);
    const last = `match=${encodeURIComponent('latency_ms{route="/999"}')}&q=1`;
    expect(await exported('many', last)).toContain('latency_ms{route="/999",quantile="1"} 999');
    await problem(await ask('/metrics/series?match=latency_ms', { token }), 422, 'ERR_QUERY_TOO_LARGE');
  });

  it('counts no series that had its last values before', async () => {
    const token = await configured('churning', { ingest: 1, series: 1, sealMs: 60_000 });
    const age = 50 * HOUR_MS;
    for (let i = 0; i < 2; i++) {
      const old = Array.from({ length: 600 }, (_, j) => series([j], { labels: { build: `${i}.${j}` }, age }));
      await send('churning', ...old);
    }
    await send('churning', series([7], { labels: { build: 'new' } }));
    await ask('/v1/admin/snapshots', { token, body: { name: 'now' } });
    expect(await exported('churning', 'match=latency_ms&q=1&last=15m')).toEqual([
      'latency_ms{build="new",quantile="1"} 7',
      'latency_ms_sum{build="new"} 7',
      'latency_ms_count{build="new"} 1',
    ]);
    await problem(
      await ask('/metrics/series?match=latency_ms&last=3d', { token }),
      422,
      'ERR_QUERY_TOO_LARGE',
    );
  });

  it('gives one summary of series whose labels are the same in the letters of the format', async () => {
    await configured('alike', { ingest: 1, series: 1, sealMs: 60_000 });
    const [dots, plain] = ['http.route', 'http_route'].map((name) => ({ labels: { [name]: '/a' } }));
    await send('alike', series([1], dots), series([9, 9], plain));
    expect(await exported('alike', 'match=latency_ms&q=0.99')).toEqual([
      'latency_ms{http_route="/a",quantile="0.99"} 9',
      'latency_ms_sum{http_route="/a"} 19',
      'latency_ms_count{http_route="/a"} 3',
    ]);
  });
});

describe('a query', () => {
  it('takes the last hours too', async () => {
    const token = await tokenOf('recent', 'query');
    const response = await ask('/v1/quantiles?name=latency_ms&last=1h', { token });
    expect(await response.json()).toMatchObject({ n: 3, max: 3 });
  });
});
