import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { fromDataSketches } from '../../../src/sketch/foreign.js';
import { KllSketch } from '../../../src/sketch/sketch.js';
import { parseExposition } from '../../metrics/exposition-parser.js';
import { longLabels, takeCall } from '../ingest/ground.js';
import { row } from '../series/ground.js';
import { ask, BATCH_TYPE, configured, container, problem, series, tokenOf } from './edge-client.js';

const TENANT = 'asked';
let admin: string;
let token: string;

/** 4 routes x 3 countries; values 0..999 of each, shuffled over batches. */
const ROUTES = ['/a', '/b', '/c', '/d'];
const COUNTRIES = ['DE', 'AT', 'FR'];
const EACH = 1000;
const ALL = ROUTES.length * COUNTRIES.length * EACH;

async function flushAll(tenant: string): Promise<void> {
  const config = await env.DIRECTORY.getByName('directory').tenant(tenant);
  for (let slot = 0; slot < 2; slot++) await env.INGEST.getByName(`ingest:${tenant}:${slot}`).flush(config);
}

const get = async <Answer>(path: string, as = token): Promise<Answer> => {
  const response = await ask(path, { token: as });
  expect([path, response.status]).toEqual([path, 200]);
  return (await response.json()) as Answer;
};
const encoded = (parameters: Record<string, string>) => new URLSearchParams(parameters).toString();

interface Answer {
  n: number;
  sum: number;
  mean: number;
  min: number;
  max: number;
  from: string;
  to: string;
  freshnessMs: number;
  partial: boolean;
  stale: boolean;
  quantiles: { q: number; value: number; lower: number; upper: number; ci: [number | null, number | null] }[];
  shares: { le: number; share: number; lower: number; upper: number }[];
  groups: (Answer & { labels: Record<string, string> })[];
  explain?: object;
}

beforeAll(async () => {
  admin = await configured(TENANT, { ingest: 2, series: 2 });
  token = await tokenOf(TENANT, 'query');
  for (let batch = 0; batch < 10; batch++) {
    const list = ROUTES.flatMap((route) =>
      COUNTRIES.map((country) =>
        series(
          Array.from({ length: EACH / 10 }, (_, i) => i * 10 + batch),
          { labels: { route, country } },
        ),
      ),
    );
    const response = await ask('/v1/ingest', { token: admin, headers: BATCH_TYPE, body: container(list) });
    expect(response.status).toBe(202);
  }
});

