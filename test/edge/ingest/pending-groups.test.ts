/** What queries keep of batches that are not merged yet: each is decoded once, and answers stay what they were. */
import { beforeEach, expect, it, vi } from 'vitest';
import type { TenantConfig } from '../../../src/adapters/workers/contract.js';
import { PendingBatches } from '../../../src/adapters/workers/pending.js';
import { PendingGroups } from '../../../src/adapters/workers/pending-groups.js';
import { type SealedRow, sealBatches } from '../../../src/adapters/workers/seal.js';
import { KllSketch } from '../../../src/sketch/sketch.js';
import { seededRandom } from '../../support/prng.js';
import { ingestObject, inside, START, setClock, takeCall, tenantConfig } from './ground.js';

beforeEach(() => {
  setClock(START);
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

const ALL = () => true;

/** Runs beside the object, on its tables, so that what it keeps lasts over several steps of a test. */
async function beside(config: TenantConfig, mostBytes?: number) {
  const object = ingestObject(config);
  const { pending, groups } = await inside(object, (_, { storage }) => {
    const pending = new PendingBatches(storage.sql);
    return { pending, groups: new PendingGroups(pending, mostBytes) };
  });
  const sequences = () => inside(object, () => pending.unsealedSequences().map(({ sequence }) => sequence));
  const rows = async (isWanted: (key: string, start: number) => boolean = ALL, of: TenantConfig = config) => {
    const all = await sequences();
    return await inside(object, () => all.flatMap((sequence) => groups.rowsOf(sequence, of, isWanted)));
  };
  const anew = async () => {
    const all = await sequences();
    return await inside(object, () =>
      all.flatMap((sequence) => sealBatches(pending.batchesOf(sequence), config).rows),
    );
  };
  return { groups, sequences, rows, anew };
}

const take = async (config: TenantConfig, ...series: Parameters<typeof takeCall>[1][]) => {
  for (const some of series) {
    expect(await ingestObject(config).take(takeCall(config, some))).toEqual({ outcome: 'stored' });
  }
};

const factsOf = (rows: readonly SealedRow[]) => {
  const facts = new Map<string, { n: number; sum: number; min: number; max: number }>();
  for (const { key, start, image, n } of rows) {
    const sketch = KllSketch.fromBytes(image);
    expect(sketch.n).toBe(n);
    const id = `${start} ${key}`;
    const known = facts.get(id) ?? { n: 0, sum: 0, min: Infinity, max: -Infinity };
    const min = Math.min(known.min, sketch.min);
    facts.set(id, { n: known.n + n, sum: known.sum + sketch.sum, min, max: Math.max(known.max, sketch.max) });
  }
  return facts;
};

it('decodes a batch for the first query that comes, and merges again only what got more', async () => {
  const config = tenantConfig();
  const ofRoute = (route: string, ...values: number[]) => [
    { labels: { route }, values: Float64Array.from(values) },
  ];
  await take(config, ofRoute('/a', 1, 2), ofRoute('/b', 3), ofRoute('/a', 4));
  const { groups, rows } = await beside(config);
  const [a, b] = await rows();
  expect([groups.decoded, a.n, b.n]).toEqual([3, 3, 1]);
  expect(await rows()).toEqual([a, b]);
  expect(groups.decoded).toBe(3);
  await take(config, ofRoute('/a', 5, 6));
  const [more, same] = await rows();
  expect([groups.decoded, more.n, KllSketch.fromBytes(more.image).sum]).toEqual([4, 5, 18]);
  expect(same.image).toBe(b.image);
});

it('gives what sealing would, however the batches come between queries, and whatever room there is', async () => {
  for (const mostBytes of [undefined, 60_000, 0]) {
    const config = tenantConfig({ workingK: 64, sealBatches: 16 });
    const random = seededRandom(7);
    const { groups, rows, anew } = await beside(config, mostBytes);
    for (let step = 0; step < 12; step++) {
      for (let i = 0; i <= step % 4; i++) {
        const labels = { route: `/${random.below(5)}` };
        const numbers = Array.from({ length: 1 + random.below(400) }, () =>
          Math.round(random.normal() * 100),
        );
        const sketch = new KllSketch({ k: 32 }).extend(numbers).condense(32);
        const age = random.below(3) * 60_000;
        const values = Float64Array.from(numbers).sort();
        await take(config, [random.below(2) ? { labels, age, values } : { labels, age, sketch }]);
      }
      const expected = factsOf(await anew());
      expect(factsOf(await rows())).toEqual(expected);
      const ofOne = factsOf(await rows((key, start) => key.includes('/2') && start === START));
      const one = [...expected].filter(([id]) => id.startsWith(`${START} `) && id.includes('/2'));
      expect([...ofOne]).toEqual(one);
      expect(groups.bytes).toBeLessThanOrEqual((mostBytes ?? 4 * 2 ** 20) + 20_000);
    }
    // What there is no room for is decoded for each query.
    const before = groups.decoded;
    await rows();
    expect(groups.decoded > before).toBe(mostBytes !== undefined);
  }
});

it('keeps a further group where one sketch could not count all', async () => {
  const config = tenantConfig();
  const { rows } = await beside(config);
  const half = () => new KllSketch({ k: 8 }).add(1, 2 ** 52 - 2).condense(8);
  for (let batches = 1; batches <= 3; batches++) {
    await take(config, [{ sketch: half() }]);
    expect((await rows()).map(({ n }) => n / (2 ** 52 - 2))).toEqual([[1], [2], [2, 1]][batches - 1]);
  }
});

it('forgets what was sealed, and what another configuration had decoded', async () => {
  const config = tenantConfig({ sealBatches: 2 });
  await take(config, [1], [2], [3]);
  const { sequences, groups, rows } = await beside(config);
  await rows();
  const held = groups.bytes;
  const [first, second] = await sequences();
  groups.forget(first);
  expect(groups.bytes).toBeLessThan(held);
  groups.keepOnly([first]);
  expect(groups.bytes).toBe(0);
  expect(first < second).toBe(true);
  await rows();
  const { decoded } = groups;
  const [{ image }] = await rows(ALL, { ...config, workingK: 77 });
  expect([groups.decoded - decoded, KllSketch.fromBytes(image).k]).toEqual([3, 77]);
});
