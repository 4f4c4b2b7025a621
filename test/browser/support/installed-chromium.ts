/** The whole Chromium of the system (Debian's package): with tabs, and with a back/forward cache. */
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

const PATH = process.env.KLL_CHROMIUM ?? '/usr/bin/chromium';
/** What playwright asks for so that pages stay awake and are never kept. */
const ignoreDefaultArgs = [
  '--disable-back-forward-cache',
  '--disable-backgrounding-occluded-windows',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
];
const options = { executablePath: PATH, headless: true, args: ['--no-sandbox'], ignoreDefaultArgs };

export function launchInstalledChromium(): Promise<Browser> {
  return chromium.launch(options);
}

/** @param folder of the profile, which outlives the browser */
export function launchWithProfile(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, options);
}