describe.each([
  ['that is pending', async () => {}],
  ['that was handed over', () => flushAll(TENANT)],
])('of data %s', (_, prepare) => {
  beforeAll(prepare);

  it('quantiles are those of all series of the name, with count, sum and ends exact', async () => {
    const asked = Date.now();
    const answer = await get<Answer>('/v1/quantiles?name=latency_ms&q=0,0.5,0.99,1&le=99,499');
    expect(answer).toMatchObject({
      n: ALL,
      sum: (ALL * 999) / 2,
      mean: 499.5,
      min: 0,
      max: 999,
      partial: false,
      stale: false,
    });
    expect(answer.quantiles.map(({ q }) => q)).toEqual([0, 0.5, 0.99, 1]);
    for (const { q, value, lower, upper, ci } of answer.quantiles) {
      expect(Math.abs(value - q * 999)).toBeLessThan(20);
      expect(lower).toBeLessThanOrEqual(q * 999 + 1);
      expect(upper).toBeGreaterThanOrEqual(q * 999 - 1);
      expect(ci[0] ?? -Infinity).toBeLessThanOrEqual(value);
      expect(ci[1] ?? Infinity).toBeGreaterThanOrEqual(value);
    }
    for (const [i, share] of [0.1, 0.5].entries()) {
      expect(answer.shares[i].lower).toBeLessThanOrEqual(share + 0.001);
      expect(answer.shares[i].upper).toBeGreaterThanOrEqual(share - 0.001);
    }
    expect(Date.parse(answer.to) - Date.parse(answer.from)).toBeGreaterThan(0);
    // All that was taken in before the question is in it.
    expect(answer.freshnessMs).toBeLessThanOrEqual(Date.now() - asked);
  });

  it('matchers choose series', async () => {
    const count = async (match: string) =>
      (await get<Answer>(`/v1/quantiles?${encoded({ name: 'latency_ms', match })}`)).n;
    expect(await count('{route="/a"}')).toBe(3 * EACH);
    expect(await count('{route="/a",country!="DE"}')).toBe(2 * EACH);
    expect(await count('{country=~"D*|A*"}')).toBe(8 * EACH);
    expect(await count('{missing=""}')).toBe(ALL);
    expect(await count('{route="/none"}')).toBe(0);
  });

  it('groups are by label, each with its own answer', async () => {
    const { groups } = await get<Answer>('/v1/quantiles?name=latency_ms&by=country&q=0.5');
    expect(groups.map(({ labels, n }) => [labels.country, n]).sort()).toEqual([
      ['AT', 4 * EACH],
      ['DE', 4 * EACH],
      ['FR', 4 * EACH],
    ]);
    for (const group of groups) expect(group.quantiles).toHaveLength(1);
  });

  it('times outside of the data leave nothing', async () => {
    const answer = await get<Answer>('/v1/quantiles?name=latency_ms&to=2020-01-01T00:00:00Z');
    expect(answer).toMatchObject({ n: 0, min: null, max: null, mean: null, from: null });
    expect(answer.quantiles[0]).toEqual({ q: 0.5, value: null, lower: null, upper: null, ci: [null, null] });
  });

  it('explain says what was done', async () => {
    const { explain } = await get<Answer>('/v1/quantiles?name=latency_ms&explain=1');
    expect(Object.keys(explain!).length).toBeGreaterThan(3);
    expect((await get<Answer>('/v1/quantiles?name=latency_ms')).explain).toBeUndefined();
  });

  it('the distribution is told at chosen and at even values', async () => {
    const chosen = await get<Answer>('/v1/cdf?name=latency_ms&le=500,100');
    expect(chosen.shares.map(({ le }) => le)).toEqual([100, 500]);
    const { shares, n } = await get<Answer>('/v1/cdf?name=latency_ms&points=11');
    expect(n).toBe(ALL);
    expect(shares[0].le).toBe(0);
    expect(shares.at(-1)).toMatchObject({ le: 999, share: 1 });
    for (let i = 1; i < shares.length; i++) expect(shares[i].share).toBeGreaterThan(shares[i - 1].share);
  });

  it('the sketch itself is had, as compact and as Apache image', async () => {
    const bytesOf = async (query: string) => {
      const response = await ask(`/v1/sketch?name=latency_ms${query}`, { token });
      expect(response.headers.get('content-type')).toBe('application/octet-stream');
      expect(response.headers.get('x-kll-n')).toBe(String(ALL));
      return new Uint8Array(await response.arrayBuffer());
    };
    const compact = KllSketch.fromBytes(await bytesOf(''));
    expect([compact.n, compact.sum, compact.max]).toEqual([ALL, (ALL * 999) / 2, 999]);
    const small = await bytesOf('&k=32');
    expect(KllSketch.fromBytes(small)).toMatchObject({ n: ALL, k: 32 });
    for (const type of ['double', 'float'] as const) {
      const apache = fromDataSketches(await bytesOf(`&format=apache-${type}`), type);
      expect([apache.n, apache.min, apache.max]).toEqual([ALL, 0, 999]);
      expect(Math.abs(apache.quantile(0.5) - 499.5)).toBeLessThan(30);
    }
  });

  it('beside the sketch headers say what was done for it, and what is left out', async () => {
    const told = async (query: string) =>
      (await ask(`/v1/sketch?name=latency_ms${query}`, { token })).headers;
    const explained = await told('&explain=1');
    expect(JSON.parse(explained.get('x-kll-explain')!)).toMatchObject({ ingestObjects: 4, seriesObjects: 4 });
    expect((await told('')).get('x-kll-explain')).toBeNull();
    expect(explained.get('x-kll-left-out')).toBe('0');
  });

  it('is of its tenant alone', async () => {
    const stranger = await tokenOf('stranger', 'query');
    expect(await get<Answer>('/v1/quantiles?name=latency_ms', stranger)).toMatchObject({ n: 0 });
    expect(await get('/v1/series', stranger)).toEqual({ series: [] });
  });

  it('as Prometheus summaries gives each series by itself', async () => {
    const match = encodeURIComponent('latency_ms{route="/a"}');
    const response = await ask(`/metrics/series?match=${match}&q=0.5,0.9`, { token });
    const { type, samples } = parseQuantiles(await response.text());
    expect(type).toBe('summary');
    expect(samples.filter(({ name }) => name === 'latency_ms_count').map(({ value }) => value)).toEqual([
      EACH,
      EACH,
      EACH,
    ]);
    expect(samples.filter(({ labels }) => 'quantile' in labels)).toHaveLength(6);
    expect(samples.filter(({ name }) => name === 'latency_ms_sum').map(({ value }) => value)).toEqual(
      Array(3).fill((EACH * 999) / 2),
    );
  });
});

