import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/engine.js';
import { openPage, until } from '../support/pages.js';
import { Site } from '../support/site.js';

const KERNEL = '/lib/browser-kernel.js';
const STRICT = "default-src 'self'; script-src 'self'";

let browser: Browser;
let site: Site;
let context: BrowserContext;
beforeAll(async () => {
  browser = await launchBrowser();
  site = await new Site().start();
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
});
beforeEach(async () => {
  await site.reset();
  context = await browser.newContext();
  return () => context.close();
});

/** Records first..last, in steps of a frame. */
const recordFrom = (page: Page, first: number, last: number, step = last) =>
  page.evaluate(
    async ([first, last, step]) => {
      for (let i = first; i <= last; i++) {
        collector.record('latency', i);
        if (i % step === 0) await new Promise(requestAnimationFrame);
      }
    },
    [first, last, step],
  );
/** Sends. @returns what the page was told */
const flush = (page: Page) => page.evaluate(() => collector.flush().then(() => told));
/** Records 1..count and sends. @returns what the page was told */
async function record(page: Page, count: number, step?: number): Promise<string[]> {
  await recordFrom(page, 1, count, step);
  return flush(page);
}
/** Until the kernel that the page asked for is there. */
async function kernelHere(page: Page): Promise<void> {
  await until(() => site.requests.includes(KERNEL));
  await page.evaluate(() => importKernel());
}
const sumTo = (n: number) => (n * (n + 1)) / 2;

describe('the kernel', () => {
  it('is neither fetched nor compiled while every series stays within staging', async () => {
    const page = await openPage(context, site, null);
    await page.evaluate(() => {
      const { Module } = WebAssembly;
      WebAssembly.Module = new Proxy(Module, {
        construct() {
          throw new Error('compiled');
        },
      });
      start();
    });
    expect(
      await page.evaluate(async () => {
        for (let s = 0; s < 5; s++) for (let i = 1; i <= 760; i++) collector.record(`series${s}`, i);
        await collector.flush();
        return told;
      }),
    ).toEqual([]);
    expect(site.requests).not.toContain(KERNEL);
    expect(site.total()).toEqual({ n: 5 * 760, sum: 5 * sumTo(760) });
  });

  it('is fetched once when a series nears the end of its staging, and takes what comes then', async () => {
    const page = await openPage(context, site);
    await recordFrom(page, 1, 2000, 500);
    // Else it may come later than the 8192 values that are staged for it, and the series goes in pieces.
    await kernelHere(page);
    await recordFrom(page, 2001, 30_000, 500);
    expect(await flush(page)).toEqual([]);
    expect(site.requests.filter((path) => path === KERNEL)).toHaveLength(1);
    const [{ sketch }] = site.series('latency');
    expect(site.series('latency')).toHaveLength(1);
    expect(site.total()).toEqual({ n: 30_000, sum: sumTo(30_000) });
    expect([sketch!.min, sketch!.max, sketch!.k]).toEqual([1, 30_000, 200]);
    for (const rank of [0.5, 0.75, 0.9, 0.99]) {
      const { lower, upper } = sketch!.quantileBounds(rank);
      expect(lower).toBeLessThanOrEqual(rank * 30_000);
      expect(upper).toBeGreaterThanOrEqual(rank * 30_000);
    }
  });

  it('cuts a series where an aggregator would refuse it for its count', async () => {
    const page = await openPage(context, site);
    expect(await record(page, 250_000, 2000)).toEqual([]);
    expect(site.series('latency').length).toBeGreaterThan(1);
    expect(site.total()).toEqual({ n: 250_000, sum: sumTo(250_000) });
  });

  it('is not needed under a strict policy by a series within staging', async () => {
    site.csp = STRICT;
    const page = await openPage(context, site);
    expect(await record(page, 700)).toEqual([]);
    expect(site.total()).toEqual({ n: 700, sum: sumTo(700) });
  });

  it('refused by the policy, costs one clear error, and no value', async () => {
    site.csp = STRICT;
    const page = await openPage(context, site);
    // Asked of the page: a driver may call a policy's own report an error of the page.
    await page.evaluate(() => {
      const thrown: string[] = [];
      Object.assign(globalThis, { thrown });
      addEventListener('error', ({ message }) => thrown.push(message));
      addEventListener('unhandledrejection', ({ reason }) => thrown.push(String(reason)));
    });
    expect(await record(page, 30_000, 500)).toEqual(['ERR_WASM_REFUSED']);
    expect(await page.evaluate(() => (globalThis as unknown as { thrown: string[] }).thrown)).toEqual([]);
    expect(site.series('latency').length).toBeGreaterThan(1);
    expect(site.total()).toEqual({ n: 30_000, sum: sumTo(30_000) });
  });

  it('refused its memory, costs one clear error, and no value, of this series or another', async () => {
    const page = await openPage(context, site);
    await page.evaluate(() => {
      const thrown: string[] = [];
      Object.assign(globalThis, { thrown });
      addEventListener('error', ({ message }) => thrown.push(message));
      WebAssembly.Memory.prototype.grow = () => {
        throw new RangeError('no room');
      };
      collector.record('short', 7);
    });
    expect(await record(page, 30_000, 500)).toEqual(['ERR_WASM_MEMORY']);
    expect(await page.evaluate(() => (globalThis as unknown as { thrown: string[] }).thrown)).toEqual([]);
    expect(site.total('latency')).toEqual({ n: 30_000, sum: sumTo(30_000) });
    expect(site.total('short')).toEqual({ n: 1, sum: 7 });
  });

  it('out of reach, costs one clear error, and no value', async () => {
    const page = await openPage(context, site);
    await page.route(`**${KERNEL}`, (route) => route.abort());
    expect(await record(page, 30_000, 500)).toEqual(['ERR_KERNEL_UNREACHABLE']);
    expect(site.total()).toEqual({ n: 30_000, sum: sumTo(30_000) });
  });

  it('arriving late, takes what was staged meanwhile', async () => {
    const page = await openPage(context, site);
    await page.route(`**${KERNEL}`, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      await route.continue();
    });
    await recordFrom(page, 1, 6000);
    await kernelHere(page);
    await recordFrom(page, 6001, 20_000);
    expect(await flush(page)).toEqual([]);
    expect(site.series('latency')).toHaveLength(1);
    expect(site.total()).toEqual({ n: 20_000, sum: sumTo(20_000) });
  });
});
