import { abortAllDurableObjects } from 'cloudflare:test';
import { beforeEach, describe, expect, it } from 'vitest';
import { seriesKey } from '../../../src/adapters/workers/series-key.js';
import {
  EVERYTHING,
  failHandOver,
  failStatement,
  HOUR_MS,
  ingestObject,
  inside,
  longLabels,
  newId,
  passTime,
  pendingTotals,
  START,
  setClock,
  takeCall,
  tenantConfig,
} from './ground.js';

beforeEach(() => setClock(START));

describe('an ingest object', () => {
  it('has what it acknowledged after it died', async () => {
    const config = tenantConfig();
    expect(await ingestObject(config).take(takeCall(config, [1, 2, 3]))).toEqual({ outcome: 'stored' });
    await abortAllDurableObjects();
    expect(await pendingTotals(config)).toEqual({ n: 3, sum: 6 });
  });

  it('takes a batch once, however often it is sent', async () => {
    const config = tenantConfig();
    const call = takeCall(config, [1, 2, 3]);
    const outcomes: string[] = [];
    for (let i = 0; i < 3; i++) outcomes.push((await ingestObject(config).take(call)).outcome);
    await abortAllDurableObjects();
    outcomes.push((await ingestObject(config).take(call)).outcome);
    expect(outcomes).toEqual(['stored', 'duplicate', 'duplicate', 'duplicate']);
    expect(await pendingTotals(config)).toEqual({ n: 3, sum: 6 });
  });

  it('takes one of two that are sent at once', async () => {
    const config = tenantConfig();
    const call = takeCall(config, [1, 2, 3]);
    const object = ingestObject(config);
    const results = await Promise.all([object.take(call), object.take(call)]);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['duplicate', 'stored']);
  });

  it('refuses other bytes under an id it knows', async () => {
    const config = tenantConfig();
    const id = newId();
    await ingestObject(config).take(takeCall(config, [1], { id }));
    const other = takeCall(config, [2], { id });
    expect(await ingestObject(config).take(other)).toEqual({ outcome: 'conflict' });
    expect(await pendingTotals(config)).toEqual({ n: 1, sum: 1 });
  });

  it('knows an id whatever creation time comes with it, in all hours of the window', async () => {
    const config = tenantConfig();
    const object = ingestObject(config);
    const calls = Array.from({ length: 97 }, (_, hour) =>
      takeCall(config, [hour], { created: START + (hour - 48) * HOUR_MS }),
    );
    for (const call of calls) expect((await object.take(call)).outcome).toBe('stored');
    for (const { batchId } of calls) {
      const other = takeCall(config, [1_000], { id: new Uint8Array(batchId), created: START });
      expect((await object.take(other)).outcome).toBe('conflict');
    }
    for (const call of calls) expect((await object.take(call)).outcome).toBe('duplicate');
    expect((await pendingTotals(config)).n).toBe(97);
  });

  it('refuses a batch that was made before the window', async () => {
    const config = tenantConfig({ windowMs: HOUR_MS });
    const object = ingestObject(config);
    expect((await object.take(takeCall(config, [1], { created: START - HOUR_MS }))).outcome).toBe('stored');
    expect((await object.take(takeCall(config, [1], { created: START - HOUR_MS - 1 }))).outcome).toBe(
      'too-old',
    );
  });

  it('forgets the ids of an hour after the window, and knows the others', async () => {
    const config = tenantConfig({ windowMs: HOUR_MS });
    const object = ingestObject(config);
    const early = takeCall(config, [1]);
    await object.take(early);
    setClock(START + HOUR_MS);
    const late = takeCall(config, [2]);
    await object.take(late);
    await passTime(object, HOUR_MS);
    expect((await object.knows({ ...early, version: 1 })).crc).toBeUndefined();
    expect((await object.knows({ ...late, version: 1 })).crc).toBe(late.crc);
    // A window that grows later does not let the forgotten in again.
    expect((await object.take({ ...early, config: { ...config, windowMs: 48 * HOUR_MS } })).outcome).toBe(
      'too-old',
    );
  });

  it('refuses more while too much is pending', async () => {
    const config = tenantConfig({ maxPendingBatches: 2, sealMs: 7_000 });
    const object = ingestObject(config);
    const calls = [1, 2, 3].map((x) => takeCall(config, [x]));
    expect((await object.take(calls[0])).outcome).toBe('stored');
    expect((await object.take(calls[1])).outcome).toBe('stored');
    expect(await object.take(calls[2])).toEqual({ outcome: 'full', retryAfterMs: 7_000 });
    // What it has already it acknowledges all the same.
    expect((await object.take(calls[0])).outcome).toBe('duplicate');
    const bytes = tenantConfig({ maxPendingBytes: 10 });
    expect((await ingestObject(bytes).take(takeCall(bytes))).outcome).toBe('stored');
    expect((await ingestObject(bytes).take(takeCall(bytes))).outcome).toBe('full');
  });

  it('counts the keys of what is pending, until they are handed over', async () => {
    const config = tenantConfig({ maxPendingBytes: 20_000 });
    const object = () => ingestObject(config);
    const labels = longLabels(0);
    const series = [{ labels, values: Float64Array.of(1) }];
    const keyLength = seriesKey('latency_ms', labels).length;
    const call = { ...takeCall(config, series), keyLength };
    // In the batch the labels are short enough: without their keys there would be room.
    expect(call.body.byteLength).toBeLessThan(20_000);
    expect((await object().take(call)).outcome).toBe('stored');
    expect((await object().take(takeCall(config))).outcome).toBe('full');
    await abortAllDurableObjects();
    expect((await object().take(takeCall(config))).outcome).toBe('full');
    await failHandOver(object());
    await passTime(object(), 5_000);
    expect(await inside(object(), held)).toEqual({ batches: 0, rows: 1 });
    expect((await object().take(takeCall(config))).outcome).toBe('full');
    await abortAllDurableObjects();
    await passTime(object(), 60_000);
    expect((await object().take(takeCall(config))).outcome).toBe('stored');
  });

  it('refuses more when its storage is full', async () => {
    const config = tenantConfig({ maxStorageBytes: 1 });
    expect(await ingestObject(config).take(takeCall(config))).toEqual({ outcome: 'storage-full' });
  });

  it('keeps a batch that is longer than a row', async () => {
    const config = tenantConfig();
    const values = Float64Array.from({ length: 600_000 }, (_, i) => Math.sqrt(i + 1));
    const call = takeCall(config, [{ values }]);
    expect(call.body.byteLength).toBeGreaterThan(4_000_000);
    expect((await ingestObject(config).take(call)).outcome).toBe('stored');
    expect((await pendingTotals(config)).n).toBe(600_000);
  });

  it('stores a batch whole or not at all, whichever write fails', async () => {
    const config = tenantConfig({ sealBatches: 1 });
    const outcomes: string[] = [];
    for (let n = 0; outcomes.at(-1) !== 'stored'; n++) {
      const object = ingestObject(config);
      const hasFailed = await failStatement(object, n);
      const call = takeCall(config, [2]);
      const answer = await object.take(call).catch(() => ({ outcome: 'failed' }));
      outcomes.push(answer.outcome);
      expect(await hasFailed()).toBe(answer.outcome === 'failed');
      if (answer.outcome === 'stored') break;
      expect(await pendingTotals(config)).toEqual({ n: 0, sum: 0 });
      expect((await object.knows({ ...call, version: 1 })).crc).toBeUndefined();
    }
    // Ring, configuration, sequence and its number, schedule, id, batch, close.
    expect(outcomes.length).toBeGreaterThan(8);
    expect(await pendingTotals(config)).toEqual({ n: 1, sum: 2 });
    const again = takeCall(config, [3]);
    await failStatement(ingestObject(config), 2);
    const answer = await ingestObject(config).take(again).catch(String);
    expect(answer).toBe('Error: the disk is full');
    expect((await ingestObject(config).take(again)).outcome).toBe('stored');
    expect(await pendingTotals(config)).toEqual({ n: 2, sum: 5 });
  });

  it('counts what is durable, and the counters that travel with calls', async () => {
    const config = tenantConfig();
    const object = ingestObject(config);
    const counters = [{ name: 'kll_edge_requests_total', labels: [['status', '202']], value: 5 }] as const;
    const call = takeCall(config, [1, 2, 3]);
    await object.take({ ...call, counters });
    await object.take({ ...call, counters });
    await abortAllDurableObjects();
    const answer = await ingestObject(config).counters();
    const counterOf = (name: string) => answer.counters.find((counter) => counter.name === name)?.value;
    expect(counterOf('kll_edge_requests_total')).toBe(10);
    expect(counterOf('kll_edge_stored_values_total')).toBe(3);
    expect(counterOf('kll_edge_stored_batches_total')).toBe(1);
    expect(counterOf('kll_edge_duplicate_batches_total')).toBe(1);
    expect(answer.gauges).toContainEqual({ name: 'kll_edge_pending_batches', labels: [], value: 1 });
  });

  it('forgets everything when told, but never repeats a sequence', async () => {
    const config = tenantConfig();
    const object = ingestObject(config);
    const call = takeCall(config, [1]);
    await object.take(call);
    const before = (await object.pending(EVERYTHING, config)).rows[0].sequence;
    await object.wipe();
    expect((await object.pending(EVERYTHING, config)).rows).toEqual([]);
    expect((await object.take(call)).outcome).toBe('stored');
    expect((await object.pending(EVERYTHING, config)).rows[0].sequence).toBeGreaterThan(before);
  });
});

function held(_: unknown, { storage }: DurableObjectState) {
  return storage.sql
    .exec('SELECT (SELECT count(*) FROM batches) AS batches, (SELECT count(*) FROM outbox) AS rows')
    .one();
}
