/** The page when answers are late, wrong or missing, and where there is no curve to draw. */
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cardsOf, DashboardSite, tableOf } from '../support/dashboard.js';
import { launchBrowser } from '../support/engine.js';
import { until } from '../support/pages.js';

const DAY_MS = 86_400_000;

let site: DashboardSite;
let browser: Browser;
beforeAll(async () => {
  site = await DashboardSite.start();
  /** Evenly from `low` to three times as much. */
  const around = (low: number) => Float64Array.from({ length: 1000 }, (_, i) => low * (1 + i / 500));
  await site.send([
    { name: 'fast_ms', labels: { route: '/a' }, age: 0, values: around(100) },
    { name: 'labelled_ms', labels: { route: '/a' }, age: 0, values: around(100) },
    { name: 'slow_ms', labels: {}, age: 0, values: around(9000) },
    { name: 'old_ms', labels: {}, age: 1.5 * DAY_MS, values: new Float64Array(1000).fill(200) },
    { name: 'constant', labels: {}, age: 0, values: new Float64Array(500).fill(7) },
  ]);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

const status = (view: Page) => view.textContent('#status');
const isSaid = (view: Page, text: string) => until(async () => (await status(view)) === text);

/** Medians of the steps that have one, from the table of the chart, which is open. */
async function mediansOf(view: Page): Promise<number[]> {
  await view.locator('#over-time td').first().waitFor();
  const [, ...steps] = await tableOf(view, '#over-time .scroll');
  return steps.flatMap(([, p50]) => (p50 === '-' ? [] : [Number(p50.replaceAll(',', ''))]));
}

/** Writes a pattern into a form key by key, and leaves the field: what is filled at once changes nothing for Firefox. */
async function write(view: Page, form: string, pattern: string): Promise<void> {
  const field = view.locator(`${form} [name=match]`);
  await field.fill('');
  await field.pressSequentially(pattern);
  await field.press('Tab');
}

/** What a request asks the edge for. */
const asks = (route: Route) => new URL(route.request().url()).searchParams;

it('drops the answer to an older question, however late it comes', async () => {
  const { view, faults } = await site.open(browser, 'name=fast_ms&range=3600');
  await view.click('#pause');
  await isSaid(view, 'Paused: fast_ms');
  let held = 0;
  let late = 0;
  await view.route(/\/v1\/quantiles/, async (route) => {
    // A step of time: the headline asks for shares too.
    if (asks(route).get('name') === 'fast_ms' && !asks(route).has('le')) {
      held++;
      await new Promise((resolve) => setTimeout(resolve, 3000));
      late++;
    }
    await route.continue();
  });
  await view.selectOption('#question [name=range]', '21600');
  await until(() => held > 0);
  await view.selectOption('#question [name=name]', 'slow_ms');
  await isSaid(view, 'Paused: slow_ms');
  await until(() => late === held);
  await view.waitForTimeout(1000);
  expect(await status(view)).toBe('Paused: slow_ms');
  await view.click('#over-time summary');
  const medians = await mediansOf(view);
  expect(medians).toHaveLength(1);
  expect(medians[0]).toBeGreaterThan(9000);
  expect(faults).toEqual([]);
  await view.context().close();
});

it.each([
  ['constant', 'All values are 7.'],
  ['old_ms', 'There are no values.'],
])('says of %s in words what no curve can', async (name, words) => {
  const { view, faults } = await site.open(browser, 'name=fast_ms&range=3600');
  const charts = () => Promise.all(['#cdf-section', '#pmf'].map((chart) => view.isVisible(chart)));
  expect(await charts()).toEqual([true, true]);
  await view.selectOption('#question [name=name]', name);
  await until(async () => (await view.textContent('#pmf-note')) === words);
  expect(await charts()).toEqual([false, false]);
  await view.selectOption('#question [name=name]', 'fast_ms');
  await until(async () => (await charts()).every((isVisible) => isVisible));
  expect(faults).toEqual([]);
  await view.context().close();
});

it('tells how old the newest values are, apart from how complete the answer is', async () => {
  const { view } = await site.open(browser, 'name=old_ms&range=172800');
  const newest = async () => (await cardsOf(view, 'headline'))['since the newest values'];
  // A day and a half, or less by what is left of the hour that old values are kept in.
  expect(await newest()).toMatch(/^3[56] h$/);
  expect(await view.textContent('#headline')).toMatch(/complete up to \d+ m?s ago/);
  await view.selectOption('#question [name=name]', 'fast_ms');
  // Sent when these tests began.
  await until(async () => /^(under 1 min|\d+ s|\d min)$/.test((await newest()) ?? ''));
  await view.selectOption('#question [name=name]', 'old_ms');
  await view.selectOption('#question [name=range]', '3600');
  await until(async () => (await newest()) === '-');
  await view.context().close();
});

it('works where the browser refuses its storage', async () => {
  const { config } = site;
  site.config = { ...config, key: await site.ingestKey() };
  const context = await browser.newContext({ locale: 'en-US' });
  const view = await context.newPage();
  const faults: string[] = [];
  view.on('pageerror', (error) => faults.push(error.message));
  await view.addInitScript(() =>
    Object.defineProperty(globalThis, 'localStorage', {
      get() {
        throw new DOMException('denied', 'SecurityError');
      },
    }),
  );
  await view.goto(`${site.url}#name=fast_ms&range=3600`);
  await isSaid(view, 'Live: fast_ms');
  site.config = config;
  const theme = () => view.evaluate(() => document.documentElement.dataset.theme);
  const before = await theme();
  await view.click('#theme');
  expect(await theme()).not.toBe(before);
  await view.click('#theme');
  expect(await theme()).toBe(before);
  expect(faults).toEqual([]);
  await context.close();
});

it.each([
  [{ status: 502, body: 'bad gateway' }, 'the server answered 502 to config.json'],
  [{ status: 200, body: '<!doctype html>' }, 'config.json has no url and token'],
  [{ status: 200, body: 'null' }, 'config.json has no url and token'],
  [{ status: 200, body: '{"url":"http://127.0.0.1:1"}' }, 'config.json has no url and token'],
])('says what is wrong with a config.json of %j', async (answer, words) => {
  const context = await browser.newContext({ locale: 'en-US' });
  const view = await context.newPage();
  await view.route('**/config.json', (route) => route.fulfill(answer));
  await view.goto(site.url);
  await isSaid(view, `This page does not know its edge: ${words}`);
  await context.close();
});

it('asks again for steps that came in part', async () => {
  const { view } = await site.open(browser, 'name=fast_ms&range=172800');
  await view.click('#over-time summary');
  let isPartial = true;
  await view.route(/\/v1\/quantiles/, async (route) => {
    if (!isPartial || asks(route).get('name') !== 'old_ms' || asks(route).has('le')) return route.continue();
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), n: 0, partial: true } });
  });
  await view.selectOption('#question [name=name]', 'old_ms');
  await isSaid(view, 'Live: old_ms');
  expect(await mediansOf(view)).toEqual([]);
  isPartial = false;
  await until(async () => (await mediansOf(view)).length === 1);
  await view.context().close();
});

