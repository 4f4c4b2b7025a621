/**
 * `npm run docs:screens`: starts what `npm start` starts, opens the page in the Chromium that npm brings, and writes
 * docs/screens: in the light, in the dark, on a phone.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions } from 'playwright-core';
import { launchChromium } from '../test/browser/support/chromium.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const WIDE = { width: 1280, height: 900 };
const SCREENS: Record<string, BrowserContextOptions> = {
  light: { colorScheme: 'light', viewport: WIDE },
  dark: { colorScheme: 'dark', viewport: WIDE },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
};

const browser = await launchChromium();
const start = spawn(process.execPath, ['--import', 'tsx', `${ROOT}build/start.ts`], {
  cwd: ROOT,
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const url = await pageOf(start.stdout);
  for (const [name, options] of Object.entries(SCREENS)) {
    const page = await (
      await browser.newContext({ locale: 'en-US', timezoneId: 'UTC', ...options })
    ).newPage();
    await page.goto(`${url}&with=before`);
    // Differences are the last answer that is drawn; the page then sends its first beacon.
    await page.locator('#differences tr').first().waitFor();
    await page.waitForFunction(() => {
      const cards = [...document.querySelectorAll('#beacons > div')];
      const card = cards.find((each) => each.querySelector('span')?.textContent === 'batches acknowledged');
      return Number(card?.querySelector('b')?.textContent) > 0;
    });
    await page.screenshot({ path: `${ROOT}docs/screens/page-${name}.png`, fullPage: true });
    console.log(`docs/screens/page-${name}.png`);
    await page.context().close();
  }
} finally {
  await browser.close();
  start.kill('SIGINT');
}

/** The address of the page, once everything is loaded. */
async function pageOf(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const [, url] = line.match(/^The page +(\S+)$/) ?? [];
    if (url) return url;
  }
  throw new Error('npm start ended before there was a page');
}
