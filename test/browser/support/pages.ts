/** Pages of a test: opened, ready to collect, and told to hide as a browser would tell them. */
import type { BrowserContext, Page } from 'playwright-core';
import type { Collector, WebVitalsModule } from '../../../src/browser.js';
import type { Site } from './site.js';

/** What test/browser/support/page.js puts on a page. */
export interface PageGlobals {
  kll: typeof import('../../../src/browser.js');
  collector: Collector;
  told: string[];
  start(options?: object): void;
  lookedBack(endpoint?: string): Promise<void>;
  importKernel(): Promise<void>;
  countBeacons(): void;
  acceptedBeacons(): number;
  loadVitals(): Promise<WebVitalsModule>;
  isReady: boolean;
}

/** Inside `evaluate`, `globalThis` is a page's. */
declare global {
  var kll: PageGlobals['kll'];
  var collector: Collector;
  var told: string[];
  var start: PageGlobals['start'];
  var lookedBack: PageGlobals['lookedBack'];
  var importKernel: PageGlobals['importKernel'];
  var countBeacons: PageGlobals['countBeacons'];
  var acceptedBeacons: PageGlobals['acceptedBeacons'];
  var loadVitals: PageGlobals['loadVitals'];
  var isReady: boolean;
}

/** @param options of createCollector; null: no collector yet */
export async function openPage(
  context: BrowserContext,
  site: Site,
  options: object | null = {},
  path = '/page.html',
): Promise<Page> {
  const page = await context.newPage();
  await visit(page, site, options, path);
  return page;
}

/**
 * A page without a collector in a tab beside another. With a window for each, as playwright opens them, Firefox becomes
 * slower with each page, and never gives its memory back.
 */
export async function openTab(beside: Page, site: Site): Promise<Page> {
  const opened = beside.context().waitForEvent('page');
  await beside.evaluate((url) => {
    window.open(url, '_blank', 'noopener');
  }, `${site.origin}/page.html`);
  const page = await opened;
  await page.waitForFunction(() => globalThis.isReady);
  return page;
}

export async function visit(
  page: Page,
  site: Site,
  options: object | null = {},
  path = '/page.html',
): Promise<void> {
  await page.goto(site.origin + path);
  await page.waitForFunction(() => globalThis.isReady);
  if (options) await page.evaluate((given) => start(given), options);
}

/** One step back in the history, as a page itself asks for it: Firefox tells its driver nothing of a page it had kept. */
export async function goBackTo(page: Page, site: Site, path: string): Promise<void> {
  await page.evaluate(() => {
    setTimeout(() => history.back());
  });
  await until(() =>
    page
      .evaluate((url) => location.href === url && globalThis.isReady, site.origin + path)
      .catch(() => false),
  );
}

/** Closes a page as a user does: it is told, and has no time left. Done when it is gone. */
export async function closeByUser(page: Page): Promise<void> {
  const gone = page.waitForEvent('close');
  await page.close({ runBeforeUnload: true });
  await gone;
}

/** Longer than anything takes on a machine that does much else, shorter than a test may take. */
const PATIENCE_MS = 40_000;

/**
 * Waits until `isSo`: it ends as soon as it is, so that patience costs nothing but where something is wrong.
 * @param state what is seen on the way there: patience begins anew when it changes, and says it when it ends
 */
export async function until(isSo: () => boolean | Promise<boolean>, state?: () => unknown): Promise<void> {
  let seen: string | undefined;
  let end = Date.now() + PATIENCE_MS;
  do {
    if (await isSo()) return;
    const now = JSON.stringify(state?.());
    if (now !== seen) end = Date.now() + PATIENCE_MS;
    seen = now;
    await new Promise((resolve) => setTimeout(resolve, 25));
  } while (Date.now() < end);
  throw new Error(`still not so after ${PATIENCE_MS / 1000} s${seen ? `, at ${seen}` : ''}: ${isSo}`);
}

/**
 * Batches in the storage of an origin, as a page sees it. What another page wrote or removed may be seen late: each
 * process has a copy of its own (in Chromium 11 of 2000 removals were, on a busy machine). Wait for it with `until`.
 */
export function storedBatches(page: Page): Promise<number> {
  return page.evaluate(
    () => Object.keys(localStorage).filter((key) => /^kll:.*:[\da-f]{32}$/.test(key)).length,
  );
}
