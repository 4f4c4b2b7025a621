/** The page for those who read it otherwise: in the dark, on a phone, by keyboard, by ear. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../support/prng.js';
import { DashboardSite, tableOf } from '../support/dashboard.js';
import { ENGINE, launchBrowser } from '../support/engine.js';
import { until } from '../support/pages.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE = { width: 390, height: 844 };

let site: DashboardSite;
let browser: Browser;
beforeAll(async () => {
  site = await DashboardSite.start();
  const random = seededRandom(11);
  await site.send(
    ['/a', '/b', '/c'].map((route) => ({
      name: 'latency_ms',
      labels: { route },
      age: 0,
      values: Float64Array.from({ length: 2000 }, () => Math.round(100 * Math.exp(random.normal()))),
    })),
  );
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

const HASH = 'name=latency_ms&range=3600&by=route';

/** What axe finds that keeps somebody out. */
async function barriers(view: Page): Promise<string[]> {
  await view.evaluate(AXE);
  const { violations, passes } = await view.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  expect(passes.length).toBeGreaterThan(20);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

describe.each<[string, BrowserContextOptions]>([
  ['in the light', { colorScheme: 'light' }],
  ['in the dark', { colorScheme: 'dark' }],
  ['on a phone', { colorScheme: 'light', viewport: PHONE }],
  ['on a phone in the dark', { colorScheme: 'dark', viewport: PHONE }],
])('%s', (_, options) => {
  it('has no serious barrier that axe knows, with everything opened', async () => {
    const { view, faults } = await site.open(browser, HASH, options);
    const theme = () => view.evaluate(() => document.documentElement.dataset.theme);
    // Firefox, driven by WebDriver BiDi, is told of no such wish of its system: its reader says so.
    if (ENGINE === 'firefox' && (await theme()) !== options.colorScheme) await view.click('#theme');
    expect(await theme()).toBe(options.colorScheme);
    expect(await barriers(view)).toEqual([]);
    for (const summary of await view.$$('summary')) if (await summary.isVisible()) await summary.click();
    await view.selectOption('#question [name=range]', 'chosen');
    await view.selectOption('#comparison [name=with]', 'labels');
    await view.click('#pause');
    await view.waitForTimeout(500);
    expect(await barriers(view)).toEqual([]);
    expect(await view.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      options.viewport?.width ?? 1280,
    );
    expect(faults).toEqual([]);
    await view.context().close();
  });
});

it('finds a barrier where there is one', async () => {
  const { view } = await site.open(browser, HASH);
  await view.evaluate(() => {
    document.querySelector('#question label')?.replaceWith(document.querySelector('#question select')!);
    document.documentElement.style.setProperty('--quiet', '#bbb');
  });
  expect((await barriers(view)).map((barrier) => barrier.split(':')[0])).toEqual([
    'color-contrast',
    'select-name',
  ]);
  await view.context().close();
});

it('is gone through by Tab, each stop with a name, none of them a trap', async () => {
  const { view } = await site.open(browser, HASH);
  const stops: string[] = [];
  for (let i = 0; i < 80; i++) {
    await view.keyboard.press('Tab');
    const stop = await view.evaluate(() => {
      const at = document.activeElement as HTMLElement;
      if (at === document.body) return '';
      const name =
        at.getAttribute('aria-label') || at.closest('label')?.textContent?.trim() || at.textContent?.trim();
      return `${at.localName} ${name?.slice(0, 40)}`;
    });
    if (stop === '') break;
    if (stop !== stops.at(-1)) stops.push(stop);
  }
  expect(stops.every((stop) => /^\w+ \S/.test(stop))).toBe(true);
  for (const expected of [
    'button Pause',
    'button Dark',
    'input p50',
    'input Read percentiles over time',
    'summary As a table',
  ]) {
    expect(stops).toContain(expected);
  }
  // Every control is a stop; a group of boxes has one each.
  const controls = await view.$$eval(
    'button, input, select, summary',
    (all) => all.filter((one) => (one as HTMLElement).checkVisibility()).length,
  );
  expect(stops.length).toBeGreaterThanOrEqual(controls - 6);
  await view.context().close();
});

it('reads a chart point by point by its slider, and as a table', async () => {
  const { view } = await site.open(browser, HASH);
  const slider = view.getByLabel('Read the share of values up to each value');
  await slider.focus();
  const spoken = () => slider.getAttribute('aria-valuetext');
  const last = await spoken();
  expect(last).toMatch(/^[\d,]+: share [\d.]+ %, sample .*%, sketch .*%$/);
  await view.keyboard.press('Home');
  const first = await spoken();
  await view.keyboard.press('ArrowRight');
  expect(new Set([last, first, await spoken()]).size).toBe(3);
  expect(await view.textContent('#cdf .reading')).toBe(await spoken());
  await view.focus('#over-time summary');
  await view.keyboard.press('Enter');
  await until(async () => (await tableOf(view, '#over-time .scroll')).length > 10);
  expect((await tableOf(view, '#over-time .scroll'))[0]).toEqual([
    'from',
    'p50',
    'p75',
    'p95',
    'p95 sample',
    'p95 sketch',
  ]);
  await view.context().close();
});

it('keeps who reads it where they are while it is renewed, and says nothing twice', async () => {
  const { view } = await site.open(browser, HASH);
  await view.evaluate(() => {
    const said: string[] = [];
    Object.assign(globalThis, { said });
    for (const place of document.querySelectorAll('[role=status], [aria-live]')) {
      new MutationObserver(() => said.push(place.textContent ?? '')).observe(place, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    }
  });
  const asked = view.waitForResponse((response) => response.url().includes('/v1/sketch'));
  await view.focus('#groups');
  await asked;
  await view.waitForTimeout(1500);
  expect(await view.evaluate(() => document.activeElement?.id)).toBe('groups');
  expect(await view.evaluate(() => (globalThis as unknown as { said: string[] }).said)).toEqual([]);
  await view.context().close();
});

it('asks no more while it is paused, until something else is asked', async () => {
  const { view } = await site.open(browser, HASH);
  await view.click('#pause');
  await until(async () => (await view.textContent('#status'))?.startsWith('Paused') === true);
  // What was asked before the pause may still be answered, and have asked for more.
  let questions = 0;
  let heardAt = Date.now();
  view.on('request', () => questions++);
  for (const event of ['request', 'requestfinished', 'requestfailed'] as const) {
    view.on(event as 'request', () => {
      heardAt = Date.now();
    });
  }
  await until(() => Date.now() - heardAt > 2000);
  questions = 0;
  await view.waitForTimeout(6000);
  expect(questions).toBe(0);
  await view.selectOption('#pickers select', '/b');
  await until(() => questions > 0);
  await view.context().close();
});

it('asks for nothing that is half written', async () => {
  const { view, faults } = await site.open(browser, HASH);
  const asked: string[] = [];
  view.on('request', (request) => asked.push(decodeURIComponent(request.url())));
  await view.locator('#question [name=match]').pressSequentially('{route="/');
  // Written, the page asks again by itself: the second time is wholly after it.
  const times = () => asked.filter((url) => url.includes('/v1/sketch')).length;
  const before = times();
  await until(() => times() >= before + 2);
  expect(asked.filter((url) => url.includes('match='))).toEqual([]);
  expect(faults).toEqual([]);
  await view.context().close();
});

it('keeps a choice of theme, made by keyboard', async () => {
  const { view } = await site.open(browser, HASH);
  const theme = () => view.evaluate(() => document.documentElement.dataset.theme);
  const before = await theme();
  await view.focus('#theme');
  await view.keyboard.press('Enter');
  const after = await theme();
  expect(after).not.toBe(before);
  await view.reload();
  await view.waitForSelector('#over-time canvas');
  expect(await theme()).toBe(after);
  await view.context().close();
});