it('shows late values of a step long past, a minute later', async () => {
  const { view } = await site.open(browser, 'name=old_ms&range=172800');
  await view.click('#over-time summary');
  expect(await mediansOf(view)).toEqual([200]);
  await site.send([
    { name: 'old_ms', labels: {}, age: 1.5 * DAY_MS, values: new Float64Array(9000).fill(5000) },
  ]);
  await until(async () => (await cardsOf(view, 'headline')).values === '10,000');
  await view.evaluate(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 61_000;
  });
  await until(async () => (await mediansOf(view)).includes(5000));
  await view.context().close();
});

it('shows in its lists what is picked when there is a new label', async () => {
  const match = encodeURIComponent('{route="/a"}');
  const { view } = await site.open(browser, `name=labelled_ms&range=3600&match=${match}`);
  const lists = () =>
    view.$$eval('#pickers select', (all) => all.map((one) => (one as HTMLSelectElement).value));
  expect(await lists()).toEqual(['/a']);
  await site.send([
    { name: 'labelled_ms', labels: { country: 'ch', route: '/a' }, age: 0, values: Float64Array.of(1) },
  ]);
  await until(async () => (await lists()).length === 2);
  expect(await lists()).toEqual(['', '/a']);
  await view.context().close();
});

it('shows no shares by thresholds that cannot be, and says why', async () => {
  const { view, faults } = await site.open(browser, 'name=fast_ms&range=3600&good=250&poor=150');
  const shares = () => view.textContent('#shares');
  expect(await shares()).toMatch(/^No shares: /);
  for (const [good, words] of [
    ['150', /good, up to 150/],
    ['', /^No shares: /],
    ['0', /^0 % good, up to 0/],
  ] as const) {
    // Typed, and not put there: Firefox tells a page of a change only then.
    const field = view.locator('#question [name=good]');
    await field.fill('');
    await field.pressSequentially(good || '1');
    if (!good) await field.press('Backspace');
    await field.press('Tab');
    await until(async () => words.test((await shares()) ?? ''));
  }
  expect(faults).toEqual([]);
  await view.context().close();
});

it('shows no answers beside a mistake in another question, and keeps them while an edge fails', async () => {
  const { view } = await site.open(browser, 'name=fast_ms&range=3600');
  const isShown = () => view.isVisible('#answers');
  const says = (words: RegExp) => until(async () => words.test((await status(view)) ?? ''));
  await write(view, '#question', '{route=');
  await says(/match/);
  expect(await isShown()).toBe(false);
  await write(view, '#question', '{route="/a"}');
  await isSaid(view, 'Live: fast_ms');
  expect(await isShown()).toBe(true);
  // A mistake in what is compared takes the comparison away, and nothing else.
  expect((await tableOf(view, '#differences')).length).toBe(0);
  await view.selectOption('#comparison [name=with]', 'labels');
  await until(async () => (await tableOf(view, '#differences')).length > 1);
  await write(view, '#comparison', '{route=');
  await says(/match/);
  expect(await view.textContent('#verdict')).toBe('No answer to compare with.');
  expect(await tableOf(view, '#differences')).toEqual([]);
  expect(await isShown()).toBe(true);
  await write(view, '#comparison', '{route="/a"}');
  await isSaid(view, 'Live: fast_ms');
  await view.route(/\/v1\/quantiles/, (route) => route.fulfill({ status: 503, body: '' }));
  await says(/503/);
  expect((await cardsOf(view, 'headline')).values).toBe('1,000');
  expect(await isShown()).toBe(true);
  await view.context().close();
});

