import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectCounters, TenantConfig } from '../../../src/adapters/workers/contract.js';
import { holdsSame } from '../../../src/adapters/workers/validation.js';
import { EDGE_METRICS } from '../../../src/metrics/edge-names.js';
import { KllSketch } from '../../../src/sketch/sketch.js';
import { inside, START, seriesObject, setClock, tenantConfig } from '../ingest/ground.js';
import { HOUR_MS, handOver, MINUTE_MS, readOf, ringUntil, row, totalsOf } from './ground.js';

const EVERY = 5 * MINUTE_MS;

beforeEach(() => setClock(START));
afterEach(() => setClock(START));

async function counted(
  config: TenantConfig,
): Promise<{ validated: number; failed: number; unreadable: number }> {
  const { counters } = (await seriesObject(config).counters()) as unknown as ObjectCounters;
  const of = ({ name }: { name: string }) => counters.find((one) => one.name === name)?.value ?? 0;
  return {
    validated: of(EDGE_METRICS.validatedBuckets),
    failed: of(EDGE_METRICS.validationFailures),
    unreadable: of(EDGE_METRICS.unreadable),
  };
}

/** Changes stored parts with three values as a failing disk would. */
async function damage(config: TenantConfig, change: (image: Uint8Array, n: number) => [Uint8Array, number]) {
  await inside(seriesObject(config), (_, { storage }) => {
    const { row, image, n } = storage.sql
      .exec<{ row: number; image: ArrayBuffer; n: number }>('SELECT row, image, n FROM buckets WHERE n = 3')
      .one();
    const [bytes, count] = change(new Uint8Array(image), n);
    storage.sql.exec('UPDATE buckets SET image = ?, n = ? WHERE row = ?', bytes, count, row);
  });
}

const flipped = (image: Uint8Array, n: number): [Uint8Array, number] => [image.with(9, image[9] ^ 1), n];

const quarantined = (config: TenantConfig) =>
  inside(seriesObject(config), (_, { storage }) =>
    storage.sql.exec<{ code: string; what: string }>('SELECT code, what FROM quarantine').toArray(),
  );

