import { abortAllDurableObjects } from 'cloudflare:test';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RingVersion, TakeCall, TenantConfig } from '../../../src/adapters/workers/contract.js';
import { neededRings, ownerOf } from '../../../src/adapters/workers/rings.js';
import { slotOf } from '../../../src/adapters/workers/series-key.js';
import {
  EVERYTHING,
  HOUR_MS,
  ingestObject,
  inside,
  newId,
  passTime,
  pendingTotals,
  START,
  setClock,
  takeCall,
  tenantConfig,
} from './ground.js';

beforeEach(() => setClock(START));

const ring = (version: number, ingest: number, since: number, series = 1): RingVersion => ({
  version,
  ingest,
  series,
  since,
});

/** Before and after a change from one object to two, and an id that changes its owner from slot 0 to 1. */
function growing(since = START): { before: TenantConfig; after: TenantConfig; id: Uint8Array } {
  const before = tenantConfig({ rings: [ring(1, 1, 0)] });
  const after = { ...before, rings: [...before.rings, ring(2, 2, since)] };
  return { before, after, id: newId(1, 2) };
}

const under = (config: TenantConfig, call: TakeCall): TakeCall => ({ ...call, config });

describe('after a change of N', () => {
  it('the new owner of an id knows what the former one has taken', async () => {
    const { before, after, id } = growing();
    const call = takeCall(before, [5], { id });
    expect((await ingestObject(before, 0).take(call)).outcome).toBe('stored');
    expect(ownerOf(after, new Uint8Array(call.batchId))).toBe(`ingest:${after.tenant}:1`);
    expect((await ingestObject(after, 1).take(under(after, call))).outcome).toBe('duplicate');
    const other = takeCall(after, [6], { id });
    expect((await ingestObject(after, 1).take(other)).outcome).toBe('conflict');
    expect(await pendingTotals(after, 1)).toEqual({ n: 0, sum: 0 });
  });

  it('the former owner refuses what the new one has taken, also after it died', async () => {
    const { before, after, id } = growing();
    const call = takeCall(before, [5], { id });
    expect((await ingestObject(after, 1).take(under(after, call))).outcome).toBe('stored');
    await abortAllDurableObjects();
    expect(await ingestObject(before, 0).take(call)).toEqual({ outcome: 'stale-ring', version: 2 });
  });

  it('a query that asks the former owners hears of the newer ring', async () => {
    const { before, after, id } = growing();
    expect((await ingestObject(before, 0).pending(EVERYTHING, before)).ringVersion).toBe(0);
    await ingestObject(after, 1).take(takeCall(after, [5], { id }));
    expect((await ingestObject(before, 0).pending(EVERYTHING, before)).ringVersion).toBe(2);
  });

  it('takes an id once when both owners are asked at once', async () => {
    for (let i = 0; i < 20; i++) {
      const { before, after, id } = growing();
      const call = takeCall(before, [5], { id });
      const calls = [
        () => ingestObject(before, 0).take(call),
        () => ingestObject(after, 1).take(under(after, call)),
        () => ingestObject(after, 1).take(under(after, call)),
      ];
      if (i % 2) calls.reverse();
      const outcomes = (await Promise.all(calls.map((send) => send()))).map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1);
      const [former, owner] = [await pendingTotals(after, 0), await pendingTotals(after, 1)];
      expect(former.n + owner.n).toBe(1);
    }
  });

  it('asks the owners under every former ring', async () => {
    const first = tenantConfig({ rings: [ring(1, 4, 0)] });
    const second = { ...first, rings: [...first.rings, ring(2, 2, START)] };
    const third = { ...first, rings: [...second.rings, ring(3, 3, START)] };
    const ids = Array.from({ length: 60 }, () => newId());
    for (const [i, id] of ids.entries()) {
      const config = i % 2 ? first : second;
      const slot = slotOf(id, config.rings.at(-1)!.ingest);
      // Those of the first ring come first: an object that knows of the second takes none of them.
      if (i % 2)
        expect((await ingestObject(first, slot).take(takeCall(first, [1], { id }))).outcome).toBe('stored');
    }
    for (const [i, id] of ids.entries()) {
      const slot = slotOf(id, 2);
      const { outcome } = await ingestObject(second, slot).take(takeCall(second, [1], { id }));
      expect(outcome).toBe(i % 2 ? 'duplicate' : 'stored');
    }
    for (const id of ids) {
      const { outcome } = await ingestObject(third, slotOf(id, 3)).take(takeCall(third, [1], { id }));
      expect(outcome).toBe('duplicate');
    }
  });

  it.each([1, 48, 168])('ids are known for the whole window, where it is %i h', async (hours) => {
    const since = START;
    const { before, after, id } = growing(since);
    const windowMs = hours * HOUR_MS;
    // Without a creation time, each receipt is one.
    const stamped = (config: TenantConfig, now: number): TakeCall => ({
      ...takeCall({ ...config, windowMs }, [5], { id, created: now }),
      crc: 1,
    });
    expect((await ingestObject(before, 0).take(stamped(before, START))).outcome).toBe('stored');
    // A clock that is ahead as far as it may be.
    const ahead = takeCall({ ...before, windowMs }, [6], { id: newId(1, 2), created: START + 48 * HOUR_MS });
    expect((await ingestObject(before, 0).take(ahead)).outcome).toBe('stored');

    setClock(START + windowMs - 1);
    expect((await ingestObject(after, 1).take(stamped(after, Date.now()))).outcome).toBe('duplicate');
    setClock(START + 48 * HOUR_MS + windowMs);
    expect((await ingestObject(after, 1).take(under({ ...after, windowMs }, ahead))).outcome).toBe(
      'duplicate',
    );
    expect(neededRings(after.rings, windowMs, Date.now())).toEqual(after.rings);
    expect(neededRings(after.rings, windowMs, START + 400 * HOUR_MS)).toEqual(after.rings.slice(1));
  });

  it('does not ask when no id that a former owner has taken can be known', async () => {
    const { after, id } = growing(START - 100 * HOUR_MS);
    const object = ingestObject(after, 1);
    await inside(object, (instance) => {
      const getByName = () => {
        throw new Error('asked');
      };
      instance.env = { ...instance.env, INGEST: { getByName } as never };
    });
    expect((await object.take(takeCall(after, [1], { id }))).outcome).toBe('stored');
    const wide = { ...after, windowMs: 90 * HOUR_MS };
    const answer = await object.take(takeCall(wide, [1], { id: newId(1, 2) })).catch(String);
    expect(answer).toBe('Error: asked');
  });

  it('refuses what a former owner has forgotten, where the window was raised since', async () => {
    const { before, after, id } = growing(START + 3 * HOUR_MS);
    const call = takeCall({ ...before, windowMs: HOUR_MS }, [5], { id });
    expect((await ingestObject(before, 0).take(call)).outcome).toBe('stored');
    await passTime(ingestObject(before, 0), 5_000);
    await passTime(ingestObject(before, 0), 3 * HOUR_MS);
    expect((await ingestObject(after, 1).take(under(after, call))).outcome).toBe('too-old');
    const later = takeCall(after, [6], { id: newId(1, 2), created: START + HOUR_MS });
    expect((await ingestObject(after, 1).take(later)).outcome).toBe('stored');
  });

  it('does not take what a former owner cannot be asked about', async () => {
    const { after, id } = growing();
    const object = ingestObject(after, 1);
    await inside(object, (instance) => {
      const knows = async () => {
        throw new Error('the network is down');
      };
      instance.env = { ...instance.env, INGEST: { getByName: () => ({ knows }) } as never };
    });
    const answer = await object.take(takeCall(after, [1], { id })).catch(String);
    expect(answer).toBe('Error: the network is down');
    expect(await pendingTotals(after, 1)).toEqual({ n: 0, sum: 0 });
  });
});

it('a sequence keeps the ring version it was opened under', async () => {
  const before = tenantConfig({ rings: [ring(1, 1, 0, 1)], sealBatches: 2 });
  const after = { ...before, rings: [...before.rings, ring(2, 1, START, 8)] };
  const object = ingestObject(before);
  await object.take(takeCall(before, [1]));
  await object.take(takeCall(after, [2]));
  await object.take(takeCall(after, [3]));
  const { rows } = await object.pending(EVERYTHING, after);
  expect(rows.map(({ ringVersion }) => ringVersion)).toEqual([1, 2]);
});

it('batches without a creation time are known by their ids alone', async () => {
  const config = tenantConfig();
  const object = ingestObject(config);
  const call = takeCall(config, [1]);
  expect((await object.take(call)).outcome).toBe('stored');
  setClock(START + 5 * HOUR_MS);
  expect((await object.take({ ...call, created: START + 5 * HOUR_MS })).outcome).toBe('duplicate');
});
