/** Pages in WebKitGTK, over HTTP, before a site that takes batches and before an edge on real workerd. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ServedEdge, serveEdge } from '../../../build/serve-edge.js';
import { until } from '../support/pages.js';
import { Site } from '../support/site.js';
import { WebKit } from '../support/webkit.js';

let site: Site;
let browser: WebKit;
beforeAll(async () => {
  site = await new Site().start();
  browser = await WebKit.launch();
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
});
beforeEach(() => site.reset());

/** @param options of createCollector; null: no collector yet */
async function visit(options: object | null = {}): Promise<void> {
  await browser.visit(`${site.origin}/page.html`);
  await until(() => browser.evaluate(() => globalThis.isReady === true));
  if (options) await browser.evaluate((given) => start(given as object), options);
}
const stored = () =>
  browser.evaluate(() => Object.keys(localStorage).filter((key) => /^kll:.*:[\da-f]{32}$/.test(key)).length);
/** Records 1..count, in steps of a task, and sends. @returns what the page was told */
const record = (count: number) =>
  browser.evaluate(async (count) => {
    for (let i = 1; i <= (count as number); i++) {
      collector.record('search', i);
      if (i % 500 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    await collector.flush();
    return told;
  }, count);
const beacons = () => site.deliveries.filter(({ isBeacon }) => isBeacon);
const fetches = () => site.deliveries.filter(({ isBeacon }) => !isBeacon);
const sumTo = (n: number) => (n * (n + 1)) / 2;

describe('a page in WebKit', () => {
  it('sends by fetch, as text, and forgets what was acknowledged', async () => {
    await visit();
    expect(await record(10)).toEqual([]);
    expect(site.deliveries).toHaveLength(1);
    expect(site.deliveries[0]).toMatchObject({ isBeacon: false, contentType: 'text/plain', key: 'ik_test' });
    expect(site.total()).toEqual({ n: 10, sum: 55 });
    expect(await stored()).toBe(0);
    expect(site.requests).not.toContain('/lib/browser-kernel.js');
  });

  it('sends by itself after the interval, though it has no idle time to wait for', async () => {
    await visit({ flush: { interval: 1000 } });
    expect(await browser.evaluate(() => typeof requestIdleCallback)).toBe('undefined');
    await browser.evaluate(() => collector.record('search', 3));
    await until(() => site.total().n === 1);
  });

  it('stores, sends a beacon of the same bytes when it leaves, and confirms it on the next load', async () => {
    await visit();
    await browser.evaluate(() => {
      for (let i = 1; i <= 10; i++) collector.record('search', i);
    });
    await browser.visit(`${site.origin}/elsewhere`);
    await until(() => beacons().length === 1);
    expect(await stored()).toBe(1);
    await visit();
    await until(async () => (await stored()) === 0);
    expect(fetches().map(({ bytes }) => bytes)).toEqual(beacons().map(({ bytes }) => bytes));
    expect(site.conflicts).toBe(0);
    expect(site.total()).toEqual({ n: 10, sum: 55 });
  });

  it('sends again, once counted, when the answer was lost', async () => {
    let lost = 0;
    site.fate = () => (lost++ === 0 ? { lose: 'answer' } : {});
    await visit();
    await record(6);
    await browser.evaluate(() => dispatchEvent(new Event('online')));
    await until(async () => (await stored()) === 0);
    expect(site.deliveries.length).toBeGreaterThan(1);
    expect(site.conflicts).toBe(0);
    expect(site.total()).toEqual({ n: 6, sum: 21 });
  });

  it('fetches the kernel once for a long series, and sends one sketch of it', async () => {
    await visit();
    expect(await record(30_000)).toEqual([]);
    expect(site.requests.filter((path) => path === '/lib/browser-kernel.js')).toHaveLength(1);
    expect(site.series()).toHaveLength(1);
    expect(site.total()).toEqual({ n: 30_000, sum: sumTo(30_000) });
  });

  it('refused the kernel by its policy, says so once and loses no value', async () => {
    site.csp = "default-src 'self'; script-src 'self'";
    await visit();
    expect(await record(30_000)).toEqual(['ERR_WASM_REFUSED']);
    expect(site.series().length).toBeGreaterThan(1);
    expect(site.total()).toEqual({ n: 30_000, sum: sumTo(30_000) });
  });

  it('measures what its timeline has, and nothing in the name of what it lacks', async () => {
    await visit(null);
    await browser.evaluate(async () => {
      start({
        sources: [kll.navigationTiming(), kll.resourceTiming(), kll.longTasks(), kll.fetchDurations()],
      });
      await fetch('/api/users/123456/orders?token=secret');
    });
    const expected = [
      'fetch',
      'navigation_content_loaded',
      'navigation_interactive',
      'navigation_load',
      'navigation_response',
      'resource',
    ];
    const names = () => [...new Set(site.series().map(({ name }) => name))].sort();
    // Observers are told when the browser has time for it.
    await until(async () => {
      await browser.evaluate(() => collector.flush());
      return names().length >= expected.length;
    });
    expect(names()).toEqual(expected);
    expect(site.series('fetch')[0].labels).toEqual({ route: '/page.html', target: '/api/users/:id/orders' });
  });
});

it('is counted exactly by an edge on real workerd, its percentiles inside the stated bounds', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kll-webkit-'));
  const edge: ServedEdge = await serveEdge({ folder, output: 'ignore' });
  try {
    const authorization = `Bearer ${edge.token}`;
    const made = await fetch(`${edge.url}/v1/admin/keys`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ origins: [site.origin] }),
    });
    const { key } = (await made.json()) as { key: string };
    site.csp = `default-src 'self' ${edge.url}; script-src 'self' 'wasm-unsafe-eval'`;
    await visit({ endpoint: `${edge.url}/v1/ingest`, key });
    expect(await record(20_000)).toEqual([]);
    expect(await browser.evaluate(() => collector.stats.acknowledged)).toBe(1);
    // A second page, whose batch only a beacon has brought.
    await visit({ endpoint: `${edge.url}/v1/ingest`, key });
    await browser.evaluate(() => collector.record('search', 20_001));
    await browser.visit(`${site.origin}/elsewhere`);
    interface Answer {
      n: number;
      sum: number;
      quantiles: { q: number; lower: number; upper: number }[];
    }
    let answer: Answer | undefined;
    await until(async () => {
      const asked = await fetch(`${edge.url}/v1/quantiles?name=search&q=0.5,0.99`, {
        headers: { authorization },
      });
      answer = (await asked.json()) as Answer;
      return answer.n === 20_001;
    });
    expect(answer?.sum).toBe(sumTo(20_001));
    for (const { q, lower, upper } of answer!.quantiles) {
      expect(lower).toBeLessThanOrEqual(q * 20_001);
      expect(upper).toBeGreaterThanOrEqual(q * 20_001);
      expect(upper - lower).toBeLessThan(0.04 * 20_001);
    }
    expect(answer!.quantiles.map(({ q }) => q)).toEqual([0.5, 0.99]);
  } finally {
    edge.process.kill('SIGKILL');
    await edge.ended;
    rmSync(folder, { recursive: true, force: true });
  }
});