describe('validation of closed buckets', () => {
  it('reads all of them in turn, some at a time, and finds nothing wrong with what was stored', async () => {
    const config = tenantConfig({ validateMs: EVERY });
    const rows = Array.from({ length: 300 }, (_, i) => row(START, [i, 1 / (i + 1), -i], { route: `/${i}` }));
    await handOver(config, rows);
    // Closed after a minute and the grace of two.
    await ringUntil(config, START + EVERY);
    expect(await counted(config)).toEqual({ validated: 256, failed: 0, unreadable: 0 });
    await ringUntil(config, START + 2 * EVERY);
    expect(await counted(config)).toEqual({ validated: 300, failed: 0, unreadable: 0 });
    await ringUntil(config, START + 3 * EVERY);
    expect(await counted(config)).toEqual({ validated: 556, failed: 0, unreadable: 0 });
    expect(totalsOf(await readOf(config)).n).toBe(900);
  });

  it('takes shorter pauses where much is stored, so that a round takes a day at most', async () => {
    const config = tenantConfig({ validateMs: EVERY });
    const rows = Array.from({ length: 600 }, (_, i) => row(START, [i], { route: `/${i}` }));
    await handOver(config, rows);
    await inside(seriesObject(config), (_, { storage }) => {
      storage.sql.exec('CREATE TABLE much (bytes BLOB)');
      for (let i = 0; i < 30; i++) storage.sql.exec('INSERT INTO much VALUES (zeroblob(1000000))');
    });
    await ringUntil(config, START + EVERY);
    expect((await counted(config)).validated).toBe(256);
    // What is left is a ten thousandth of the storage: some seconds of a day.
    await ringUntil(config, START + EVERY + MINUTE_MS);
    expect((await counted(config)).validated).toBe(600);
    // A round that is over begins anew after the whole pause.
    await ringUntil(config, START + 2 * EVERY);
    expect((await counted(config)).validated).toBe(600);
  });

  it('passes images of every shape: many values, both infinities of scale, one value, hours of late parts', async () => {
    const config = tenantConfig({ validateMs: EVERY, tails: 'both' });
    const many = Array.from({ length: 50_000 }, (_, i) => Math.sin(i) * 10 ** (i % 300));
    await handOver(config, [
      row(START, many),
      row(START, [0, -0], { route: '/zero' }),
      row(START, [5e-324, 1.7e308]),
    ]);
    await ringUntil(config, START + 2 * HOUR_MS);
    await handOver(config, [row(START, [1, 2, 3])]);
    await ringUntil(config, START + 3 * HOUR_MS);
    const { validated, failed } = await counted(config);
    expect(validated).toBeGreaterThan(36);
    expect(failed).toBe(0);
  });

  it.each([
    ['a changed bit', flipped, 'ERR_CHECKSUM'],
    ['a cut image', (image: Uint8Array, n: number) => [image.slice(0, 2), n], 'ERR_TRUNCATED'],
    ['a row that says another n', (image: Uint8Array, n: number) => [image, n + 1], 'ERR_COUNT'],
  ] as [
    string,
    Parameters<typeof damage>[1],
    string,
  ][])('sets aside %s, counts it, and says so to those who ask', async (_, change, code) => {
    const config = tenantConfig({ validateMs: EVERY });
    await handOver(config, [row(START, [1, 2, 3]), row(START, [4], { route: '/good' })]);
    await ringUntil(config, START + EVERY);
    expect(await counted(config)).toEqual({ validated: 2, failed: 0, unreadable: 0 });
    await damage(config, change);
    await ringUntil(config, START + 2 * EVERY);
    expect(await counted(config)).toEqual({ validated: 4, failed: 1, unreadable: 1 });
    expect(await quarantined(config)).toMatchObject([{ code, what: expect.stringContaining('minute') }]);
    const { leftOut } = await readOf(config);
    expect(leftOut).toMatchObject([{ start: START, resolution: 'minute', code }]);
    // What is set aside is not read again.
    await ringUntil(config, START + 3 * EVERY);
    expect(await counted(config)).toEqual({ validated: 5, failed: 1, unreadable: 1 });
  });

  it('reads storage and not memory: damage is found though the bucket is cached', async () => {
    const config = tenantConfig({ validateMs: EVERY });
    await handOver(config, [row(START, [1, 2, 3])]);
    await ringUntil(config, START + 4 * MINUTE_MS);
    await readOf(config);
    await damage(config, flipped);
    expect((await readOf(config)).leftOut).toEqual([]);
    await ringUntil(config, START + EVERY);
    expect((await readOf(config)).leftOut).toHaveLength(1);
  });

  it('is off where it is set to 0, and stops when it is', async () => {
    const config = tenantConfig({ validateMs: 0 });
    await handOver(config, [row(START, [1])]);
    await ringUntil(config, START + 3 * EVERY);
    expect((await counted(config)).validated).toBe(0);
    const on = { ...config, validateMs: EVERY };
    await handOver(on, [row(START, [1])]);
    await ringUntil(on, START + 5 * EVERY);
    const { validated } = await counted(config);
    expect(validated).toBeGreaterThan(0);
    await handOver(config, [row(START, [1])]);
    await ringUntil(config, START + 9 * EVERY);
    expect((await counted(config)).validated).toBe(validated);
  });
});

describe('two sketches hold the same', () => {
  const sketch = (values: number[], k = 200) => new KllSketch({ k }).extend(Float64Array.from(values));

  it('when they are copies of each other, however they were encoded', () => {
    const one = sketch(Array.from({ length: 10_000 }, (_, i) => i / 3)).condense(200);
    expect(holdsSame(one, KllSketch.fromBytes(one.toBytes({ state: false })))).toBe(true);
    expect(holdsSame(one, KllSketch.fromBytes(one.toBytes()))).toBe(true);
  });

  it('not when any answer could differ', () => {
    const one = sketch([1, 2, 3, 4]);
    for (const other of [
      sketch([1, 2, 3]),
      sketch([1, 2, 3.5, 3.5]),
      sketch([1, 2, 3, 4], 100),
      sketch([1, 2, 2, 5]),
    ]) {
      expect(holdsSame(one, other)).toBe(false);
    }
  });
});
