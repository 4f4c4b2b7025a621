/** The browser that the suites of pages run in: the Chromium that npm brings, or the Firefox of the system. */
import { type Browser, firefox } from 'playwright-core';
import { launchChromium } from './chromium.js';

export type Engine = 'chromium' | 'firefox';

const LAUNCH: Record<Engine, () => Promise<Browser>> = {
  chromium: launchChromium,
  // Debian's package, by WebDriver BiDi: playwright's own build of Firefox is not needed.
  firefox: () =>
    firefox.launch({
      channel: 'moz-firefox',
      executablePath: process.env.KLL_FIREFOX ?? '/usr/bin/firefox-esr',
      headless: true,
      // Else its clock ticks in whole milliseconds.
      firefoxUserPrefs: { 'privacy.reduceTimerPrecision': false },
    }),
};

function engineOf(name = 'chromium'): Engine {
  if (name in LAUNCH) return name as Engine;
  throw new Error(`KLL_ENGINE: found ${name}, expected ${Object.keys(LAUNCH).join(' or ')}`);
}

/** Said by the vitest project. */
export const ENGINE = engineOf(process.env.KLL_ENGINE);

export function launchBrowser(): Promise<Browser> {
  return LAUNCH[ENGINE]();
}
