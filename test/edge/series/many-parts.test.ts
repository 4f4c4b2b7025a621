/** Answers made of many parts: more than a series object decodes at once, and with many others between them. */
import { abortAllDurableObjects } from 'cloudflare:test';
import { beforeEach, expect, it, vi } from 'vitest';
import { inside, START, seriesObject, setClock, tenantConfig } from '../ingest/ground.js';
import {
  bucketCounts,
  countRows,
  DAY_MS,
  HOUR_MS,
  handOver,
  MINUTE_MS,
  readOf,
  ringUntil,
  row,
  totalsOf,
} from './ground.js';

beforeEach(() => {
  setClock(START);
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

it('reads 600 minutes of a series, from storage and from memory, without the one that is damaged', async () => {
  const config = tenantConfig({ workingK: 64 });
  const minutes = Array.from({ length: 600 }, (_, i) => START + i * MINUTE_MS);
  for (const route of ['/a', '/b']) {
    await handOver(
      config,
      minutes.map((start, i) => row(start, [i, i + 0.5], { route })),
    );
  }
  const sum = 600 * 599 + 300;
  for (const cacheHits of [0, 1200]) {
    if (cacheHits === 0) await abortAllDurableObjects();
    const all = await readOf(config);
    expect(totalsOf(all)).toEqual({ n: 2_400, sum: 2 * sum });
    expect(all.explain).toMatchObject({ bucketsRead: 1_200, imagesMerged: 1_200, cacheHits });
  }
  const damaged = START + 400 * MINUTE_MS;
  await inside(seriesObject(config), (_, { storage }) => {
    storage.sql.exec(
      `UPDATE buckets SET image = x'c700' WHERE start = ? AND series = (SELECT id FROM series WHERE key LIKE '%/b%')`,
      damaged,
    );
  });
  await abortAllDurableObjects();
  // The second time it is a mark.
  for (let times = 0; times < 2; times++) {
    const { groups, leftOut } = await readOf(config, { by: ['route'] });
    const totals = groups.map((group) => totalsOf({ groups: [group] } as never));
    expect(totals).toEqual([
      { n: 1_200, sum },
      { n: 1_198, sum: sum - 800.5 },
    ]);
    expect(leftOut.map(({ key, start }) => [key, start])).toEqual([
      ['["latency_ms",["route","/b"]]', damaged],
    ]);
  }
});

it('reads without buckets that it is told to leave out, all parts of them', async () => {
  const config = tenantConfig({ workingK: 64 });
  const closed = [START - 3 * 24 * 60 * MINUTE_MS, START - 5 * 24 * 60 * MINUTE_MS];
  // Each time is a further part of the same buckets, once they are closed.
  for (const [i, values] of [[1, 2], [10, 20], [100]].entries()) {
    await handOver(
      config,
      closed.map((start) => row(start, values)),
    );
    await ringUntil(config, START + (i + 1) * HOUR_MS);
  }
  const before = await readOf(config);
  expect(totalsOf(before)).toEqual({ n: 10, sum: 266 });
  const damaged = await inside(seriesObject(config), (_, { storage }) => {
    const [{ start, parts }] = storage.sql
      .exec<{ start: number; parts: number }>(
        'SELECT start, count(*) AS parts FROM buckets WHERE start <= ? GROUP BY level, start ORDER BY level DESC, start LIMIT 1',
        closed[1],
      )
      .toArray();
    expect(parts).toBeGreaterThan(2);
    for (const part of [0, 1]) {
      storage.sql.exec(
        "UPDATE buckets SET image = x'c700' WHERE row = (SELECT row FROM buckets WHERE start = ? ORDER BY level DESC, part LIMIT 1 OFFSET ?)",
        start,
        part,
      );
    }
    return start;
  });
  await abortAllDurableObjects();
  const parts = await readOf(config);
  expect(totalsOf(parts).n).toBeGreaterThan(5);
  expect(parts.leftOut.map(({ start }) => start)).toEqual([damaged, damaged]);
  const whole = await readOf(config, { without: parts.leftOut });
  expect(totalsOf(whole)).toEqual({ n: 5, sum: 133 });
  expect(whole.leftOut).toEqual([]);
  expect(whole.explain.imagesMerged).toBe(parts.explain.imagesMerged - 1);
});

it('reads no row between the minutes at both ends of a stretch but those of its hours and days', async () => {
  const config = tenantConfig({ workingK: 64 });
  const days = 4;
  const first = Math.ceil(START / DAY_MS) * DAY_MS;
  setClock(first + days * DAY_MS);
  const starts = Array.from({ length: days * 144 }, (_, i) => first + i * 10 * MINUTE_MS);
  await handOver(
    config,
    starts.map((start) => row(start, [1])),
  );
  await ringUntil(config, first + days * DAY_MS + HOUR_MS);
  expect(await bucketCounts(config)).toEqual([days * 144, days * 24, days]);
  await seriesObject(config).createSnapshot('one');
  await abortAllDurableObjects();
  const range = { from: first + 30 * MINUTE_MS, to: first + days * DAY_MS - 30 * MINUTE_MS };
  const expected = 3 + 23 + (days - 2) + 23 + 3;
  for (const asOf of [{}, { asOf: 'one' }]) {
    const rowsRead = await countRows(seriesObject(config));
    const answer = await readOf(config, { ...range, ...asOf });
    expect(totalsOf(answer).n).toBe(days * 144 - 6);
    expect(answer.explain).toMatchObject({ bucketsRead: expected, imagesMerged: expected });
    // Of each its head, its image, places in indices and in lists, of a snapshot twice: the minutes alone are 576.
    expect(await rowsRead()).toBeLessThan(8 * expected);
  }
});
