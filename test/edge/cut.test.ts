/** Cuts that something breaks into: what a try has named is not taken for the next one's. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { beginBackup } from '../../src/adapters/workers/backup.js';
import type { TenantConfig } from '../../src/adapters/workers/contract.js';
import { cut, newToken } from '../../src/adapters/workers/cut.js';
import { directoryOf } from '../../src/adapters/workers/directory.js';
import { backupToBucket } from '../../src/adapters/workers/duties.js';
import type { EdgeEnv } from '../../src/adapters/workers/env.js';
import { resetTenant } from '../../src/adapters/workers/reset-tenant.js';
import { rollBackTenant } from '../../src/adapters/workers/roll-back-tenant.js';
import { seriesKey, slotOf } from '../../src/adapters/workers/series-key.js';
import { type BackupTotals, decodeJson, RECORD, RecordReader } from '../../src/wire/backup-records.js';
import {
  ingestObject,
  inside,
  passTime,
  START,
  seriesObject,
  setClock,
  takeCall,
  tenantConfig,
} from './ingest/ground.js';
import { MINUTE_MS, readOf, row, totalsOf } from './series/ground.js';

type Call = (...args: unknown[]) => Promise<unknown>;
type Around = (call: Call, ...args: unknown[]) => Promise<unknown>;

/** The objects of the test's workerd, some calls to them wrapped. */
function wrapped(around: { [binding in 'INGEST' | 'SERIES']?: Record<string, Around> }): EdgeEnv {
  const real = env as unknown as EdgeEnv;
  const binding = (name: 'INGEST' | 'SERIES') => ({
    getByName(object: string) {
      const stub = real[name].getByName(object) as unknown as Record<string, Call>;
      return new Proxy(stub, {
        get: (_, method: string) => {
          const call: Call = async (...args) => await stub[method](...args);
          const wrap = around[name]?.[method];
          return wrap ? (...args: unknown[]) => wrap(call, ...args) : call;
        },
      });
    },
  });
  return { ...real, INGEST: binding('INGEST'), SERIES: binding('SERIES') } as unknown as EdgeEnv;
}

/** The first answer of `release` says that an object began anew; `then` happens before the next try. */
function brokenOnce(then: () => Promise<unknown>): Around {
  let releases = 0;
  return async (call, ...args) => {
    const answer = await call(...args);
    if (++releases > 1) return answer;
    await then();
    return { isWhole: false };
  };
}

const namesIn = async (config: TenantConfig, slot = 0) =>
  (await seriesObject(config, slot).snapshots()).map(({ name }) => name);

beforeEach(() => setClock(START));

describe('a cut that is tried again', () => {
  it('holds what was acknowledged between the tries, though the clocks of objects are behind', async () => {
    const config = tenantConfig();
    await ingestObject(config).take(takeCall(config, [1]));
    const edge = wrapped({
      INGEST: { release: brokenOnce(() => ingestObject(config).take(takeCall(config, [2, 3]))) },
      SERIES: {
        async createSnapshot(call, ...args) {
          setClock(START - 5);
          return await call(...args).finally(() => setClock(START));
        },
      },
    });
    const { records } = await beginBackup(edge, config);
    const reader = new RecordReader();
    for await (const bytes of records) reader.push(bytes);
    let totals: BackupTotals | undefined;
    for (let record = reader.next(); record; record = reader.next()) {
      if (record.type === RECORD.end) totals = decodeJson(record.payload);
    }
    expect(totals).toMatchObject({ ids: 2, values: 3 });
  });

  it('does not drop a snapshot of the same name that another cut made meanwhile', async () => {
    const config = tenantConfig();
    let other: Awaited<ReturnType<typeof cut>> = [];
    const edge = wrapped({
      INGEST: {
        release: brokenOnce(async () => {
          await seriesObject(config).dropSnapshot('name');
          other = await cut(env as unknown as EdgeEnv, config, { token: newToken(), name: 'name' });
        }),
      },
    });
    expect(await cut(edge, config, { token: newToken(), name: 'name' })).toEqual(other);
    expect(await namesIn(config)).toEqual(['name']);
  });

  it('leaves nothing behind where an object fails', async () => {
    const config = tenantConfig({ rings: [{ version: 1, ingest: 1, series: 2, since: 0 }] });
    let calls = 0;
    const edge = wrapped({
      SERIES: {
        async createSnapshot(call, ...args) {
          if (++calls === 1) throw new Error('the network is down');
          await scheduler.wait(20);
          return await call(...args);
        },
      },
    });
    await expect(cut(edge, config, { token: newToken(), name: 'name' })).rejects.toThrow('network');
    expect([await namesIn(config, 0), await namesIn(config, 1)]).toEqual([[], []]);
  });
});

