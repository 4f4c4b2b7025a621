/** What tests of ingest objects begin with: configurations, batches, and a clock that stands until it is moved. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import type { EdgeBindings } from '../../../src/adapters/workers/bindings.js';
import type {
  ApplyAnswer,
  ApplyCall,
  ApplyPartCall,
  Selection,
  TakeCall,
  TenantConfig,
} from '../../../src/adapters/workers/contract.js';
import { objectName, slotOf } from '../../../src/adapters/workers/series-key.js';
import { type BatchSeries, encodeBatch } from '../../../src/sketch/batch.js';
import { KllSketch } from '../../../src/sketch/sketch.js';
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

/** The inside of an object: its instance is given as what tests reach into. */
export function inside<R>(
  object: unknown,
  body: (instance: { env: Pick<EdgeBindings, 'SERIES' | 'INGEST'> }, state: DurableObjectState) => R,
): Promise<Awaited<R>> {
  return runInDurableObject(object as DurableObjectStub<never>, body as never) as Promise<Awaited<R>>;
}

/**
 * Lets hand-overs of an object fail until it is started anew: before the owner has heard of them, or after it has
 * applied them (its answer is lost).
 */
export async function failHandOver(
  object: unknown,
  when: () => 'before' | 'after' | 'never' = () => 'before',
): Promise<void> {
  await inside(object, (instance) => {
    const real = instance.env.SERIES;
    const failing = async (call: () => Promise<ApplyAnswer>): Promise<{ applied: number }> => {
      const failure = when();
      if (failure === 'before') throw new Error('the network is down');
      const { applied } = await call();
      if (failure === 'after') throw new Error('the answer is lost');
      return { applied };
    };
    const getByName = (name: string) => ({
      apply: (call: ApplyCall) => failing(() => real.getByName(name).apply(call)),
      applyPart: (call: ApplyPartCall) => failing(() => real.getByName(name).applyPart(call)),
    });
    instance.env = { ...instance.env, SERIES: { getByName } as never };
  });
}

/**
 * Lets the n-th statement from now on throw, and those after it where it is `forever`; 0 is the next. Resolves with a
 * function that tells whether one did, and ends it.
 */
export async function failStatement(
  object: unknown,
  n: number,
  forever = false,
): Promise<() => Promise<boolean>> {
  await inside(object, (_, { storage }) => {
    const { sql } = storage;
    const real = sql.exec;
    let left = n;
    const exec = (...args: Parameters<typeof real>) => {
      if (left-- === 0 || (forever && left < 0)) throw new Error('the disk is full');
      return real.apply(sql, args);
    };
    Object.defineProperty(sql, 'exec', { value: exec, configurable: true });
    Object.defineProperty(sql, 'hasFailed', { get: () => left < 0, configurable: true });
  });
  return () =>
    inside(object, (_, { storage: { sql } }) => {
      const { hasFailed } = sql as SqlStorage & { hasFailed: boolean };
      Reflect.deleteProperty(sql, 'exec');
      return hasFailed;
    });
}

/**
 * Labels of series whose keys have 65,000 characters: much for a call, little for a batch, which has each string once.
 * @param of the series: 0 or more
 */
export function longLabels(of: number): Record<string, string> {
  const pairs = Array.from({ length: 32 }, (_, i): [string, string] => [
    String(i).padStart(2, '0') + '"'.repeat(510),
    '"'.repeat(511) + ((of >> i) & 1),
  ]);
  return Object.fromEntries(pairs);
}

/** All of a metric, whenever. */
export const EVERYTHING: Selection = {
  name: 'latency_ms',
  matchers: [],
  from: 0,
  to: Number.MAX_SAFE_INTEGER,
};

export const sketchOf = (image: ArrayBuffer) => KllSketch.fromBytes(new Uint8Array(image));

/** n and sum of what an ingest object still holds. */
export async function pendingTotals(config: TenantConfig, slot = 0): Promise<{ n: number; sum: number }> {
  const { rows } = await ingestObject(config, slot).pending(EVERYTHING, config);
  const sketches = rows.map(({ image }) => sketchOf(image));
  return {
    n: sketches.reduce((n, sketch) => n + sketch.n, 0),
    sum: sketches.reduce((sum, sketch) => sum + sketch.sum, 0),
  };
}
