/** The page in a real browser, over HTTP, in front of an edge on real workerd: what it shows is what was sent. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRandom } from '../../support/prng.js';
import { cardsOf, DashboardSite, localTime, openTable, tableOf } from '../support/dashboard.js';
import { launchBrowser } from '../support/engine.js';
import { until } from '../support/pages.js';

const DAY_MS = 86_400_000;

let site: DashboardSite;
let browser: Browser;
/** Values of each route, in milliseconds. */
const sent: Record<string, number[]> = { '/a': [], '/b': [] };

beforeAll(async () => {
  site = await DashboardSite.start();
  const random = seededRandom(7);
  const draw = (median: number) => Math.round(10 * median * Math.exp(0.5 * random.normal())) / 10;
  for (const [route, median] of [
    ['/a', 100],
    ['/b', 300],
  ] as const) {
    sent[route] = Array.from({ length: 4000 }, () => draw(median));
  }
  const drawn = (length: number, median: number) => Float64Array.from({ length }, () => draw(median));
  await site.send([
    ...Object.entries(sent).map(([route, values]) => ({
      name: 'latency_ms',
      labels: { route },
      age: 0,
      values: Float64Array.from(values),
    })),
    // Today, and a day ago.
    { name: 'shifted_ms', labels: {}, age: 0, values: drawn(3000, 100) },
    { name: 'shifted_ms', labels: {}, age: DAY_MS, values: drawn(3000, 200) },
    { name: 'steady_ms', labels: {}, age: 0, values: drawn(3000, 100) },
    { name: 'steady_ms', labels: {}, age: DAY_MS, values: drawn(3000, 100) },
    { name: 'few_ms', labels: {}, age: 0, values: drawn(5, 100) },
    { name: 'few_ms', labels: {}, age: DAY_MS, values: drawn(5, 100) },
  ]);
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await site?.stop();
});

const headline = async (view: Page) =>
  Object.fromEntries(
    Object.entries(await cardsOf(view, 'headline')).map(([name, text]) => [
      name,
      Number(text.replaceAll(',', '')),
    ]),
  );
const hashOf = (view: Page) => view.evaluate(() => location.hash.slice(1));
const verdict = (view: Page) => view.textContent('#verdict');
const isSaid = (view: Page, text: string) =>
  until(async () => (await verdict(view))?.startsWith(text) === true);

/** Writes into a field key by key, and leaves it. */
async function write(view: Page, field: string, text: string): Promise<void> {
  await view.fill(field, '');
  await view.locator(field).pressSequentially(text);
  await view.press(field, 'Tab');
}

/** Ranks of a value that is shown with three digits. */
function shareAround(values: number[], shown: number): [number, number] {
  const slack = shown * 0.005 + 0.05;
  const below = values.filter((x) => x < shown - slack).length / values.length;
  return [below, values.filter((x) => x <= shown + slack).length / values.length];
}

it('shows the percentiles of what was sent, inside the stated bounds', async () => {
  const { view, faults } = await site.open(browser, 'name=latency_ms&range=3600&good=150&poor=500');
  const shown = await headline(view);
  const all = [...sent['/a'], ...sent['/b']];
  expect(shown.values).toBe(all.length);
  for (const [name, rank] of [
    ['p50', 0.5],
    ['p75', 0.75],
    ['p95', 0.95],
    ['p99', 0.99],
  ] as const) {
    const [low, high] = shareAround(all, shown[name]);
    // 1024 condensed to 200 is off by 0.4 % at most.
    expect(low - 0.004, name).toBeLessThanOrEqual(rank);
    expect(high + 0.004, name).toBeGreaterThanOrEqual(rank);
  }
  const good = all.filter((x) => x <= 150).length / all.length;
  const said = await view.textContent('#shares li');
  expect(Math.abs(Number.parseFloat(said ?? '') / 100 - good)).toBeLessThan(0.005);
  expect(await view.$$eval('#headline > .first span', (all) => all.map((one) => one.textContent))).toEqual([
    'p75',
    expect.stringMatching(/^sketch \d/),
    expect.stringMatching(/^sample \d+ to \d+/),
  ]);
  expect(faults).toEqual([]);
  await view.context().close();
});

