/** The page in a real browser, over HTTP, in front of an edge on real workerd: what it shows is what was sent. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServedEdge, serveEdge } from '../../../build/serve-edge.js';
import { servePage } from '../../../build/serve-page.js';
import { encodeBatch } from '../../../src/batch.js';
import { seededRandom } from '../../support/prng.js';
import { launchChromium } from '../support/chromium.js';

let folder: string;
let edge: ServedEdge;
let page: { url: string; server: Server };
let browser: Browser;
/** Values of each route, in milliseconds. */
const sent: Record<string, number[]> = { '/a': [], '/b': [] };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-page-'));
  let config = { url: '', token: '' };
  page = await servePage({ folder: 'dist/page', config: () => config });
  const origin = new URL(page.url).origin;
  edge = await serveEdge({ folder, environment: { KLL_CORS_ORIGINS: origin }, output: 'ignore' });
  config = { url: edge.url, token: edge.token };
  const random = seededRandom(7);
  for (const [route, median] of [
    ['/a', 100],
    ['/b', 300],
  ] as const) {
    for (let i = 0; i < 4000; i++)
      sent[route].push(Math.round(10 * median * Math.exp(0.5 * random.normal())) / 10);
  }
  const series = Object.entries(sent).map(([route, values]) => ({
    name: 'latency_ms',
    labels: { route },
    age: 0,
    values: Float64Array.from(values),
  }));
  const response = await fetch(`${edge.url}/v1/ingest`, {
    method: 'POST',
    headers: { authorization: `Bearer ${edge.token}`, 'content-type': 'application/vnd.kll.batch' },
    body: encodeBatch({ id: randomBytes(16), created: Date.now(), series }) as Uint8Array<ArrayBuffer>,
  });
  expect(response.status).toBe(202);
  browser = await launchChromium();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  page?.server.close();
  edge?.process.kill('SIGKILL');
  await edge?.ended;
  rmSync(folder, { recursive: true, force: true });
});

/** Opens the page with what its address asks for; errors of the page are faults of the test. */
async function open(hash: string, width = 1280): Promise<{ view: Page; faults: string[] }> {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width, height: 900 } });
  const view = await context.newPage();
  const faults: string[] = [];
  view.on('pageerror', (error) => faults.push(error.message));
  view.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await view.goto(`${page.url}#${hash}`);
  await view.waitForFunction(() => document.getElementById('status')?.textContent?.startsWith('Live'));
  await view.waitForSelector('#over-time canvas');
  return { view, faults };
}

const cards = async (view: Page) =>
  Object.fromEntries(
    await view.$$eval('#headline > div', (all) =>
      all.map((card) => [
        card.querySelector('span')?.textContent ?? '',
        Number(card.querySelector('b')?.textContent?.replaceAll(',', '')),
      ]),
    ),
  ) as Record<string, number>;

/** Ranks of a value that is shown with three digits. */
function shareAround(values: number[], shown: number): [number, number] {
  const slack = shown * 0.005 + 0.05;
  const below = values.filter((x) => x < shown - slack).length / values.length;
  return [below, values.filter((x) => x <= shown + slack).length / values.length];
}

it('shows the percentiles of what was sent, inside the stated bounds', async () => {
  const { view, faults } = await open('name=latency_ms&range=3600&good=150&poor=500');
  const shown = await cards(view);
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
  expect(faults).toEqual([]);
  await view.context().close();
});

it('narrows to labels, groups, and says in words what differs by more than chance', async () => {
  const { view, faults } = await open(
    `name=latency_ms&range=3600&by=route&match=${encodeURIComponent('{route="/a"}')}`,
  );
  expect((await cards(view)).values).toBe(sent['/a'].length);
  expect(await view.textContent('#groups')).toContain('/a');
  await view.selectOption('#comparison select', 'labels');
  await view.fill('#comparison input', '{route="/b"}');
  await view.press('#comparison input', 'Tab');
  await view.waitForFunction(() =>
    document.getElementById('differences')?.textContent?.includes('p50 is lower'),
  );
  expect(await view.textContent('#differences')).toContain('larger than chance');
  expect(faults).toEqual([]);
  await view.context().close();
});

it('fits a phone, follows the keyboard, and keeps a choice of theme', async () => {
  const { view, faults } = await open('name=latency_ms&range=3600', 390);
  expect(await view.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await view.focus('#theme');
  const before = await view.evaluate(() => document.documentElement.dataset.theme);
  await view.keyboard.press('Enter');
  const after = await view.evaluate(() => document.documentElement.dataset.theme);
  expect(after).not.toBe(before);
  await view.reload();
  await view.waitForSelector('#over-time canvas');
  expect(await view.evaluate(() => document.documentElement.dataset.theme)).toBe(after);
  expect(await view.$$eval('input, select', (all) => all.every((one) => one.closest('label')))).toBe(true);
  expect(faults).toEqual([]);
  await view.context().close();
});