/** The strict reader knows summaries without quantiles: the library has no others. */
function parseQuantiles(text: string) {
  const lines = text.split('\n');
  const samples = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, braces, value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line)!;
      const labels = Object.fromEntries(
        [...(braces ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text]),
      );
      return { name, labels, value: Number(value) };
    });
  const plain = lines.filter((line) => !line.includes('quantile=')).join('\n');
  return { type: parseExposition(plain).get('latency_ms')!.type, samples };
}

describe('series', () => {
  it('are listed a page at a time, over all objects, in one order', async () => {
    await flushAll(TENANT);
    const found: { labels: Record<string, string>; n: number }[] = [];
    let after = '';
    for (let page = 0; page < 10; page++) {
      const { series: list, next } = await get<{ series: typeof found; next?: string }>(
        `/v1/series?limit=5${after}`,
      );
      found.push(...list);
      if (!next) break;
      after = `&after=${next}`;
    }
    expect(found).toHaveLength(ROUTES.length * COUNTRIES.length);
    expect(new Set(found.map(({ labels }) => JSON.stringify(labels))).size).toBe(found.length);
    for (const { n } of found) expect(n).toBe(EACH);
  });

  it('are listed on behind one whose key is too long for a URL, while it is there', async () => {
    const owner = await configured('long-keys', { ingest: 1, series: 2 });
    const labels = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`l${i}`, 'v'.repeat(512)]));
    const list = [{ name: 'a' }, { name: 'b', labels }, { name: 'c' }].map((one) => series([1], one));
    expect(
      (await ask('/v1/ingest', { token: owner, headers: BATCH_TYPE, body: container(list) })).status,
    ).toBe(202);
    await env.INGEST.getByName('ingest:long-keys:0').flush(
      await env.DIRECTORY.getByName('directory').tenant('long-keys'),
    );
    const page = (after: string) =>
      get<{ series: { name: string }[]; next: string }>(`/v1/series?limit=1${after}`, owner);
    const first = await page('');
    const second = await page(`&after=${first.next}`);
    expect(second.next.length).toBeLessThan(2048);
    const third = await page(`&after=${second.next}`);
    expect([first, second, third].map(({ series: [{ name }] }) => name)).toEqual(['a', 'b', 'c']);
    for (const gone of ['0.99', '9.1']) {
      const answer = await ask(`/v1/series?limit=1&after=${gone}`, { token: owner });
      expect((await problem(answer, 400, 'ERR_PARAMETER')).detail).toContain('gone');
    }
  });

  it('are all listed, and in order, where their keys do not go into one call', async () => {
    const tenant = 'longest-keys';
    const owner = await configured(tenant, { ingest: 1, series: 2 });
    const config = await env.DIRECTORY.getByName('directory').tenant(tenant);
    const numbers = Array.from({ length: 160 }, (_, i) => i);
    for (const slot of [0, 1]) {
      // The first object has many of them, the other some between.
      const rows = numbers
        .filter((i) => Number(i % 16 === 0) === slot)
        .map((i) => row(Date.now() - (Date.now() % 60_000), [i], { a: String(1000 + i), ...longLabels(0) }));
      const series = env.SERIES.getByName(`series:${tenant}:${slot}`);
      await series.apply({ config, sender: 'ingest', sequence: 1, rows });
    }
    const some = await env.SERIES.getByName(`series:${tenant}:0`).list({ limit: 1000 });
    expect(some.more).toBe(true);
    const { series: list, next } = await get<{ series: { labels: { a: string } }[]; next?: string }>(
      '/v1/series?limit=1000',
      owner,
    );
    expect(list.map(({ labels }) => Number(labels.a) - 1000)).toEqual(numbers);
    expect(next).toBeUndefined();
  });

  it('are chosen by name and matchers', async () => {
    const query = encoded({ name: 'latency_ms', match: '{country="DE"}' });
    const { series: list } = await get<{ series: { labels: object }[] }>(`/v1/series?${query}`);
    expect(list.map(({ labels }) => labels)).toEqual(ROUTES.map((route) => ({ country: 'DE', route })));
    expect(await get('/v1/series?name=none')).toEqual({ series: [] });
    await problem(await ask('/v1/series?match=a%3D%22b%22', { token }), 400, 'ERR_PARAMETER');
  });
});