it('follows an address that is changed while it is open', async () => {
  const match = encodeURIComponent('{route="/a"}');
  const { view, faults } = await site.open(browser, `name=fast_ms&range=21600&match=${match}&with=week`);
  const go = (hash: string) =>
    view.evaluate((text) => {
      location.hash = text;
    }, hash);
  const fields = () =>
    view.$$eval('[name=name], [name=range], [name=match], [name=good], [name=with]', (all) =>
      all.map((one) => (one as HTMLInputElement).value),
    );
  await go('name=slow_ms&good=9500&with=day');
  await isSaid(view, 'Live: slow_ms');
  // What the address does not say is as at the beginning.
  expect(await fields()).toEqual(['slow_ms', '', '86400', '9500', 'day', '']);
  await view.goBack();
  await isSaid(view, 'Live: fast_ms');
  expect(await fields()).toEqual(['fast_ms', '{route="/a"}', '21600', '100', 'week', '']);
  expect(faults).toEqual([]);
  await view.context().close();
});

it('says that the metric of its address is gone, and takes nothing that was meant for it', async () => {
  const match = encodeURIComponent('{route="/z"}');
  const { view } = await site.open(browser, `name=gone_ms&match=${match}&good=1&poor=2`);
  await isSaid(view, 'Live: constant. There is nothing of gone_ms, which was asked for');
  expect(await view.inputValue('#question [name=match]')).toBe('');
  expect(await view.inputValue('#question [name=good]')).toBe('100');
  await view.selectOption('#question [name=name]', 'fast_ms');
  await isSaid(view, 'Live: fast_ms');
  await view.context().close();
});

it('shows the metric of its address as soon as there is some', async () => {
  const { view, faults } = await site.open(browser, 'name=coming_ms&range=3600');
  await isSaid(view, 'Live: constant. There is nothing of coming_ms, which was asked for');
  await site.send([{ name: 'coming_ms', labels: {}, age: 0, values: Float64Array.of(1, 2, 3) }]);
  await isSaid(view, 'Live: coming_ms');
  expect((await cardsOf(view, 'headline')).values).toBe('3');
  expect(await view.inputValue('#question [name=range]')).toBe('3600');
  expect(faults).toEqual([]);
  await view.context().close();
});

it('shows nothing of one question below the answer to another', async () => {
  const { view } = await site.open(browser, 'name=fast_ms&range=3600');
  await until(
    async () =>
      (await tableOf(view, '#differences')).length > 1 || (await view.textContent('#verdict')) !== '',
  );
  expect(await view.isVisible('#over-time')).toBe(true);
  // The headline comes, its steps and what it is compared with do not.
  await view.route(/\/v1\/quantiles/, (route) =>
    asks(route).has('le') ? route.continue() : route.fulfill({ status: 503, body: '' }),
  );
  await view.selectOption('#question [name=name]', 'slow_ms');
  await until(async () => /503/.test((await status(view)) ?? ''));
  expect((await cardsOf(view, 'headline')).p50).toMatch(/^1\d,\d{3}$/);
  expect(await view.isVisible('#over-time')).toBe(false);
  expect(await tableOf(view, '#differences')).toEqual([]);
  await view.unroute(/\/v1\/quantiles/);
  await isSaid(view, 'Live: slow_ms');
  expect(await view.isVisible('#over-time')).toBe(true);
  await view.context().close();
});

it('leaves a pattern that it cannot read itself to the edge', async () => {
  const { view, faults } = await site.open(browser, 'name=fast_ms&range=3600');
  await write(view, '#question', '{route="a\\d"}');
  await until(async () => /expected label="value"/.test((await status(view)) ?? ''));
  expect(await view.isVisible('#answers')).toBe(false);
  await write(view, '#question', '{route="/a"}');
  await isSaid(view, 'Live: fast_ms');
  // What the browser says of the refusal, and nothing of the page's own.
  expect(faults.filter((fault) => !/status of 400/.test(fault))).toEqual([]);
  await view.context().close();
});

it('says where a part of the edge did not answer', async () => {
  const { view, faults } = await site.open(browser, 'name=fast_ms&range=3600');
  await view.route(/\/v1\/quantiles/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), stale: true } });
  });
  await view.selectOption('#comparison [name=with]', 'labels');
  await until(async () =>
    /a part of the edge did not answer/.test((await view.textContent('#headline')) ?? ''),
  );
  await until(async () => /Not all values could be read/.test((await view.textContent('#verdict')) ?? ''));
  expect(faults).toEqual([]);
  await view.context().close();
});
