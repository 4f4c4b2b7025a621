/** Answers made of more parts than a series object decodes at once. */
import { abortAllDurableObjects } from 'cloudflare:test';
import { beforeEach, expect, it, vi } from 'vitest';
import { inside, START, seriesObject, setClock, tenantConfig } from '../ingest/ground.js';
import { handOver, MINUTE_MS, readOf, row, totalsOf } from './ground.js';

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
