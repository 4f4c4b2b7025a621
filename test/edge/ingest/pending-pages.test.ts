import { abortAllDurableObjects } from 'cloudflare:test';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { PendingAnswer, PendingPlace, TenantConfig } from '../../../src/adapters/workers/contract.js';
import { PendingRoom, pendingPages } from '../../../src/adapters/workers/pending-pages.js';
import { comparePlaces } from '../../../src/adapters/workers/pending-place.js';
import {
  EVERYTHING,
  failHandOver,
  ingestObject,
  longLabels,
  passTime,
  START,
  setClock,
  sketchOf,
  takeCall,
  tenantConfig,
} from './ground.js';
import { readAll } from './totals.js';

beforeEach(() => {
  setClock(START);
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

const SERIES = 300;
const N = 2 * SERIES + 2;

/** Two sequences in the outbox and an open one, a third of the series in each; two values of each series. */
async function filled(): Promise<TenantConfig> {
  const config = tenantConfig({ sealBatches: 3 });
  const object = ingestObject(config);
  await failHandOver(object);
  for (let first = 0; first < SERIES; first += SERIES / 3) {
    const series = Array.from({ length: SERIES / 3 }, (_, i) => ({
      labels: longLabels(first + i),
      values: Float64Array.of(i),
    }));
    for (let times = 0; times < 2; times++) await object.take(takeCall(config, series));
    if (first === (2 * SERIES) / 3) break;
    await object.take(takeCall(config, [1]));
    await passTime(object, 0);
  }
  return config;
}

/** All pages. @param between runs after the first */
async function pagesOf(config: TenantConfig, between = async () => {}, room = new PendingRoom(1)) {
  const sizes: number[] = [];
  const whole = await pendingPages(async (after: PendingPlace) => {
    const page = (await ingestObject(config).pending(
      EVERYTHING,
      config,
      after,
      room.page,
    )) as unknown as PendingAnswer;
    sizes.push(page.rows.length);
    if (sizes.length === 1) await between();
    return page;
  }, room);
  return { whole, sizes };
}

/** n of what counts in a query that reads the owner after all pages. */
async function counted(config: TenantConfig, { sender, rows }: PendingAnswer): Promise<number> {
  const { applied, groups } = await readAll(config, 0);
  const pending = rows.filter(({ sequence }) => sequence > (applied[sender] ?? 0));
  return [...groups, ...pending].reduce((n, { image }) => n + sketchOf(image).n, 0);
}

describe('what is pending', () => {
  it('is answered by pages that go into a call, each row once, and whole to those who ask for no pages', async () => {
    const config = await filled();
    const { whole, sizes } = await pagesOf(config);
    expect(sizes.length).toBeGreaterThan(2);
    expect(whole.rows).toEqual([...whole.rows].sort(comparePlaces));
    const old = (await ingestObject(config).pending(EVERYTHING, config)) as unknown as PendingAnswer;
    expect(whole).toEqual(old);
    expect(whole.rows.length).toBe(SERIES + 2);
    expect(await counted(config, whole)).toBe(N);
  });

  it('is read no further than there is room for', async () => {
    const config = await filled();
    const { whole: all } = await pagesOf(config);
    const room = new PendingRoom(4, 2_000_000);
    expect(room.page).toBe(500_000);
    const { whole, sizes } = await pagesOf(config, undefined, room);
    expect(room.isFull).toBe(true);
    expect(room.held).toBeLessThan(2_000_000 + 500_000 + 131_000);
    expect(sizes.length).toBeGreaterThan(3);
    expect(whole.rows).toEqual(all.rows.slice(0, whole.rows.length));
    expect(whole.rows.length).toBeLessThan(all.rows.length / 2);
  });

  it('counts once where it is handed over between two pages', async () => {
    const config = await filled();
    // It begins anew, and reaches its owner again.
    await abortAllDurableObjects();
    const { whole } = await pagesOf(config, async () => {
      await ingestObject(config).flush(config);
    });
    expect(whole.rows.length).toBeLessThan(SERIES);
    expect(await counted(config, whole)).toBe(N);
  });

  it('counts once where it is sealed, and more comes, between two pages', async () => {
    const config = await filled();
    const { whole } = await pagesOf(config, async () => {
      await passTime(ingestObject(config), 10_000);
      await ingestObject(config).take(takeCall(config, [7]));
    });
    expect([N, N + 1]).toContain(await counted(config, whole));
  });
});
