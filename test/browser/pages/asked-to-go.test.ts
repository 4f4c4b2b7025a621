/** Before a page goes, its browser asks whether it may: the last moment at which Firefox runs its scripts to their end. */
import type { BrowserContext } from 'playwright-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ENGINE } from '../support/engine.js';
import { closeByUser, openPage, storedBatches, until } from '../support/pages.js';
import { useSite } from '../support/use-site.js';

const { browser, site } = useSite();
let context: BrowserContext;
beforeEach(async () => {
  context = await browser().newContext();
});
afterEach(() => context.close());

it(`${ENGINE === 'firefox' ? 'stores and sends all by then' : 'waits until it is hidden'}, and a page that stays counts each value once`, async () => {
  const page = await openPage(context, site);
  const stored = await page.evaluate(() => {
    collector.record('work', 3);
    dispatchEvent(new Event('beforeunload', { cancelable: true }));
    return Object.keys(localStorage).filter((key) => /:[\da-f]{32}$/.test(key)).length;
  });
  expect(stored).toBe(ENGINE === 'firefox' ? 1 : 0);
  await page.evaluate(() => {
    collector.record('work', 4);
    return collector.flush();
  });
  await until(() => site.total('work').n === 2);
  expect(site.total('work')).toEqual({ n: 2, sum: 7 });
  expect(site.conflicts).toBe(0);
  expect(await storedBatches(page)).toBe(0);
});

it('has what was recorded in the moment before a user closes the last page of a site, much as it is', async () => {
  await context.newPage();
  const PAGES = 10;
  const SERIES = 40;
  const VALUES = 700;
  for (let i = 0; i < PAGES; i++) {
    const page = await openPage(context, site);
    await page.evaluate(
      ([series, values]) => {
        for (let j = 0; j < series * values; j++) collector.record(`work${j % series}`, j);
      },
      [SERIES, VALUES],
    );
    await closeByUser(page);
  }
  const page = await openPage(context, site);
  // What such a page stores in its last moment Firefox may still lose, about once in 1500 pages on a busy machine
  // (docs/browser.md): one page of ten may be missing, and nothing twice. Without the question half of them were.
  const certain = (PAGES - (ENGINE === 'firefox' ? 1 : 0)) * SERIES * VALUES;
  let stored = Number.NaN;
  await until(
    async () => {
      stored = await storedBatches(page);
      return stored === 0 && site.total().n >= certain;
    },
    () => ({ stored, n: site.total().n }),
  );
  expect(site.total().n).toBeLessThanOrEqual(PAGES * SERIES * VALUES);
  expect(site.conflicts).toBe(0);
});