describe('a query', () => {
  it('that touches too much is refused, and says of what', async () => {
    const tooMany = (variables: object) => ask('/v1/quantiles?name=latency_ms', { token, variables });
    const { detail } = await problem(
      await tooMany({ KLL_MAX_QUERY_SERIES: '1' }),
      422,
      'ERR_QUERY_TOO_LARGE',
    );
    expect(detail).toContain('series');
    const other = await problem(await tooMany({ KLL_MAX_BUCKETS: '1' }), 422, 'ERR_QUERY_TOO_LARGE');
    expect(other.detail).toContain('buckets');
  });

  it('counts all that waits, where it is more than one call takes', async () => {
    const tenant = 'waiting';
    const owner = await configured(tenant, { ingest: 1, series: 1 });
    await ask('/v1/admin/pause', { token: owner, body: { minutes: 30 } });
    const config = await env.DIRECTORY.getByName('directory').tenant(tenant);
    for (let first = 0; first < 360; first += 60) {
      const list = Array.from({ length: 60 }, (_, i) => ({
        labels: longLabels(first + i),
        values: Float64Array.of(first + i),
      }));
      await env.INGEST.getByName(`ingest:${tenant}:0`).take(takeCall(config, list));
    }
    const answer = await get<{ n: number; partial: boolean }>('/v1/quantiles?name=latency_ms', owner);
    expect(answer).toMatchObject({ n: 360, partial: false });
  });

  it('that has too many groups for what it wants of each is refused, and says how many there may be', async () => {
    const grouped = (more: string, variables: object = {}) =>
      ask(`/v1/quantiles?name=latency_ms&by=route,country${more}`, { token, variables });
    const ranks = Array.from({ length: 200 }, (_, i) => i / 200).join();
    expect((await grouped(`&q=${ranks}`)).status).toBe(200);
    const few = { KLL_MAX_QUERY_GROUPS: '11' };
    const { detail } = await problem(await grouped('', few), 422, 'ERR_QUERY_TOO_LARGE');
    expect(detail).toContain('11 groups');
    const { query } = await get<{ query: { maxGroups: number; maxPoints: number } }>('/v1/limits');
    expect(query).toMatchObject({ maxGroups: 1000, maxPoints: 20_000 });
    const name = encoded({ match: 'latency_ms' });
    await problem(
      await ask(`/metrics/series?${name}`, { token, variables: few }),
      422,
      'ERR_QUERY_TOO_LARGE',
    );
  });

  it('of a snapshot that is not there is refused', async () => {
    await problem(await ask('/v1/quantiles?name=latency_ms&asOf=none', { token }), 404, 'ERR_SNAPSHOT');
  });

  it('with globs that try every place is answered in no time', async () => {
    const match = `{route=~"${'*a'.repeat(250)}|${'a*'.repeat(250)}"}`;
    const start = Date.now();
    await get(`/v1/quantiles?${encoded({ name: 'latency_ms', match })}`);
    // Tried one by one, the places would take longer than anybody lives.
    expect(Date.now() - start).toBeLessThan(20_000);
  });
});
