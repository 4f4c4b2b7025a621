/** Pages that are really hidden, frozen, closed and killed: every event here is the browser's own. */
import { beforeEach, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { until } from '../support/pages.js';
import { Profile, type Tab } from '../support/tab.js';
import { useSite } from '../support/use-site.js';

const { browser, site } = useSite(launchChromium);
let profile: Profile;
let other: Tab;
beforeEach(async () => {
  profile = await Profile.create(browser());
  // With its last tab a profile ends, and what it was sending.
  other = await profile.open(`${site.origin}/elsewhere`);
  return () => profile.close();
});

/** A tab with a collector, and with a list of what the browser tells it. */
async function collecting(options: object = {}): Promise<Tab> {
  const tab = await profile.open(`${site.origin}/page.html`);
  await until(() => tab.evaluate(() => globalThis.isReady === true));
  await tab.evaluate((options) => {
    const heard: string[] = [];
    Object.assign(globalThis, { heard });
    for (const type of ['visibilitychange', 'freeze', 'resume']) {
      document.addEventListener(type, ({ isTrusted }) => {
        if (isTrusted) heard.push(type === 'visibilitychange' ? document.visibilityState : type);
      });
    }
    start(options);
  }, options);
  // Later, it would confirm by fetch what a test wants to see in beacons and storage alone.
  await tab.evaluate(() => lookedBack());
  return tab;
}

const record = (tab: Tab, count: number) =>
  tab.evaluate((count) => {
    for (let i = 1; i <= count; i++) collector.record('search', i);
  }, count);
const heard = (tab: Tab) => tab.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
const stored = (tab: Tab) =>
  tab.evaluate(() => Object.keys(localStorage).filter((key) => /^kll:.*:[\da-f]{32}$/.test(key)).length);
const beacons = () => site.deliveries.filter(({ isBeacon }) => isBeacon);
const fetches = () => site.deliveries.filter(({ isBeacon }) => !isBeacon);

it('sends a beacon when its window is minimised, and confirms it by fetch when it is seen again', async () => {
  const tab = await collecting();
  await record(tab, 4);
  await tab.setWindow('minimized');
  await until(() => beacons().length === 1);
  expect(await heard(tab)).toEqual(['hidden']);
  expect(await stored(tab)).toBe(1);
  await tab.setWindow('normal');
  await until(async () => (await stored(tab)) === 0);
  expect(await heard(tab)).toEqual(['hidden', 'visible']);
  expect(fetches().map(({ bytes }) => bytes)).toEqual(beacons().map(({ bytes }) => bytes));
  expect(site.conflicts).toBe(0);
  expect(site.total()).toEqual({ n: 4, sum: 10 });
});

it('sends what was recorded while it was hidden when it is frozen, and goes on when it thaws', async () => {
  const tab = await collecting();
  await record(tab, 2);
  await tab.setWindow('minimized');
  await until(() => site.total().n === 2);
  await record(tab, 3);
  await tab.setFrozen(true);
  await until(() => site.total().n === 5);
  expect(beacons()).toHaveLength(2);
  await tab.setFrozen(false);
  await tab.setWindow('normal');
  await until(async () => (await stored(tab)) === 0);
  expect(await heard(tab)).toEqual(['hidden', 'freeze', 'resume', 'visible']);
  await record(tab, 1);
  await tab.evaluate(() => collector.flush());
  expect(site.total()).toEqual({ n: 6, sum: 10 });
  expect(site.conflicts).toBe(0);
});

it('sends once what a freeze finds that hides the page in the same step', async () => {
  const tab = await collecting();
  await record(tab, 3);
  await tab.setFrozen(true);
  await until(() => site.total().n === 3);
  await tab.setFrozen(false);
  expect(await heard(tab)).toEqual(['hidden', 'freeze', 'resume']);
  expect(beacons()).toHaveLength(1);
});

it.each([
  ['seen', async (_: Tab) => {}],
  [
    'hidden',
    async (tab: Tab) => {
      await tab.setWindow('minimized');
      await until(async () => (await heard(tab)).includes('hidden'));
    },
  ],
])('stores and sends when its tab is closed while it is %s, and the next page confirms it', async (_, hide) => {
  let rounds = 0;
  // Every tab stores, and hands a beacon to the browser. A busy one may end a process before it has sent what it
  // accepted from it: of ten beacons one has to arrive. What every tab recorded is counted once all the same.
  do {
    const tab = await collecting();
    await hide(tab);
    await tab.evaluate(() => countBeacons());
    await record(tab, 5);
    await tab.close();
    await until(async () => (await stored(other)) === 1);
    const next = await collecting();
    await until(async () => (await stored(next)) === 0);
    rounds++;
    expect(await next.evaluate(() => acceptedBeacons())).toBe(rounds);
    await next.close();
    expect(site.total()).toEqual({ n: 5 * rounds, sum: 15 * rounds });
  } while (!beacons().length && rounds < 10);
  expect(beacons().length).toBeGreaterThan(0);
  const { id, bytes } = beacons()[0];
  expect(fetches().find((one) => one.id === id)?.bytes).toEqual(bytes);
  expect(site.conflicts).toBe(0);
});

it('loses what was stored neither when its beacon is lost nor when its process is killed', async () => {
  site.fate = () => ({ lose: 'request' });
  const tab = await collecting();
  await record(tab, 6);
  await tab.setWindow('minimized');
  await until(() => beacons().length >= 1);
  // Recorded and not yet hidden or flushed: gone with the process, as docs/browser.md says.
  await record(tab, 1);
  await tab.kill();
  expect(site.taken.size).toBe(0);
  site.fate = () => ({});
  const next = await collecting();
  await until(async () => (await stored(next)) === 0);
  expect(site.total()).toEqual({ n: 6, sum: 21 });
});
