/** What only a whole browser has: tabs before each other, the back/forward cache, a profile that outlives it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { launchInstalledChromium, launchWithProfile } from '../support/installed-chromium.js';
import { openPage, storedBatches, until } from '../support/pages.js';
import { Profile, type Tab } from '../support/tab.js';
import { useSite } from '../support/use-site.js';

const { browser, site } = useSite(launchInstalledChromium);
let profile: Profile;
beforeEach(async () => {
  profile = await Profile.create(browser());
  return () => profile.close();
});

/** A tab with a collector, and with a list of what the browser tells it. */
async function collecting(): Promise<Tab> {
  const tab = await profile.open(`${site.origin}/page.html`, { newWindow: true });
  await until(() => tab.evaluate(() => globalThis.isReady === true));
  await tab.evaluate(() => {
    const heard: string[] = [];
    Object.assign(globalThis, { heard });
    document.addEventListener('visibilitychange', ({ isTrusted }) => {
      if (isTrusted) heard.push(document.visibilityState);
    });
    for (const type of ['pagehide', 'pageshow']) {
      addEventListener(type, (event) => {
        const { isTrusted, persisted } = event as PageTransitionEvent;
        if (isTrusted) heard.push(`${type}${persisted ? ' kept' : ''}`);
      });
    }
    start();
  });
  // Later, it would confirm by fetch what a test wants to see in beacons and storage alone.
  await tab.evaluate(() => lookedBack());
  return tab;
}

const record = (tab: Tab, count: number) =>
  tab.evaluate((count) => {
    for (let i = 1; i <= count; i++) collector.record('search', i);
  }, count);
const heard = (tab: Tab) => tab.evaluate(() => (globalThis as unknown as { heard?: string[] }).heard);
const stored = (tab: Tab) =>
  tab.evaluate(() => Object.keys(localStorage).filter((key) => /^kll:.*:[\da-f]{32}$/.test(key)).length);
const beacons = () => site.deliveries.filter(({ isBeacon }) => isBeacon);
const fetches = () => site.deliveries.filter(({ isBeacon }) => !isBeacon);

it('sends a beacon when another tab comes before it, and confirms it when it is seen again', async () => {
  const tab = await collecting();
  await record(tab, 4);
  const other = await profile.open(`${site.origin}/elsewhere`);
  await until(() => beacons().length === 1);
  expect(await heard(tab)).toEqual(['hidden']);
  await tab.bringToFront();
  await until(async () => (await stored(tab)) === 0);
  expect(await heard(tab)).toEqual(['hidden', 'visible']);
  expect(fetches().map(({ bytes }) => bytes)).toEqual(beacons().map(({ bytes }) => bytes));
  await record(tab, 2);
  await other.bringToFront();
  await until(() => site.total().n === 6);
  expect(site.total()).toEqual({ n: 6, sum: 13 });
  expect(site.conflicts).toBe(0);
});

it('is kept in the back/forward cache, confirms when it is given back, and goes on', async () => {
  const tab = await collecting();
  let [n, sum] = [0, 0];
  for (const count of [3, 5, 2]) {
    await record(tab, count);
    n += count;
    sum += (count * (count + 1)) / 2;
    const { length } = beacons();
    await tab.visit(`${site.origin}/elsewhere`);
    await until(() => beacons().length === length + 1);
    expect(await stored(tab)).toBe(1);
    await tab.back();
    // The page itself, with what it remembers: nothing was loaded anew.
    await until(async () => (await heard(tab))?.at(-1) === 'pageshow kept');
    expect((await heard(tab))?.slice(-4)).toEqual(['pagehide kept', 'hidden', 'visible', 'pageshow kept']);
    await until(async () => (await stored(tab)) === 0);
    // With its lock, it would not be kept.
    await tab.evaluate(() => lookedBack());
    expect(site.total()).toEqual({ n, sum });
  }
  expect(site.requests.filter((path) => path === '/page.html')).toHaveLength(1);
  expect(fetches().map(({ bytes }) => bytes)).toEqual(beacons().map(({ bytes }) => bytes));
  expect(site.conflicts).toBe(0);
});

it('never given back, has its values confirmed by another page', async () => {
  const tab = await collecting();
  await record(tab, 4);
  await tab.visit(`${site.origin}/elsewhere`);
  await until(() => beacons().length === 1);
  await tab.close();
  const next = await collecting();
  await until(async () => (await stored(next)) === 0);
  expect(fetches()[0].bytes).toEqual(beacons()[0].bytes);
  expect(site.total()).toEqual({ n: 4, sum: 10 });
});

it('loses nothing that was stored when the browser itself ends and is started again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kll-profile-'));
  try {
    site.fate = () => ({ lose: 'request' });
    const before = await launchWithProfile(folder);
    const page = await openPage(before, site);
    await page.evaluate(() => {
      for (let i = 1; i <= 7; i++) collector.record('search', i);
      return collector.flush();
    });
    expect(await storedBatches(page)).toBe(1);
    await before.close();
    expect(site.taken.size).toBe(0);
    site.fate = () => ({});
    const after = await launchWithProfile(folder);
    const next = await openPage(after, site, null);
    // The pause after a failure outlives the browser too: a page that finds a network ends it.
    await next.evaluate(() => {
      start();
      dispatchEvent(new Event('online'));
    });
    await until(async () => (await storedBatches(next)) === 0);
    expect(site.total()).toEqual({ n: 7, sum: 28 });
    await after.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
