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
      firefoxUserPrefs: {
        // Else its clock ticks in whole milliseconds.
        'privacy.reduceTimerPrecision': false,
        // Else pages of one site may each be the last of a process of their own: see `keepProcess`.
        'dom.ipc.processCount.webIsolated': 1,
      },
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
