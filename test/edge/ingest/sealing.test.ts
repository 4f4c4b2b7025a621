import { abortAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ObjectCounters } from '../../../src/adapters/workers/contract.js';
import type { EdgeEnv } from '../../../src/adapters/workers/env.js';
import { checkBatch } from '../../../src/adapters/workers/ingest-batch.js';
import { limitsOf } from '../../../src/adapters/workers/limits.js';
import { EDGE_METRICS } from '../../../src/metrics/edge-names.js';
import { KllSketch } from '../../../src/sketch/sketch.js';
import {
  EVERYTHING,
  failHandOver,
  failStatement,
  HOUR_MS,
  ingestObject,
  inside,
  passTime,
  pendingTotals,
  START,
  setClock,
  sketchOf,
  takeCall,
  tenantConfig,
} from './ground.js';

beforeEach(() => {
  setClock(START);
  // What fails on purpose is logged.
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

/** Rows of an object's tables. */
const count = (object: unknown, table: string) =>
  inside(object, (_, { storage }) => storage.sql.exec(`SELECT count(*) AS rows FROM ${table}`).one().rows);

describe('a sequence', () => {
  it('is sealed at so many batches, the rest stays open', async () => {
    const config = tenantConfig({ sealBatches: 3 });
    const object = ingestObject(config);
    await failHandOver(object);
    for (let i = 1; i <= 7; i++) await object.take(takeCall(config, [i]));
    await passTime(object, 0);
    expect(await count(object, 'outbox')).toBe(2);
    expect(await count(object, 'batches')).toBe(1);
    const { rows } = await object.pending(EVERYTHING, config);
    expect(rows.map(({ image }) => sketchOf(image).sum)).toEqual([6, 15, 7]);
    const [first, second, open] = rows.map(({ sequence }) => sequence);
    expect(first < second && second < open).toBe(true);
  });

  it('that a clock ahead of time has opened is sealed soon after it is set back, and its age is no zero', async () => {
    const config = tenantConfig();
    const object = ingestObject(config);
    await failHandOver(object);
    setClock(START + 2 * HOUR_MS);
    await object.take(takeCall(config, [1]));
    setClock(START);
    const { gauges } = (await object.counters()) as unknown as ObjectCounters;
    expect(gauges).toContainEqual(
      expect.objectContaining({ name: EDGE_METRICS.oldestPending.name, value: 7200 }),
    );
    await object.take(takeCall(config, [2]));
    expect(await count(object, 'outbox')).toBe(0);
    await passTime(object, config.sealMs);
    // A row of each minute.
    expect([await count(object, 'outbox'), await count(object, 'batches')]).toEqual([2, 0]);
  });

  it('is sealed at so many bytes', async () => {
    const config = tenantConfig({ sealBytes: 100 });
    const object = ingestObject(config);
    await failHandOver(object);
    for (let i = 1; i <= 3; i++) await object.take(takeCall(config, [i]));
    await passTime(object, 0);
    expect(await count(object, 'outbox')).toBe(1);
    expect(await count(object, 'batches')).toBe(1);
  });

  it('is sealed at so many bytes of keys', async () => {
    const config = tenantConfig({ sealBytes: 2_000 });
    const object = ingestObject(config);
    await failHandOver(object);
    for (let i = 1; i <= 3; i++) await object.take({ ...takeCall(config, [i]), keyLength: 1_000 });
    await passTime(object, 0);
    expect(await count(object, 'outbox')).toBe(1);
    expect(await count(object, 'batches')).toBe(1);
  });

  it('is sealed at so many items, of which bodies show little', async () => {
    const config = tenantConfig();
    const object = ingestObject(config);
    await failHandOver(object);
    const full = new KllSketch({ k: 4096 }).extend(new Float64Array(100_000));
    const series = Array.from({ length: 100 }, (_, i) => ({ labels: { route: `/${i}` }, sketch: full }));
    for (let i = 0; i < 4; i++) {
      const call = takeCall(config, series);
      const checks = { limits: limitsOf(env as unknown as EdgeEnv), labels: {}, now: Date.now() };
      const { items, keyLength, body } = checkBatch(new Uint8Array(call.body), 'container', checks);
      expect(body.length).toBeLessThan(8_192);
      expect(items).toBe(100 * full.numRetained);
      await object.take({ ...call, items, keyLength });
    }
    // Three reach two million, the fourth is the next sequence's.
    await passTime(object, 0);
    expect(await count(object, 'batches')).toBe(1);
    expect(await count(object, 'outbox')).toBe(100);
    const { rows } = await object.pending(EVERYTHING, config);
    expect(rows.reduce((sum, { image }) => sum + sketchOf(image).n, 0)).toBe(4 * 100 * 100_000);
  });

  it('is sealed after so long, and not before', async () => {
    const config = tenantConfig({ sealMs: 5_000 });
    const object = ingestObject(config);
    await failHandOver(object);
    await object.take(takeCall(config));
    await passTime(object, 4_999);
    expect(await count(object, 'batches')).toBe(1);
    await passTime(object, 1);
    expect(await count(object, 'batches')).toBe(0);
    expect(await count(object, 'outbox')).toBe(1);
  });

  it('is due at its time also when the object died meanwhile', async () => {
    const config = tenantConfig({ sealMs: 5_000 });
    await ingestObject(config).take(takeCall(config));
    await abortAllDurableObjects();
    await failHandOver(ingestObject(config));
    await passTime(ingestObject(config), 5_000);
    expect(await count(ingestObject(config), 'outbox')).toBe(1);
  });

  it('holds one sketch a series and minute, with exact count and sum', async () => {
    const config = tenantConfig({ windowMs: HOUR_MS, workingK: 64 });
    const object = ingestObject(config);
    await failHandOver(object);
    setClock(START + 30_000);
    const labels = { route: '/a' };
    const sketch = new KllSketch({ k: 64 });
    for (let i = 1; i <= 5_000; i++) sketch.add(i);
    const values = Float64Array.of(0.5, 7);
    await object.take(takeCall(config, [{ labels, values }, { values }]));
    await object.take(takeCall(config, [{ labels, sketch: sketch.condense(64), age: 29_000 }]));
    await object.take(takeCall(config, [{ labels, values, age: 30_001 }]));
    // Older than the window: as old as the window at most.
    await object.take(takeCall(config, [{ labels, values, age: 3 * HOUR_MS }]));
    const before = await object.pending(EVERYTHING, config);
    await passTime(object, config.sealMs);
    const after = await object.pending(EVERYTHING, config);
    const facts = ({ rows }: typeof before) =>
      rows.map(({ key, start, image }) => {
        const { n, sum, k } = sketchOf(image);
        return [key, (start - START) / 60_000, n, sum, k];
      });
    const route = '["latency_ms",["route","/a"]]';
    expect(facts(after)).toEqual([
      [route, -60, 2, 7.5, 64],
      [route, -1, 2, 7.5, 64],
      [route, 0, 5_002, 12_502_507.5, 64],
      ['["latency_ms"]', 0, 2, 7.5, 64],
    ]);
    expect(facts(before)).toEqual(facts(after));
    expect(before.oldest).toBe(START + 30_000);
    // The size of rows is watched though they are handed over before anybody looks at the outbox.
    const { counters } = (await object.counters()) as unknown as ObjectCounters;
    const of = ({ name }: { name: string }) => counters.find((one) => one.name === name)?.value;
    const bytes = after.rows.reduce((sum, { image }) => sum + image.byteLength, 0);
    expect([of(EDGE_METRICS.sealedRows), of(EDGE_METRICS.sealedBytes)]).toEqual([4, bytes]);
  });

  it('answers a query with what it asks for, by the sequence it travels in', async () => {
    const config = tenantConfig({ sealBatches: 2, rings: [{ version: 7, ingest: 1, series: 1, since: 0 }] });
    const object = ingestObject(config);
    await failHandOver(object);
    const values = Float64Array.of(1);
    for (const route of ['/a', '/b', '/a/c']) {
      await object.take(
        takeCall(config, [
          { labels: { route }, values },
          { name: 'other', values },
        ]),
      );
    }
    await passTime(object, 0);
    const asked = async (alternatives: string[], from = 0, to = EVERYTHING.to) => {
      const matchers = [{ label: 'route', op: '=~', alternatives }] as const;
      const { rows } = await object.pending({ name: 'latency_ms', matchers, from, to }, config);
      expect(rows.every(({ ringVersion }) => ringVersion === 7)).toBe(true);
      return rows.map(({ key }) => key);
    };
    expect(await asked(['/a'])).toEqual(['["latency_ms",["route","/a"]]']);
    expect(await asked(['/a*', '/b'])).toHaveLength(3);
    expect(await asked(['*'], 0, START)).toEqual([]);
    expect(await asked(['*'], START, START + 60_000)).toHaveLength(3);
  });

  it('goes on without a batch that cannot be read, which is set aside and counted', async () => {
    const config = tenantConfig();
    const object = ingestObject(config);
    await failHandOver(object);
    for (let i = 1; i <= 3; i++) await object.take(takeCall(config, [i]));
    await inside(object, (_, { storage }) =>
      storage.sql.exec('UPDATE batches SET body = ? WHERE batch = 2', new Uint8Array(40)),
    );
    await passTime(object, config.sealMs);
    expect(await pendingTotals(config)).toEqual({ n: 2, sum: 4 });
    expect(await count(object, 'batches')).toBe(0);
    expect(
      await inside(object, (_, { storage }) => storage.sql.exec('SELECT code FROM quarantine').one()),
    ).toEqual({
      code: 'ERR_MAGIC',
    });
    const { counters, gauges } = await object.counters();
    const labels = [['tier', 'ingest']];
    expect(counters).toContainEqual({ name: 'kll_edge_unreadable_total', labels, value: 1 });
    expect(gauges).toContainEqual({ name: 'kll_edge_quarantined_rows', labels, value: 1 });
  });

  it('is sealed whole or not at all, whichever write fails', async () => {
    const config = tenantConfig({ sealBatches: 4 });
    const object = ingestObject(config);
    await failHandOver(object);
    const values = Float64Array.of(1, 2);
    for (let i = 0; i < 4; i++) await object.take(takeCall(config, [{ labels: { i: String(i) }, values }]));
    let failures = 0;
    for (let n = 0; (await count(object, 'batches')) !== 0; n++) {
      expect(await count(object, 'outbox')).toBe(0);
      const hasFailed = await failStatement(object, n);
      // It comes back a minute later at most.
      await passTime(object, 60_000).catch(() => {});
      if (await hasFailed()) failures++;
      expect(await pendingTotals(config)).toEqual({ n: 8, sum: 12 });
      expect(n).toBeLessThan(100);
    }
    expect(failures).toBeGreaterThan(10);
    expect(await count(object, 'outbox')).toBe(4);
  });
});