describe('a tenant that is given more objects meanwhile', () => {
  const edge = env as unknown as EdgeEnv;
  const growsAround = (around: { [binding in 'INGEST' | 'SERIES']?: string }, config: TenantConfig) => {
    const grown: Around = async (call, ...args) => {
      await directoryOf(edge).configure(config.tenant, { series: 8, ingest: 8 });
      return await call(...args);
    };
    return wrapped(
      Object.fromEntries(Object.entries(around).map(([binding, method]) => [binding, { [method]: grown }])),
    );
  };

  it.each([
    ['before all are held', { INGEST: 'hold' }],
    ['while snapshots are made', { SERIES: 'createSnapshot' }],
  ])('is told to begin again, %s, and has nothing of it', async (when, around) => {
    const config = await directoryOf(edge).tenant(`grows ${when}`.replaceAll(' ', '-'));
    await ingestObject(config).take(takeCall(config, [1]));
    const growing = growsAround(around, config);
    await expect(cut(growing, config, { token: newToken(), name: 'name' })).rejects.toThrow('begin again');
    const now = await directoryOf(edge).tenant(config.tenant);
    expect(now.rings.length).toBe(2);
    for (let slot = 0; slot < 8; slot++) expect(await namesIn(now, slot)).toEqual([]);
    await cut(edge, now, { token: newToken(), name: 'name' });
    for (let slot = 0; slot < 8; slot++) expect(await namesIn(now, slot)).toEqual(['name']);
  });

  it('is not rolled back by half', async () => {
    const config = await directoryOf(edge).tenant('grows-back');
    await ingestObject(config).take(takeCall(config, [1]));
    await cut(edge, config, { token: newToken(), name: 'name' });
    await ingestObject(config).take(takeCall(config, [2]));
    const growing = growsAround({ INGEST: 'hold' }, config);
    await expect(rollBackTenant(growing, config, 'name')).rejects.toThrow('begin again');
    await ingestObject(config).flush(config);
    const slots = await Promise.all([0, 1, 2, 3].map((slot) => readOf(config, {}, slot)));
    expect(slots.reduce((sum, one) => sum + totalsOf(one).n, 0)).toBe(2);
  });
});

