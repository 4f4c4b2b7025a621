/** What pages that died have left is sent by the next load of a page of the site: loads, until nothing is left. */
import type { Page } from 'playwright-core';
import { openTab, storedBatches, until } from './pages.js';
import type { Site } from './site.js';

/**
 * A page of the site that stays, so that no other is the last of its process. With the last page Firefox ends the process, and
 * on a machine at several times its load what that page stored in its last moment may be lost with it (docs/browser.md has the
 * figures). What is tested here is everything else.
 */
export async function keepProcess(page: Page, site: Site): Promise<void> {
  await page.goto(`${site.origin}/page.html`);
}

/** Time passes for the page: pauses after failures end. */
export const endPause = (page: Page) =>
  page.evaluate(() => {
    for (const key of Object.keys(localStorage)) if (key.endsWith(':pause')) localStorage.removeItem(key);
  });

/**
 * Loads pages until nothing is left and all is there: answers get lost in them as in all others, so that each sends what
 * it can until one is. On a machine that does much else a load takes seconds: patience is counted from the last that sent
 * anything.
 * @param beside a page, in tabs beside which they are loaded
 * @param options of createCollector
 * @param counted what the endpoint has, which needs to be `n`
 */
export function drainByNextLoads(
  beside: Page,
  site: Site,
  options: { endpoint?: string },
  n: number,
  counted: () => number | Promise<number>,
): Promise<void> {
  const seen = { left: 0, counted: 0, of: n };
  return until(
    async () => {
      const page = await openTab(beside, site);
      await endPause(page);
      await page.evaluate((options) => start(options), options);
      // Not a moment, in which a machine that does much else would send nothing.
      await page.evaluate((endpoint) => lookedBack(endpoint), options.endpoint);
      seen.left = await storedBatches(page);
      await page.close();
      seen.counted = await counted();
      // A page may not see yet what the one before it stored.
      return seen.left === 0 && seen.counted >= n;
    },
    () => seen,
  );
}
