import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRandom } from '../../support/prng.js';
import { ENGINE, launchBrowser } from '../support/engine.js';
import { drainByNextLoads, endPause, keepProcess } from '../support/next-loads.js';
import { closeByUser, openTab } from '../support/pages.js';
import { Site } from '../support/site.js';

const PAGES = 200;

let browser: Browser;
let site: Site;
beforeAll(async () => {
  browser = await launchBrowser();
  site = await new Site().start();
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

it(`loses and doubles nothing over ${PAGES} pages that die, go offline, or lose what they are answered`, async () => {
  const { next: random } = seededRandom(2026);
  const chance = (share: number) => random() < share;
  const context = await browser.newContext();
  const base = await context.newPage();
  await keepProcess(base, site);
  const truth = { n: 0, sum: 0 };
  const seen = { offline: 0, lost: 0, failed: 0, doubled: 0 };
  site.fate = () => {
    if (chance(0.15)) {
      seen.lost++;
      return { lose: chance(0.5) ? 'answer' : 'request' };
    }
    if (chance(0.1)) {
      seen.failed++;
      return { status: 503, headers: { 'retry-after': '0' } };
    }
    return {};
  };
  for (let i = 0; i < PAGES; i++) {
    // Pages follow each other faster than pauses end: some begin when one has.
    const page = await openTab(base, site);
    if (chance(0.5)) await endPause(page);
    await page.evaluate(() => start());
    const isOffline = chance(0.2);
    if (isOffline) {
      seen.offline++;
      await context.setOffline(true);
    }
    const rounds = 1 + Math.floor(random() * 3);
    for (let round = 0; round < rounds; round++) {
      const values = Array.from({ length: 1 + Math.floor(random() * 40) }, () => Math.floor(random() * 5000));
      truth.n += values.length;
      truth.sum += values.reduce((sum, x) => sum + x, 0);
      const isFlushed = chance(0.4);
      await page.evaluate(
        ([values, isFlushed]) => {
          for (const x of values as number[]) collector.record('work', x);
          if (isFlushed) void collector.flush();
        },
        [values, isFlushed],
      );
    }
    // Killed in the middle of whatever is on its way: a page that is closed is told so, and has no time left.
    if (chance(0.5)) await page.goto('about:blank').catch(() => {});
    // Firefox ends a page that its driver closes unasked, in the middle of its listeners: no user can do that.
    await (chance(0.5) || ENGINE === 'firefox' ? closeByUser(page) : page.close());
    if (isOffline) await context.setOffline(false);
    // Now and then a visit is long enough for pauses to end: all that the pages before it recorded is there then.
    if (i % 8 === 7) {
      await drainByNextLoads(base, site, {}, truth.n, () => site.total('work').n);
      expect(site.total('work')).toEqual(truth);
    }
  }
  seen.doubled = site.deliveries.length - new Set(site.deliveries.map(({ id }) => id)).size;
  console.log(
    `${PAGES} pages: ${JSON.stringify(seen)}, ${site.deliveries.length} deliveries, ${site.taken.size} batches`,
  );
  expect(site.conflicts).toBe(0);
  expect(Math.min(seen.offline, seen.lost, seen.failed, seen.doubled)).toBeGreaterThan(0);
  expect(site.total('work')).toEqual(truth);
}, 1_800_000);
