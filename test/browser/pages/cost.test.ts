import type { BrowserContext } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';
import { openPage } from '../support/pages.js';
import { slownessOf } from '../support/slowness.js';
import { useSite } from '../support/use-site.js';

const { browser, site } = useSite();
let context: BrowserContext;
beforeEach(async () => {
  context = await browser().newContext();
  return () => context.close();
});

/** The least of many: whatever else runs on the machine only adds to what a page's own work takes. */
const least = (xs: number[]) => Math.min(...xs);
const show = (xs: number[]) =>
  `least ${least(xs).toFixed(2)} ms, median ${xs.sort((a, b) => a - b)[xs.length >> 1].toFixed(2)} ms of ${xs.length}`;

/** On a quiet machine. */
const MOST_MS = 2;
/** Frames at least, and at most: it goes on until one of them has the machine to itself. */
const FRAMES = [60, 600];

it.each([
  ['one series', 'plain'],
  ['twenty series with labels', 'labelled'],
])('10,000 records in a frame cost at most 2 ms: %s', async (_, kind) => {
  const page = await openPage(context, site);
  const slowness = await slownessOf(page);
  const costs = await page.evaluate(
    async ([kind, most, [atLeast, atMost]]) => {
      const values = Array.from({ length: 10_000 }, (_, i) => 20 + ((i * 7919) % 10_000) / 10);
      const labels = Array.from({ length: 20 }, (_, i) => ({ method: 'GET', target: `/t${i}` }));
      const costs: number[] = [];
      while (costs.length < atLeast || (Math.min(...costs) > most && costs.length < atMost)) {
        await new Promise(requestAnimationFrame);
        const start = performance.now();
        if (kind === 'plain') for (const value of values) collector.record('latency', value);
        else for (let i = 0; i < 10_000; i++) collector.record('latency', values[i], labels[i % 20]);
        costs.push(performance.now() - start);
      }
      return costs;
    },
    [kind, MOST_MS * slowness, FRAMES] as const,
  );
  console.log(`10,000 records in a frame, ${kind}: ${show(costs)}; slowness ${slowness.toFixed(2)}`);
  expect(least(costs) / slowness).toBeLessThanOrEqual(MOST_MS);
});

it('the first flush of a page with 50 long series comes in short tasks', async () => {
  const longest: number[] = [];
  const shares: number[] = [];
  for (let run = 0; run < 15; run++) {
    const page = await openPage(context, site, null);
    const [task, all] = await page.evaluate(async () => {
      let longest = 0;
      let total = 0;
      // A message that is posted when a task begins comes when it has ended.
      const timed = (work: () => void) => {
        const start = performance.now();
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          longest = Math.max(longest, performance.now() - start);
          total += performance.now() - start;
        };
        port2.postMessage(0);
        work();
      };
      const { requestIdleCallback: later } = globalThis;
      globalThis.requestIdleCallback = (work, options) =>
        later((deadline) => timed(() => work(deadline)), options);
      start();
      for (let s = 0; s < 50; s++) {
        for (let i = 0; i < 700; i++) collector.record('latency', Math.random() * 500, { s: `s${s}` });
      }
      await new Promise(requestAnimationFrame);
      await new Promise<void>((resolve) => timed(() => collector.flush().then(resolve)));
      return [longest, total];
    });
    longest.push(task);
    shares.push(task / all);
    await page.close();
  }
  // 5 ms is the aim on a machine with nothing else to do; the test asks for what no other work can spoil.
  console.log(
    `longest task of a first flush: ${show(longest)}; of all its work: ${least(shares).toFixed(2)}`,
  );
  expect(least(shares)).toBeLessThan(0.5);
});