it('shows the share of each interval and up to each value, with bound and interval apart', async () => {
  const { view, faults } = await site.open(browser, 'name=latency_ms&range=3600');
  const all = [...sent['/a'], ...sent['/b']];
  const [head, ...bars] = await openTable(view, '#pmf');
  expect(head).toEqual(['around', 'share']);
  expect(bars).toHaveLength(30);
  const drawn = bars.reduce((sum, [, share]) => sum + Number.parseFloat(share), 0);
  // Of p1 to p99.9 all is drawn; each bar is rounded to 0.1 %.
  expect(Math.abs(drawn - 98.9)).toBeLessThan(1.5);
  expect(await view.textContent('#pmf-note')).toMatch(/Each bar is within [\d.]+ % of all values/);
  const [cdfHead, ...points] = await openTable(view, '#cdf');
  expect(cdfHead).toEqual(['up to', 'share', 'sample', 'sketch']);
  expect(points).toHaveLength(61);
  for (const [upTo, , sample, sketch] of points) {
    const x = Number(upTo.replaceAll(',', ''));
    const [low, high] = shareAround(all, x);
    const [sketchLow, sketchHigh = sketchLow] = sketch.split(' to ').map((text) => Number.parseFloat(text));
    const [sampleLow, sampleHigh = sampleLow] = sample.split(' to ').map((text) => Number.parseFloat(text));
    // The truth lies inside the sketch's bound, but for the digits shown.
    expect(100 * low, upTo).toBeLessThanOrEqual(sketchHigh + 0.06);
    expect(100 * high, upTo).toBeGreaterThanOrEqual(sketchLow - 0.06);
    expect(sampleLow, upTo).toBeLessThanOrEqual(sketchHigh);
    expect(sampleHigh, upTo).toBeGreaterThanOrEqual(sketchLow);
  }
  expect(faults).toEqual([]);
  await view.context().close();
});

it('picks series from lists, groups, and keeps both in its address', async () => {
  const { view, faults } = await site.open(browser, 'name=latency_ms&range=3600');
  const count = async () => (await headline(view)).values;
  await view.selectOption('#pickers select', '/a');
  await until(async () => (await count()) === sent['/a'].length);
  expect(await view.inputValue('#question [name=match]')).toBe('{route="/a"}');
  await view.selectOption('#question [name=by]', 'route');
  await until(async () => (await tableOf(view, '#groups')).length === 2);
  await until(async () => (await tableOf(view, '#groups'))[1]?.slice(0, 2).join() === '/a,4,000');
  // A pattern picks what no list does.
  await write(view, '#question [name=match]', '{route=~"/a|/b"}');
  await until(async () => (await count()) === 8000);
  expect(await view.inputValue('#pickers select')).toBe('');
  await until(async () => (await tableOf(view, '#groups')).length === 3);
  // Who opens the same address sees the same.
  const again = await site.open(browser, await hashOf(view));
  expect((await headline(again.view)).values).toBe(8000);
  await until(async () => (await tableOf(again.view, '#groups')).length === 3);
  expect([...faults, ...again.faults]).toEqual([]);
  await again.view.context().close();
  await view.context().close();
});

it('narrows to a stretch of time', async () => {
  const { view, faults } = await site.open(browser, 'name=shifted_ms&range=172800');
  const count = async () => (await headline(view)).values;
  expect(await count()).toBe(6000);
  await view.selectOption('#question [name=range]', 'chosen');
  await view.fill('#question [name=from]', localTime(Date.now() - DAY_MS - 600_000));
  await view.fill('#question [name=to]', localTime(Date.now() - DAY_MS + 600_000));
  await view.press('#question [name=to]', 'Tab');
  // By Greenwich in the address: who opens it elsewhere sees the same time.
  const from = new Date(Date.now() - DAY_MS - 600_000).toISOString().slice(0, 13);
  expect(new URLSearchParams(await hashOf(view)).get('from')).toMatch(new RegExp(`^${from}:\\d\\dZ$`));
  // The last hour, which the fields begin with, has as many.
  await until(async () => {
    const { values, p50 } = await headline(view);
    return values === 3000 && p50 > 150;
  });
  expect(faults).toEqual([]);
  await view.context().close();
});

