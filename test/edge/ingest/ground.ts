/** What tests of ingest objects begin with: configurations, batches, and a clock that stands until it is moved. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import type { TakeCall, TenantConfig } from '../../../src/adapters/workers/contract.js';
import { objectName, slotOf } from '../../../src/adapters/workers/series-key.js';
import { type BatchSeries, encodeBatch } from '../../../src/sketch/batch.js';
import { crc32c } from '../../../src/wire/crc32c.js';

export const HOUR_MS = 3_600_000;
/** Far ahead of the real clock, so that no alarm rings but by a test: the start of an hour. */
export const START = Math.floor(Date.UTC(2100, 0, 1) / HOUR_MS) * HOUR_MS;

export function setClock(now: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now });
}

let tenants = 0;

/** Of a tenant of its own, with one ingest object and one series object. */
export function tenantConfig(change: Partial<TenantConfig> = {}): TenantConfig {
  return {
    tenant: `t${++tenants}`,
    rings: [{ version: 1, ingest: 1, series: 1, since: 0 }],
    workingK: 256,
    imageK: 200,
    tails: 'high',
    graceMs: 120_000,
    windowMs: 48 * HOUR_MS,
    retentionMs: { minute: 0, hour: 0, day: 0 },
    maxSeries: 10_000,
    maxPendingBatches: 10_000,
    maxPendingBytes: 2 ** 26,
    sealBatches: 1_000,
    sealBytes: 2 ** 22,
    sealMs: 5_000,
    maxStorageBytes: 2 ** 33,
    ...change,
  };
}

let ids = 0;

/** A new id; of `slot` among `count`, when given. */
export function newId(slot = 0, count = 1): Uint8Array {
  for (;;) {
    const id = new Uint8Array(16);
    new DataView(id.buffer).setUint32(0, ++ids);
    new DataView(id.buffer).setUint32(8, Math.imul(ids, 0x9e3779b1));
    if (slotOf(id, count) === slot) return id;
  }
}

/** A call with one batch. */
export function takeCall(
  config: TenantConfig,
  series: Partial<BatchSeries>[] | number[] = [1, 2, 3],
  { id = newId(), created = Date.now() }: { id?: Uint8Array; created?: number } = {},
): TakeCall {
  const all: BatchSeries[] =
    typeof series[0] === 'number'
      ? [{ name: 'latency_ms', labels: {}, age: 0, values: Float64Array.from(series as number[]).sort() }]
      : (series as Partial<BatchSeries>[]).map((some) => ({
          name: 'latency_ms',
          labels: {},
          age: 0,
          ...some,
        }));
  const body = encodeBatch({ id, created, series: all });
  return {
    config,
    batchId: id.buffer as ArrayBuffer,
    created,
    crc: crc32c(body, 0, body.length - 4),
    body: body.buffer.slice(body.byteOffset, body.byteOffset + body.byteLength) as ArrayBuffer,
    values: all.reduce((sum, { sketch, values }) => sum + (sketch ? sketch.n : values!.length), 0),
  };
}

export function ingestObject({ tenant }: TenantConfig, slot = 0) {
  return env.INGEST.getByName(objectName('ingest', tenant, slot));
}

export function seriesObject({ tenant }: TenantConfig, slot = 0) {
  return env.SERIES.getByName(objectName('series', tenant, slot));
}

/** Moves the clock on and runs what is due then. */
export async function passTime(object: DurableObjectStub, ms: number): Promise<void> {
  setClock(Date.now() + ms);
  await runDurableObjectAlarm(object);
}
