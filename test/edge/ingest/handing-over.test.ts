import { abortAllDurableObjects } from 'cloudflare:test';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  ApplyAnswer,
  ApplyCall,
  ApplyPartCall,
  TenantConfig,
} from '../../../src/adapters/workers/contract.js';
import {
  failHandOver,
  failStatement,
  ingestObject,
  inside,
  longLabels,
  passTime,
  pendingTotals,
  START,
  seriesObject,
  setClock,
  takeCall,
  tenantConfig,
} from './ground.js';
import { readAll, totals } from './totals.js';

beforeEach(() => {
  setClock(START);
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

/** A tenant with three owners, and an object that holds one batch for each of nine series. */
async function nineSeries(change: Partial<TenantConfig> = {}, series = 9): Promise<TenantConfig> {
  const config = tenantConfig({
    rings: [{ version: 1, ingest: 1, series: 3, since: 0 }],
    sealBatches: 3,
    ...change,
  });
  for (let i = 0; i < series; i++) {
    const labels = { route: `/${i}` };
    await ingestObject(config).take(takeCall(config, [{ labels, values: Float64Array.of(i, 1) }]));
  }
  return config;
}

const TRUTH = { n: 18, sum: 45 };

/** What the series objects hold. */
async function applied(config: TenantConfig): Promise<{ n: number; sum: number }> {
  const rings = config.rings.map((ring) => ({ ...ring, ingest: 0 }));
  return await totals({ ...config, rings });
}

describe('handing over', () => {
  it('gives each owner its series and keeps nothing', async () => {
    const config = await nineSeries();
    await passTime(ingestObject(config), 0);
    expect(await pendingTotals(config)).toEqual({ n: 0, sum: 0 });
    expect(await applied(config)).toEqual(TRUTH);
    const owners = await Promise.all([0, 1, 2].map((slot) => readAll(config, slot)));
    expect(owners.filter(({ groups }) => groups.length > 0).length).toBeGreaterThan(1);
  });

  it('is done again until it is acknowledged, and applied once', async () => {
    const config = await nineSeries();
    let calls = 0;
    // Every owner loses two calls and two answers before it is heard.
    await failHandOver(ingestObject(config), () =>
      calls++ < 6 ? 'before' : calls <= 12 ? 'after' : 'never',
    );
    let rounds = 0;
    while ((await pendingTotals(config)).n > 0) {
      await passTime(ingestObject(config), 60_000);
      expect(await totals(config)).toEqual(TRUTH);
      expect(rounds++).toBeLessThan(20);
    }
    expect(calls).toBeGreaterThan(12);
    expect(await applied(config)).toEqual(TRUTH);
    const { counters } = await ingestObject(config).counters();
    const failures = counters.find(({ name }) => name === 'kll_edge_ingest_step_failures_total');
    expect(failures).toMatchObject({ labels: [['step', 'hand-over']] });
    expect(failures!.value).toBeGreaterThanOrEqual(6);
  });

  it('goes on to the other owners when one does not answer', async () => {
    const config = await nineSeries();
    await inside(ingestObject(config), (instance) => {
      const real = instance.env.SERIES;
      const getByName = (name: string) => {
        if (name.endsWith(':0')) throw new Error('no answer');
        return real.getByName(name);
      };
      instance.env = { ...instance.env, SERIES: { getByName } as never };
    });
    await passTime(ingestObject(config), 0);
    const waiting = await pendingTotals(config);
    expect(waiting.n).toBeGreaterThan(0);
    expect(waiting.n).toBeLessThan(18);
    expect(await totals(config)).toEqual(TRUTH);
    expect((await applied(config)).n).toBe(18 - waiting.n);
    await abortAllDurableObjects();
    await passTime(ingestObject(config), 60_000);
    expect(await applied(config)).toEqual(TRUTH);
  });

  it('does not let the others wait for one that answers late', async () => {
    const config = await nineSeries();
    let answer = () => {};
    await inside(ingestObject(config), (instance) => {
      const real = instance.env.SERIES;
      const late = new Promise<void>((answered) => {
        answer = answered;
      });
      const getByName = (name: string) => ({
        async apply(call: ApplyCall): Promise<{ applied: number }> {
          if (name.endsWith(':0')) await late;
          return await real.getByName(name).apply(call);
        },
      });
      instance.env = { ...instance.env, SERIES: { getByName } as never };
    });
    await passTime(ingestObject(config), 0);
    const waiting = (await pendingTotals(config)).n;
    expect(waiting).toBeGreaterThan(0);
    expect((await applied(config)).n).toBe(18 - waiting);
    // What comes meanwhile is sealed and handed over to the others at once.
    for (let i = 0; i < 9; i++) {
      const labels = { route: `/${i}` };
      await ingestObject(config).take(takeCall(config, [{ labels, values: Float64Array.of(i, 1) }]));
    }
    await passTime(ingestObject(config), 0);
    expect((await pendingTotals(config)).n).toBe(2 * waiting);
    expect((await applied(config)).n).toBe(2 * (18 - waiting));
    await inside(ingestObject(config), () => answer());
    await vi.waitFor(async () => {
      await passTime(ingestObject(config), 0);
      expect(await pendingTotals(config)).toEqual({ n: 0, sum: 0 });
    });
    expect(await applied(config)).toEqual({ n: 36, sum: 90 });
  });

  it('goes on after the object died between any two of its steps', async () => {
    for (let step = 0; ; step++) {
      const config = await nineSeries({ sealBatches: 2 }, 4);
      const truth = { n: 8, sum: 10 };
      // The n-th statement of the alarm is the last before the object dies; what was stored until then stays.
      const hasFailed = await failStatement(ingestObject(config), step, true);
      await passTime(ingestObject(config), 0).catch(() => {});
      // It may have begun anew by itself.
      const interrupted = await hasFailed().catch(() => true);
      await abortAllDurableObjects();
      expect(await totals(config)).toEqual(truth);
      await passTime(ingestObject(config), 60_000);
      expect(await applied(config)).toEqual(truth);
      expect(await pendingTotals(config)).toEqual({ n: 0, sum: 0 });
      if (!interrupted) {
        expect(step).toBeGreaterThan(30);
        break;
      }
    }
  });

  it('is done at once by a flush, which fails where an owner does', async () => {
    const config = await nineSeries();
    await ingestObject(config).take(takeCall(config, [4]));
    await failHandOver(ingestObject(config));
    expect(await ingestObject(config).flush(config).catch(String)).toBe('Error: the network is down');
    await abortAllDurableObjects();
    const { sequence } = await ingestObject(config).flush(config);
    expect(await applied(config)).toEqual({ n: 19, sum: 49 });
    const { applied: last } = await readAll(config, 0);
    expect(last[`ingest:${config.tenant}:0`]).toBeLessThanOrEqual(sequence);
    // Nothing to do any more.
    expect(await ingestObject(config).flush(config)).toEqual({ sequence });
  });

  it('takes new batches again when an owner that was away for long is back', async () => {
    const config = await nineSeries({ maxPendingBatches: 100, maxPendingBytes: 1_000 });
    await failHandOver(ingestObject(config));
    let outcome = 'stored';
    let stored = 0;
    for (; outcome === 'stored'; stored++) {
      ({ outcome } = await ingestObject(config).take(takeCall(config, [1])));
      await passTime(ingestObject(config), 1_000);
      expect(stored).toBeLessThan(200);
    }
    expect(outcome).toBe('full');
    await abortAllDurableObjects();
    await passTime(ingestObject(config), 60_000);
    expect((await ingestObject(config).take(takeCall(config, [1]))).outcome).toBe('stored');
    expect((await totals(config)).n).toBe(18 + stored - 1 + 1);
  });

  it('takes no more while an owner is full, and asks it again after a minute', async () => {
    const config = tenantConfig({ sealMs: 0, maxStorageBytes: 2 ** 30 });
    let storageBytes = 2 ** 30;
    await inside(ingestObject(config), (instance) => {
      const real = instance.env.SERIES;
      const getByName = (name: string) => ({
        async apply(call: ApplyCall): Promise<ApplyAnswer> {
          return { ...(await real.getByName(name).apply(call)), storageBytes };
        },
      });
      instance.env = { ...instance.env, SERIES: { getByName } as never };
    });
    const take = async (call = takeCall(config, [1])) => {
      const { outcome } = await ingestObject(config).take(call);
      await passTime(ingestObject(config), 0);
      return outcome;
    };
    const first = takeCall(config, [1]);
    expect(await take(first)).toBe('stored');
    expect(await take()).toBe('storage-full');
    // What it has it acknowledges all the same.
    expect(await take(first)).toBe('duplicate');
    setClock(Date.now() + 60_000);
    expect(await take()).toBe('stored');
    expect(await take()).toBe('storage-full');
    setClock(Date.now() + 60_000);
    storageBytes--;
    expect(await take()).toBe('stored');
    expect(await take()).toBe('stored');
  });

  it('follows the ring version of each sequence when M grows', async () => {
    const config = await nineSeries({ sealBatches: 100 });
    const rings = [...config.rings, { version: 2, ingest: 1, series: 5, since: START }];
    const grown = { ...config, rings };
    // Into the sequence that is open under the former ring.
    await ingestObject(grown).take(takeCall(grown, [1]));
    expect(await totals(grown)).toEqual({ n: 19, sum: 46 });
    const beyond = () => Promise.all([3, 4].map((slot) => readAll(grown, slot)));
    // By a call that brings the new ring.
    await ingestObject(grown).flush(grown);
    expect((await beyond()).every(({ groups }) => groups.length === 0)).toBe(true);
    expect(await applied(grown)).toEqual({ n: 19, sum: 46 });
    for (let i = 0; i < 9; i++) {
      const labels = { route: `/${i}` };
      await ingestObject(grown).take(takeCall(grown, [{ labels, values: Float64Array.of(1) }]));
    }
    expect(await totals(grown)).toEqual({ n: 28, sum: 55 });
    await passTime(ingestObject(grown), grown.sealMs);
    expect(await totals(grown)).toEqual({ n: 28, sum: 55 });
    expect(await applied(grown)).toEqual({ n: 28, sum: 55 });
    expect((await beyond()).some(({ groups }) => groups.length > 0)).toBe(true);
  });

  describe('of a sequence that is too large for a call', () => {
    const SERIES = 300;

    /** One series object, to which one sequence goes with 20 MB of keys. */
    async function large(): Promise<TenantConfig> {
      const config = tenantConfig({ sealBytes: 2 ** 26 });
      for (let i = 0; i < SERIES; i += 100) {
        const series = Array.from({ length: 100 }, (_, j) => ({
          labels: longLabels(i + j),
          values: Float64Array.of(i + j),
        }));
        await ingestObject(config).take(takeCall(config, series));
      }
      return config;
    }
    const sum = (SERIES * (SERIES - 1)) / 2;

    it('goes by parts, which are applied together', async () => {
      const config = await large();
      let calls = 0;
      await inside(ingestObject(config), (instance) => {
        const real = instance.env.SERIES;
        const getByName = (name: string) => ({
          async applyPart(call: ApplyPartCall): Promise<ApplyAnswer> {
            expect((await readAll(config, 0)).groups).toEqual([]);
            calls++;
            return await real.getByName(name).applyPart(call);
          },
        });
        instance.env = { ...instance.env, SERIES: { getByName } as never };
      });
      // However slow the machine is: an alarm does what it has time for.
      while ((await inside(ingestObject(config), held)) > 0) await passTime(ingestObject(config), 5_000);
      expect(calls).toBeGreaterThan(1);
      expect(await pendingTotals(config)).toEqual({ n: 0, sum: 0 });
      expect(await applied(config)).toEqual({ n: SERIES, sum });
      const kept = await inside(seriesObject(config), (_, { storage }) =>
        storage.sql.exec('SELECT count(*) AS rows FROM apply_parts').one(),
      );
      expect(kept).toEqual({ rows: 0 });
    });

    it('is applied once, whatever call or answer is lost, and after a reset of its owner', async () => {
      const config = await large();
      const failures = ['before', 'never', 'after', 'never', 'never', 'after'] as const;
      let calls = 0;
      await failHandOver(ingestObject(config), () => failures[calls++] ?? 'never');
      for (let rounds = 0; (await inside(ingestObject(config), held)) > 0; rounds++) {
        await passTime(ingestObject(config), 60_000);
        if (rounds === 1) await seriesObject(config).wipe();
        expect(rounds).toBeLessThan(20);
      }
      expect(calls).toBeGreaterThan(failures.length);
      expect(await applied(config)).toEqual({ n: SERIES, sum });
    });

    it('is not applied where a part is gone', async () => {
      const config = await large();
      const parts: ApplyPartCall[] = [];
      await inside(ingestObject(config), (instance) => {
        const applyPart = async (call: ApplyPartCall) => {
          parts.push(structuredClone(call));
          return { applied: 0 };
        };
        instance.env = { ...instance.env, SERIES: { getByName: () => ({ applyPart }) } as never };
      });
      while (parts.length === 0) await passTime(ingestObject(config), 5_000);
      const [first, ...others] = parts;
      for (const part of others) expect((await seriesObject(config).applyPart(part)).applied).toBe(0);
      expect(await applied(config)).toEqual({ n: 0, sum: 0 });
      const { sequence } = first;
      for (const part of [...others, first]) await seriesObject(config).applyPart(part);
      expect(await applied(config)).toEqual({ n: 0, sum: 0 });
      const last = others[others.length - 1];
      expect((await seriesObject(config).applyPart(last)).applied).toBe(sequence);
      expect((await seriesObject(config).applyPart(first)).applied).toBe(sequence);
      expect(await applied(config)).toEqual({ n: SERIES, sum });
    });
  });
});

/** Rows and batches that an ingest object still holds. */
function held(_: unknown, { storage }: DurableObjectState): number {
  return storage.sql
    .exec<{ held: number }>('SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM batches) AS held')
    .one().held;
}