it('says in words which of two series differ by more than chance', async () => {
  const { view, faults } = await site.open(
    browser,
    `name=latency_ms&range=3600&match=${encodeURIComponent('{route="/a"}')}`,
  );
  await view.selectOption('#comparison [name=with]', 'labels');
  await write(view, '#comparison [name=match]', '{route="/b"}');
  await isSaid(view, 'Larger than chance: p50, p75, p90, p95, p99');
  // Before, it was beside both routes together.
  await until(
    async () =>
      (await view.textContent('#differences caption'))?.startsWith('4,000 values beside 4,000') === true,
  );
  expect(await view.textContent('#differences')).toMatch(/p50 is lower by \d+: larger than chance/);
  // Compared with itself, nothing is.
  await write(view, '#comparison [name=match]', '{route="/a"}');
  await isSaid(view, 'No difference is larger than chance explains.');
  // Its address says both series: who opens it sees the same, and what is asked anew leaves the other as it is.
  const again = await site.open(browser, await hashOf(view));
  await isSaid(again.view, 'No difference is larger than chance explains.');
  await write(again.view, '#question [name=match]', '{route="/b"}');
  await isSaid(again.view, 'Larger than chance: p50, p75, p90, p95, p99');
  expect(new URLSearchParams(await hashOf(again.view)).get('with_match')).toBe('{route="/a"}');
  await again.view.context().close();
  expect([...faults, ...again.faults]).toEqual([]);
  await view.context().close();
});

it.each([
  ['shifted_ms', 'Larger than chance: p50, p75, p90, p95', 'lower.'],
  ['steady_ms', 'No difference is larger than chance explains.', ''],
  ['few_ms', 'Too few values to say.', ''],
])('says of two times whether %s changed by more than chance', async (name, said, end) => {
  const { view, faults } = await site.open(browser, `name=${name}&range=3600`);
  await view.selectOption('#comparison [name=with]', 'day');
  await isSaid(view, said);
  expect(await verdict(view)).toContain(end);
  // The same, with the other time given by hand.
  await view.selectOption('#comparison [name=with]', 'chosen');
  await view.fill('#comparison [name=from]', localTime(Date.now() - DAY_MS - 3_600_000));
  await view.fill('#comparison [name=to]', localTime(Date.now() - DAY_MS + 3_600_000));
  await view.press('#comparison [name=to]', 'Tab');
  await isSaid(view, said);
  const caption = (page: Page) => page.textContent('#differences caption');
  expect(await caption(view)).toMatch(/^(3,000|5) values beside (3,000|5) of /);
  // Who opens its address compares with the same time.
  const again = await site.open(browser, await hashOf(view));
  await isSaid(again.view, said);
  expect(await again.view.inputValue('#comparison [name=with]')).toBe('chosen');
  await until(async () => (await caption(again.view)) === (await caption(view)));
  expect([...faults, ...again.faults]).toEqual([]);
  await again.view.context().close();
  await view.context().close();
});

it('measures itself, and shows what it sends and what waits', async () => {
  const { config } = site;
  site.config = { ...config, key: await site.ingestKey() };
  const { view, faults } = await site.open(browser, 'name=latency_ms&range=3600');
  site.config = config;
  await until(async () => /^[1-9]/.test((await cardsOf(view, 'beacons'))['batches acknowledged'] ?? ''));
  const beacons = await cardsOf(view, 'beacons');
  expect(Number.parseFloat(beacons['newest beacon'].replaceAll(',', ''))).toBeLessThan(1000);
  expect(beacons['batches queued']).toMatch(/^\d+$/);
  const inside = await cardsOf(view, 'inside');
  expect(Number(inside['values taken'].replaceAll(',', ''))).toBeGreaterThanOrEqual(20_010);
  expect(inside['batches waiting']).toMatch(/^\d+$/);
  // What it measured is there to be asked for, like everything else.
  await until(() =>
    view.$$eval('#question [name=name] option', (all) => all.some((one) => one.textContent === 'fetch')),
  );
  expect(faults).toEqual([]);
  await view.context().close();
});

it('shows to who may only ask all but the metrics of the edge', async () => {
  const { config } = site;
  site.config = { ...config, token: await site.queryToken() };
  const { view } = await site.open(browser, 'name=latency_ms&range=3600');
  site.config = config;
  expect((await headline(view)).values).toBe(8000);
  expect(await view.isVisible('#inside-section')).toBe(false);
  await view.context().close();
});
