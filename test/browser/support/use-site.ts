/** What a file of tests of pages has: one browser, and one site, which has forgotten all before each test. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { launchBrowser } from './engine.js';
import { Site } from './site.js';

/** Once in a file, at its top. @returns browser: the one that was launched, for when tests run */
export function useSite(launch: () => Promise<Browser> = launchBrowser): {
  site: Site;
  browser(): Browser;
} {
  const site = new Site();
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launch();
    await site.start();
  });
  afterAll(async () => {
    await browser?.close();
    await site.stop();
  });
  beforeEach(() => site.reset());
  return { site, browser: () => browser! };
}