describe('a tenant that is given more objects while it is reset', () => {
  const edge = env as unknown as EdgeEnv;
  const routes = Array.from({ length: 24 }, (_, i) => ({
    labels: { route: `/${i}` },
    values: Float64Array.of(i),
  }));
  const held = async (of: TenantConfig) => {
    const slots = await Promise.all(Array.from({ length: 8 }, (_, slot) => readOf(of, {}, slot)));
    return slots.map((one) => totalsOf(one).n);
  };

  it('has nothing in any of them, and what was on its way does not come back', async () => {
    const config = await directoryOf(edge).tenant('grows-in-reset');
    await ingestObject(config).take(takeCall(config, routes));
    const first: { sender: string; sequence: number }[] = [];
    let rounds = 0;
    const growing = wrapped({
      INGEST: {
        async wipe(call, ...args) {
          // The first of the first round: what the tenant has is spread over all objects that it has by then.
          if (rounds++ > 0) return await call(...args);
          await directoryOf(edge).configure(config.tenant, { series: 8, ingest: 8 });
          const now = await directoryOf(edge).tenant(config.tenant);
          await ingestObject(now, 7).take(takeCall(now, routes));
          await ingestObject(now, 7).flush(now);
          expect(Math.max(...(await held(now)).slice(4))).toBeGreaterThan(0);
          return await call(...args);
        },
      },
      SERIES: {
        async wipe(call, ...args) {
          if (first.length === 0) first.push(...(args[0] as typeof first));
          return await call(...args);
        },
      },
    });
    await resetTenant(growing, config, []);
    const now = await directoryOf(edge).tenant(config.tenant);
    expect(now.rings.length).toBe(2);
    expect(await held(now)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    // What the object of the first ring had sent before it was wiped, and that its owner has not applied yet.
    const { sender, sequence } = first[0];
    expect(sequence).toBeGreaterThan(0);
    const rows = [row(START - MINUTE_MS, [1])];
    await seriesObject(now).apply({ config: now, sender, sequence, rows });
    expect(await held(now)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('the cut of a backup that nobody reads', () => {
  const cutsOf = async (config: TenantConfig) =>
    await inside(ingestObject(config), (_, { storage }) =>
      storage.sql.exec('SELECT token FROM cuts').toArray(),
    );

  it('ends with it', async () => {
    const config = tenantConfig();
    const { records } = await beginBackup(env as unknown as EdgeEnv, config);
    expect([await namesIn(config), await cutsOf(config)]).toEqual([
      [expect.any(String)],
      [expect.any(Object)],
    ]);
    await records.return(undefined as never);
    expect([await namesIn(config), await cutsOf(config)]).toEqual([[], []]);
  });

  it('ends when nothing was heard of it for a quarter of an hour, and not before', async () => {
    const config = tenantConfig();
    const { id } = await beginBackup(env as unknown as EdgeEnv, config);
    const object = ingestObject(config);
    for (let minutes = 10; minutes <= 50; minutes += 10) {
      setClock(START + minutes * MINUTE_MS);
      await object.renewHold(id);
      await object.take(takeCall(config, [minutes]));
      expect((await cutsOf(config)).length).toBe(1);
    }
    setClock(START + 66 * MINUTE_MS);
    await object.take(takeCall(config, [1]));
    expect(await cutsOf(config)).toEqual([]);
    const rows = await inside(object, (_, { storage }) =>
      storage.sql.exec('SELECT count(*) AS n FROM cut_ids').one(),
    );
    expect(rows).toEqual({ n: 0 });
  });

  it('ends where its upload cannot begin', async () => {
    const config = tenantConfig();
    const bucket = {
      createMultipartUpload: async () => Promise.reject(new Error('the bucket is full')),
    } as unknown as R2Bucket;
    await expect(backupToBucket(env as unknown as EdgeEnv, config, bucket)).rejects.toThrow('full');
    expect([await namesIn(config), await cutsOf(config)]).toEqual([[], []]);
  });
});

describe('a roll-back', () => {
  const config = () => tenantConfig({ rings: [{ version: 1, ingest: 1, series: 2, since: 0 }] });
  const routeOf = (slot: number) => {
    for (let i = 0; ; i++)
      if (slotOf(seriesKey('latency_ms', { route: `/${i}` }), 2) === slot) return `/${i}`;
  };
  /** A batch with a value for each of two objects. */
  const both = () =>
    [0, 1].map((slot) => ({ labels: { route: routeOf(slot) }, values: Float64Array.of(slot) }));
  const counts = async (of: TenantConfig) =>
    await Promise.all([0, 1].map(async (slot) => totalsOf(await readOf(of, {}, slot)).n));

  it('takes no half of a batch that comes meanwhile', async () => {
    const of = config();
    await ingestObject(of).take(takeCall(of, both()));
    await cut(env as unknown as EdgeEnv, of, { token: newToken(), name: 'name' });
    let before = Promise.resolve();
    const edge = wrapped({
      SERIES: {
        async rollBack(call, ...args) {
          const turn = before;
          let done = () => {};
          before = new Promise((resolve) => (done = resolve));
          await turn;
          const answer = await call(...args);
          // Between the first object and the second.
          if (Date.now() === START) {
            await ingestObject(of).take(takeCall(of, both()));
            await passTime(ingestObject(of), 10_000);
          }
          done();
          return answer;
        },
      },
    });
    expect(await rollBackTenant(edge, of, 'name')).toBe(true);
    await ingestObject(of).flush(of);
    expect(await counts(of)).toEqual([2, 2]);
  });

  it('is done again where an object began anew, and let something through', async () => {
    const of = config();
    await ingestObject(of).take(takeCall(of, both()));
    await cut(env as unknown as EdgeEnv, of, { token: newToken(), name: 'name' });
    const edge = wrapped({
      INGEST: { release: brokenOnce(() => ingestObject(of).take(takeCall(of, both()))) },
    });
    expect(await rollBackTenant(edge, of, 'name')).toBe(true);
    await ingestObject(of).flush(of);
    expect(await counts(of)).toEqual([1, 1]);
  });

  it('changes nothing where one object lacks the snapshot', async () => {
    const of = config();
    await cut(env as unknown as EdgeEnv, of, { token: newToken(), name: 'name' });
    await ingestObject(of).take(takeCall(of, both()));
    await seriesObject(of, 1).dropSnapshot('name');
    expect(await rollBackTenant(env as unknown as EdgeEnv, of, 'name')).toBe(false);
    expect(await counts(of)).toEqual([1, 1]);
  });
});
