/** Buckets of series objects: applied once, closed, rolled up, late values, and what fails between two steps. */
import { abortAllDurableObjects, runDurableObjectAlarm } from 'cloudflare:test';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { bufferOf } from '../../../src/adapters/workers/array-buffer.js';
import { seriesKey, slotOf } from '../../../src/adapters/workers/series-key.js';
import { KllSketch } from '../../../src/sketch/sketch.js';
import { seededRandom } from '../../support/prng.js';
import {
  failStatement,
  inside,
  START,
  seriesObject,
  setClock,
  sketchOf,
  tenantConfig,
} from '../ingest/ground.js';
import {
  bucketCounts,
  DAY_MS,
  HOUR_MS,
  handOver,
  MINUTE_MS,
  readOf,
  ringUntil,
  row,
  totalsOf,
} from './ground.js';

/** The start of a day. */
const T0 = Math.floor(START / DAY_MS) * DAY_MS;

beforeEach(() => {
  setClock(T0);
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

describe('apply', () => {
  it('merges a sequence once, however often it is handed over', async () => {
    const config = tenantConfig();
    const object = seriesObject(config);
    const call = { config, sender: 'a', sequence: 5, rows: [row(T0, [1, 2, 3])] };
    expect(await object.apply(call)).toEqual({ applied: 5, storageBytes: expect.any(Number) });
    expect(await object.apply(call)).toEqual({ applied: 5, storageBytes: expect.any(Number) });
    expect(await object.apply({ ...call, sequence: 4 })).toEqual({
      applied: 5,
      storageBytes: expect.any(Number),
    });
    expect(await object.apply({ ...call, sender: 'b', sequence: 2 })).toEqual({
      applied: 2,
      storageBytes: expect.any(Number),
    });
    const answer = await readOf(config);
    expect(totalsOf(answer)).toEqual({ n: 6, sum: 12 });
    expect(answer.applied).toEqual({ a: 5, b: 2 });
  });

  it('stores all rows of a sequence or none, whichever statement fails', async () => {
    const config = tenantConfig();
    await handOver(config, [row(T0, [1])]);
    let stored = 1;
    let failures = 0;
    for (let n = 0; n < 200; n++) {
      const settled = await failStatement(seriesObject(config), n);
      const call = handOver(config, [row(T0, [1]), row(T0 + MINUTE_MS, [1], { route: '/a' })], `s${n}`);
      const outcome = await call.then(
        () => 'applied',
        () => 'failed',
      );
      const failed = await settled();
      if (outcome === 'applied') stored += 2;
      else failures++;
      expect([n, totalsOf(await readOf(config)).n]).toEqual([n, stored]);
      if (!failed) break;
    }
    expect(failures).toBeGreaterThan(5);
  });

  it('sends series beyond the cap to __other__ of their name, and knows those before it', async () => {
    const config = tenantConfig({ maxSeries: 2 });
    for (const route of ['/a', '/b', '/c', '/d', '/a']) await handOver(config, [row(T0, [1], { route })]);
    const { series } = await seriesObject(config).list({ limit: 10 });
    expect(series.map(({ key, n }) => [key, n])).toEqual([
      [seriesKey('latency_ms', { __other__: 'true' }), 2],
      [seriesKey('latency_ms', { route: '/a' }), 2],
      [seriesKey('latency_ms', { route: '/b' }), 1],
    ]);
    expect(totalsOf(await readOf(config)).n).toBe(5);
  });

  it('gives series room that a former ring has left here', async () => {
    const config = tenantConfig({ maxSeries: 20 });
    const rows = Array.from({ length: 80 }, (_, i) => row(T0, [1], { route: `/${i}` }));
    const owned = rows.filter(({ key }) => slotOf(key, 4) === 0);
    await handOver(config, rows.filter((one) => !owned.includes(one)).slice(0, 20));
    const rings = [...config.rings, { version: 2, ingest: 1, series: 4, since: T0 }];
    await handOver({ ...config, rings }, owned);
    const { series } = await seriesObject(config).list({ limit: 100 });
    const [{ n }] = series.filter(({ key }) => key.includes('__other__'));
    // A share of 5, and four standard deviations of what chance puts there.
    expect(n).toBe(owned.length - (5 + 8));
  });

  it('has as many series of others as the cap at most, and one for all names beyond', async () => {
    const config = tenantConfig({ maxSeries: 2 });
    const names = Array.from({ length: 50 }, (_, i) => `name_${i}`);
    for (const name of [...names, 'name_3', 'name_40']) await handOver(config, [row(T0, [1], {}, name)]);
    const { series } = await seriesObject(config).list({ limit: 100 });
    const other = { __other__: 'true' };
    expect(series.map(({ key, n }) => [key, n])).toEqual([
      [seriesKey('__other__', other), 47],
      [seriesKey('name_0', {}), 1],
      [seriesKey('name_1', {}), 1],
      [seriesKey('name_2', other), 1],
      [seriesKey('name_3', other), 2],
    ]);
    expect(totalsOf(await readOf(config, { name: '__other__' })).n).toBe(47);
  });
});

describe('closing and rolling up', () => {
  /** Three minutes of each of 26 hours, values kept beside. */
  async function fill(config: ReturnType<typeof tenantConfig>): Promise<number[]> {
    const random = seededRandom(7);
    const all: number[] = [];
    for (let hour = 0; hour < 26; hour++) {
      for (const minute of [0, 17, 59]) {
        const start = T0 + hour * HOUR_MS + minute * MINUTE_MS;
        await ringUntil(config, start);
        const values = Array.from({ length: 400 }, () => random.below(1_000_000));
        all.push(...values);
        await handOver(config, [row(start, values)]);
      }
    }
    return all;
  }

  it('makes hours and days that hold what their minutes held, and reads the largest whole ones', async () => {
    const config = tenantConfig();
    const all = await fill(config);
    await ringUntil(config, T0 + 2 * DAY_MS + HOUR_MS);
    expect(await bucketCounts(config)).toEqual([78, 26, 2]);
    const sum = all.reduce((a, b) => a + b, 0);
    const answer = await readOf(config);
    expect(answer.explain.bucketsRead).toBe(2);
    expect(totalsOf(answer)).toEqual({ n: all.length, sum });
    // A day, then an hour, then minutes at both rims.
    const from = T0 + 17 * MINUTE_MS;
    const to = T0 + DAY_MS + HOUR_MS + 18 * MINUTE_MS;
    const rims = await readOf(config, { from, to });
    expect(rims.explain.bucketsRead).toBe(2 + 23 + 1 + 2);
    const inRange = all.slice(400, all.length - 400);
    expect(totalsOf(rims)).toEqual({ n: inRange.length, sum: inRange.reduce((a, b) => a + b, 0) });

    const sorted = Float64Array.from(all).sort();
    const sketch = sketchOf(answer.groups[0].image);
    for (const q of [0.01, 0.1, 0.5, 0.9, 0.99, 0.999]) {
      const { lower, upper } = sketch.quantileBounds(q);
      const truth = sorted[Math.ceil(q * sorted.length) - 1];
      expect(truth).toBeGreaterThanOrEqual(lower);
      expect(truth).toBeLessThanOrEqual(upper);
    }
    expect([sketch.min, sketch.max]).toEqual([sorted[0], sorted.at(-1)]);
  });

  it('tells when the newest values of a day or an hour came as exactly as minutes are kept', async () => {
    const kept = { minute: 3 * DAY_MS, hour: 4 * DAY_MS, day: 0 };
    const config = tenantConfig({ retentionMs: kept });
    const day = T0 - (T0 % DAY_MS) + DAY_MS;
    const newest = day + 7 * HOUR_MS + 30 * MINUTE_MS;
    await handOver(config, [
      row(day + MINUTE_MS, [1], { route: '/a' }),
      row(newest, [2], { route: '/a' }),
      row(day + 9 * MINUTE_MS, [3], { route: '/b' }),
    ]);
    /** In minutes of the day, read from so many parts of days. */
    const ends = async (at: number, parts: number) => {
      await ringUntil(config, at);
      const apart = await readOf(config, { by: ['route'] });
      const [all] = (await readOf(config)).groups;
      expect(all.to).toBe(Math.max(...apart.groups.map(({ to }) => to)));
      expect(apart.explain.bucketsRead).toBe(parts);
      return apart.groups.map(({ to }) => (to - day) / MINUTE_MS);
    };
    expect(await ends(day + 2 * DAY_MS, 2)).toEqual([7 * 60 + 31, 10]);
    await seriesObject(config).createSnapshot('then');
    // Minutes have expired, but for one that came since: it does not speak for the others.
    await ringUntil(config, day + 3 * DAY_MS + 12 * HOUR_MS);
    await handOver(config, [row(day + 2 * HOUR_MS, [4], { route: '/a' })]);
    expect(await ends(day + 3 * DAY_MS + 12 * HOUR_MS, 3)).toEqual([8 * 60, 60]);
    expect(await ends(day + 6 * DAY_MS, 3)).toEqual([24 * 60, 24 * 60]);
    // A snapshot has what it saw.
    const [then] = (await readOf(config, { asOf: 'then' })).groups;
    expect(then.to).toBe(newest + MINUTE_MS);
  });

  it('counts late values once at every level, before and after each roll-up', async () => {
    const config = tenantConfig();
    let n = 0;
    const add = async (start: number) => {
      n += 2;
      await handOver(config, [row(start, [1, 2])]);
    };
    const expectEverywhere = async () => {
      expect(totalsOf(await readOf(config)).n).toBe(n);
      // Without whole days, without whole hours.
      const [from, to] = [T0 + MINUTE_MS, T0 + DAY_MS];
      expect(totalsOf(await readOf(config, { from, to })).n).toBe(n);
      let byMinute = 0;
      for (let minute = 1; minute < 5 * 60; minute++) {
        const start = T0 + minute * MINUTE_MS;
        const read = await readOf(config, { from: start, to: start + MINUTE_MS });
        byMinute += read.groups.length === 0 ? 0 : totalsOf(read).n;
      }
      expect(byMinute).toBe(n);
    };
    const first = T0 + 5 * MINUTE_MS;
    for (const at of [
      0,
      4 * MINUTE_MS,
      30 * MINUTE_MS,
      2 * HOUR_MS,
      26 * HOUR_MS,
      30 * HOUR_MS,
      40 * HOUR_MS,
    ]) {
      await ringUntil(config, first + at);
      await add(first);
      // An hour of the same day that had nothing so far.
      await add(first + HOUR_MS * (1 + (at % 3)));
      await expectEverywhere();
    }
    await ringUntil(config, T0 + 3 * DAY_MS);
    await expectEverywhere();
    const answer = await readOf(config);
    expect(answer.explain.bucketsRead).toBeLessThan(8);
  });

  it('loses and repeats nothing when any statement of an alarm fails, or the object dies', async () => {
    const config = tenantConfig();
    const starts = [0, 1, 61].map((minute) => T0 + minute * MINUTE_MS);
    for (const start of starts)
      await handOver(config, [row(start, [1, 2]), row(start, [3], { route: '/a' })]);
    const truth = { n: 9, sum: 18 };
    let failures = 0;
    for (let n = 0; n < 400; n++) {
      const at = await inside(seriesObject(config), (_, { storage }) => {
        return storage.sql.exec<{ at: number | null }>('SELECT min(at) AS at FROM schedule').one().at;
      });
      if (at === null) break;
      setClock(Math.max(at, Date.now()));
      const settled = await failStatement(seriesObject(config), n % 60);
      await runDurableObjectAlarm(seriesObject(config) as unknown as DurableObjectStub).catch(() => {});
      if (await settled()) failures++;
      if (n % 7 === 0) await abortAllDurableObjects();
      expect(totalsOf(await readOf(config))).toEqual(truth);
      expect(totalsOf(await readOf(config, { from: T0, to: T0 + 3 * HOUR_MS }))).toEqual(truth);
    }
    expect(failures).toBeGreaterThan(10);
    expect(await bucketCounts(config)).toEqual([6, 4, 2]);
    expect(totalsOf(await readOf(config))).toEqual(truth);
  });
});

describe('reading', () => {
  it('groups by labels and keeps to matchers', async () => {
    const config = tenantConfig();
    await handOver(config, [
      row(T0, [1], { route: '/a', country: 'DE' }),
      row(T0, [2], { route: '/a', country: 'AT' }),
      row(T0, [4], { route: '/b' }),
      row(T0, [8], { route: '/a' }, 'latency_ms2'),
    ]);
    const sums = async (change: Parameters<typeof readOf>[1]) =>
      (await readOf(config, change)).groups.map(({ labels, image }) => [labels, sketchOf(image).sum]);
    expect(await sums({})).toEqual([[[], 7]]);
    expect(await sums({ by: ['route'] })).toEqual([
      [[['route', '/a']], 3],
      [[['route', '/b']], 4],
    ]);
    expect(await sums({ by: ['country'], matchers: [{ label: 'route', op: '=', value: '/a' }] })).toEqual([
      [[['country', 'AT']], 2],
      [[['country', 'DE']], 1],
    ]);
    expect(await sums({ matchers: [{ label: 'country', op: '=~', alternatives: ['D*', ''] }] })).toEqual([
      [[], 5],
    ]);
  });

  it('refuses what touches too many buckets or series', async () => {
    const config = tenantConfig();
    for (let minute = 0; minute < 4; minute++) {
      await handOver(config, [row(T0 + minute * MINUTE_MS, [1]), row(T0, [1], { route: '/a' })]);
    }
    expect(await readOf(config, { maxBuckets: 4 })).toMatchObject({ tooMuch: 'buckets', groups: [] });
    expect(await readOf(config, { maxSeries: 1 })).toMatchObject({ tooMuch: 'series', groups: [] });
    expect((await readOf(config, { maxBuckets: 5, maxSeries: 2 })).tooMuch).toBeUndefined();
  });

  it('refuses groups that do not go into one answer', async () => {
    const config = tenantConfig({ workingK: 32_768 });
    const sketch = new KllSketch({ k: 32_768 }).extend(Float64Array.from({ length: 80_000 }, Math.random));
    const image = bufferOf(sketch.toBytes({ state: false }));
    const groups = Math.ceil((32 * 2 ** 20) / image.byteLength);
    for (let i = 0; i < groups; i++) await handOver(config, [{ ...row(T0, [1], { route: `/${i}` }), image }]);
    const answer = await readOf(config, { by: ['route'] });
    expect([answer.tooMuch, answer.groups]).toEqual(['bytes', []]);
  });

  it('finds in memory what it has read before', async () => {
    const config = tenantConfig();
    await handOver(config, [row(T0, [1]), row(T0 + MINUTE_MS, [2])]);
    await ringUntil(config, T0 + 20 * MINUTE_MS);
    await abortAllDurableObjects();
    expect((await readOf(config)).explain).toMatchObject({ cacheHits: 0, cacheMisses: 2 });
    expect((await readOf(config)).explain).toMatchObject({ cacheHits: 2, cacheMisses: 0 });
    const { counters } = await seriesObject(config).counters();
    const countOf = (name: string) => counters.find((counter) => counter.name === name)?.value;
    expect(countOf('kll_edge_bucket_cache_hits_total')).toBeGreaterThanOrEqual(2);
  });

  it('leaves out a row that cannot be read, says so, and goes on', async () => {
    const config = tenantConfig();
    await handOver(config, [row(T0, [1, 2]), row(T0 + MINUTE_MS, [4])]);
    await ringUntil(config, T0 + 20 * MINUTE_MS);
    await inside(seriesObject(config), (_, { storage }) => {
      storage.sql.exec("UPDATE buckets SET image = x'00010203' WHERE start = ?", T0);
    });
    await abortAllDurableObjects();
    const leftOut = [{ start: T0, resolution: 'minute', key: seriesKey('latency_ms', {}) }];
    for (let repeat = 0; repeat < 2; repeat++) {
      const answer = await readOf(config);
      expect(totalsOf(answer)).toEqual({ n: 1, sum: 4 });
      expect(answer.leftOut).toMatchObject(leftOut);
    }
    // The hour that is made of it lacks it too, and says so.
    await ringUntil(config, T0 + 2 * HOUR_MS);
    const hour = await readOf(config, { from: T0, to: T0 + HOUR_MS });
    expect(totalsOf(hour)).toEqual({ n: 1, sum: 4 });
    expect(hour.leftOut).toMatchObject([{ resolution: 'hour' }]);
    const { gauges, counters } = await seriesObject(config).counters();
    expect(gauges.find(({ name }) => name === 'kll_edge_quarantined_rows')?.value).toBe(1);
    expect(counters.find(({ name }) => name === 'kll_edge_unreadable_total')?.value).toBe(1);
  });
});

describe('keeping', () => {
  const kept = { minute: 3 * HOUR_MS, hour: 2 * DAY_MS, day: 0 };

  it('deletes what has expired, level by level, and nothing that an export has not had', async () => {
    const config = tenantConfig({ retentionMs: kept, exportTo: 'pull' });
    await handOver(config, [row(T0, [1]), row(T0 + HOUR_MS, [2])]);
    await ringUntil(config, T0 + 12 * HOUR_MS);
    expect(await bucketCounts(config)).toEqual([2, 2, 0]);
    const plan = (await seriesObject(config).planExport(config))!;
    expect(plan.days).toEqual([{ day: T0 - (T0 % DAY_MS), rows: 2 }]);
    await seriesObject(config).confirmExport(plan.to);
    await ringUntil(config, T0 + 13 * HOUR_MS);
    expect(await bucketCounts(config)).toEqual([0, 2, 0]);
    await ringUntil(config, T0 + 5 * DAY_MS);
    expect(await bucketCounts(config)).toEqual([0, 0, 1]);
    expect(totalsOf(await readOf(config))).toEqual({ n: 2, sum: 3 });
  });

  it('keeps the last snapshots, and those that are young enough', async () => {
    const config = tenantConfig({ keepSnapshots: 3, keepSnapshotsMs: 5 * HOUR_MS });
    const object = seriesObject(config);
    const names = async () => (await object.snapshots()).map(({ name }) => name);
    await handOver(config, [row(T0, [1])]);
    await object.createSnapshot('backup-of-another');
    for (let hour = 0; hour < 5; hour++) {
      await ringUntil(config, T0 + hour * HOUR_MS);
      await object.createSnapshot(`at-${hour}`);
    }
    await ringUntil(config, T0 + 6 * HOUR_MS);
    expect(await names()).toEqual(['backup-of-another', 'at-2', 'at-3', 'at-4']);
    await ringUntil(config, T0 + 8.5 * HOUR_MS);
    await object.vacuum(config);
    // Nobody reads a backup for so long: it died.
    expect(await names()).toEqual(['at-4']);
  });

  it('forgets a series of which nothing is kept', async () => {
    const config = tenantConfig({ retentionMs: { minute: HOUR_MS, hour: HOUR_MS, day: DAY_MS } });
    await handOver(config, [row(T0, [1])]);
    await ringUntil(config, T0 + 4 * DAY_MS);
    expect((await seriesObject(config).list({ limit: 10 })).series).toEqual([]);
    expect(await bucketCounts(config)).toEqual([0, 0, 0]);
  });

  it('sees in a snapshot what was there when it was made, whatever comes, closes or expires', async () => {
    const config = tenantConfig({ retentionMs: kept });
    await handOver(config, [row(T0, [1])]);
    await seriesObject(config).createSnapshot('one');
    await handOver(config, [row(T0, [2]), row(T0 + MINUTE_MS, [4])]);
    await seriesObject(config).createSnapshot('two');
    await handOver(config, [row(T0, [8])]);
    const sums = async () => [
      totalsOf(await readOf(config, { asOf: 'one' })).sum,
      totalsOf(await readOf(config, { asOf: 'two' })).sum,
      totalsOf(await readOf(config)).sum,
    ];
    expect(await sums()).toEqual([1, 7, 15]);
    await ringUntil(config, T0 + 5 * DAY_MS);
    expect(await sums()).toEqual([1, 7, 15]);
    await seriesObject(config).dropSnapshot('one');
    expect(await readOf(config, { asOf: 'one' })).toMatchObject({ isUnknownSnapshot: true, groups: [] });
    expect(totalsOf(await readOf(config, { asOf: 'two' })).sum).toBe(7);
    await seriesObject(config).dropSnapshot('two');
    const left = await inside(seriesObject(config), (_, { storage }) =>
      storage.sql.exec<{ rows: number }>('SELECT count(*) AS rows FROM bucket_history').one(),
    );
    expect(left.rows).toBe(0);
  });

  it.each([
    ['oldest', 0],
    ['newest', 4],
    ['middle', 2],
  ])('a snapshot that goes leaves what others see, and nothing when all have gone: the %s first', async (_, first) => {
    const config = tenantConfig();
    const object = seriesObject(config);
    const minutes = Array.from({ length: 5 }, (_, i) => START + i * MINUTE_MS);
    const seen = new Map<string, number>();
    const history = async () =>
      await inside(
        object,
        (_, { storage: { sql } }) =>
          sql.exec<{ rows: number }>('SELECT count(*) AS rows FROM bucket_history').one().rows,
      );
    // Minute i changes before snapshot i, and all of them now and then: rows of many spans.
    for (let i = 0; i < 5; i++) {
      await handOver(
        config,
        (i % 2 ? minutes : minutes.slice(i)).map((start) => row(start, [1])),
      );
      await object.createSnapshot(`s${i}`);
      seen.set(`s${i}`, totalsOf(await readOf(config)).n);
    }
    await handOver(
      config,
      minutes.map((start) => row(start, [1])),
    );
    for (const name of [`s${first}`, 's1', 's3', 's0', 's4', 's2'].filter(
      (one, i, all) => all.indexOf(one) === i,
    )) {
      expect(await history()).toBeGreaterThan(0);
      expect(await object.dropSnapshot(name)).toEqual({ dropped: true });
      seen.delete(name);
      for (const [asOf, n] of seen)
        expect([asOf, totalsOf(await readOf(config, { asOf })).n]).toEqual([asOf, n]);
    }
    expect(await history()).toBe(0);
  });

  it('goes back to a snapshot, and on from there', async () => {
    const config = tenantConfig({ retentionMs: kept });
    await handOver(config, [row(T0, [1])]);
    await ringUntil(config, T0 + HOUR_MS + 10 * MINUTE_MS);
    await handOver(config, [row(T0, [2])]);
    await seriesObject(config).createSnapshot('early');
    await seriesObject(config).createSnapshot('good');
    await handOver(config, [row(T0, [4]), row(T0, [8], { route: '/bad' })]);
    await seriesObject(config).createSnapshot('later');
    await ringUntil(config, T0 + 5 * DAY_MS);
    expect(totalsOf(await readOf(config)).sum).toBe(15);
    await seriesObject(config).rollBack('good');
    expect((await seriesObject(config).snapshots()).map(({ name }) => name)).toEqual(['early', 'good']);
    const { series } = await seriesObject(config).list({ limit: 9 });
    expect(series).toEqual([{ id: 1, key: seriesKey('latency_ms', {}), n: 2, first: T0, last: T0 }]);
    await handOver(config, [row(T0, [16])]);
    for (let day = 6; day < 9; day++) {
      expect(totalsOf(await readOf(config)).sum).toBe(19);
      expect(totalsOf(await readOf(config, { asOf: 'good' })).sum).toBe(3);
      expect(totalsOf(await readOf(config, { asOf: 'early' })).sum).toBe(3);
      await ringUntil(config, T0 + day * DAY_MS);
    }
    expect(await bucketCounts(config)).toEqual([0, 0, 1]);
    expect(await seriesObject(config).rollBack('later')).toBe(false);
  });

  it('wipes everything', async () => {
    const config = tenantConfig();
    await handOver(config, [row(T0, [1])]);
    await seriesObject(config).wipe();
    expect((await readOf(config)).groups).toEqual([]);
    expect((await seriesObject(config).list({ limit: 1 })).series).toEqual([]);
  });
});
