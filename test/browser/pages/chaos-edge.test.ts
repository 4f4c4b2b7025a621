/** Pages that die in every way, before an edge on real workerd that dies as well: each value counts once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServedEdge, serveEdge } from '../../../build/serve-edge.js';
import { seededRandom } from '../../support/prng.js';
import { ENGINE, launchBrowser } from '../support/engine.js';
import { LossyNetwork } from '../support/lossy-network.js';
import { drainByNextLoads, endPause, keepProcess } from '../support/next-loads.js';
import { closeByUser, openTab } from '../support/pages.js';
import { Site } from '../support/site.js';

const PAGES = 200;
/** Pages between two moments at which all has to be there. */
const BETWEEN_CHECKS = 10;
/** Pages between two deaths of the edge. */
const BETWEEN_DEATHS = 60;

let folder: string;
let edge: ServedEdge;
let network: LossyNetwork;
let site: Site;
let browser: Browser;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-chaos-'));
  edge = await serveEdge({ folder, output: 'ignore' });
  network = await new LossyNetwork(() => edge.url).start();
  site = await new Site().start();
  site.csp = `default-src 'self' ${network.origin}; script-src 'self' 'wasm-unsafe-eval'`;
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
  await network?.stop();
  edge?.process.kill('SIGKILL');
  await edge?.ended;
  rmSync(folder, { recursive: true, force: true });
});

async function restartEdge(): Promise<void> {
  edge.process.kill('SIGKILL');
  await edge.ended;
  edge = await serveEdge({ folder, output: 'ignore' });
}

/** A public key for pages of the site. */
async function ingestKey(): Promise<string> {
  const response = await fetch(`${edge.url}/v1/admin/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${edge.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ origins: [site.origin], rate: 60_000 }),
  });
  const { key } = (await response.json()) as { key: string };
  return key;
}

/** What the edge has counted of one metric. */
async function counted(): Promise<{ n: number; sum: number | null }> {
  const response = await fetch(`${edge.url}/v1/quantiles?name=work&q=0.5`, {
    headers: { authorization: `Bearer ${edge.token}` },
  });
  const { n, sum, partial } = (await response.json()) as { n: number; sum: number | null; partial: boolean };
  expect(partial).toBe(false);
  return { n, sum };
}

it(`counts each value of ${PAGES} pages once: pages, network and edge die, lose answers and send twice`, async () => {
  const { next: random } = seededRandom(606);
  const chance = (share: number) => random() < share;
  network.passage = () => {
    if (chance(0.08)) return 'request lost';
    if (chance(0.08)) return 'answer lost';
    if (chance(0.1)) return 'twice';
    return chance(0.08) ? 'failed' : 'through';
  };
  const options = { endpoint: `${network.origin}/v1/ingest`, key: await ingestKey() };
  const context = await browser.newContext();
  const base = await context.newPage();
  await keepProcess(base, site);
  const truth = { n: 0, sum: 0 };
  let offline = 0;
  let killed = 0;

  for (let i = 0; i < PAGES; i++) {
    if (i % BETWEEN_DEATHS === BETWEEN_DEATHS - 1) {
      killed++;
      await Promise.all([restartEdge(), visit(i)]);
    } else {
      await visit(i);
    }
    if (i % BETWEEN_CHECKS === BETWEEN_CHECKS - 1) {
      await drainByNextLoads(base, site, options, truth.n, async () => (await counted()).n);
      expect(await counted(), `after page ${i}`).toEqual(truth);
    }
  }

  async function visit(i: number): Promise<void> {
    const page = await openTab(base, site);
    if (chance(0.5)) await endPause(page);
    await page.evaluate((options) => start(options), options);
    const isOffline = chance(0.2);
    if (isOffline) {
      offline++;
      await context.setOffline(true);
    }
    const rounds = 1 + Math.floor(random() * 3);
    for (let round = 0; round < rounds; round++) {
      // Now and then more than a batch carries as they are.
      const length = 1 + Math.floor(random() * (i % 7 === 0 ? 1500 : 40));
      const values = Array.from({ length }, () => Math.floor(random() * 5000));
      truth.n += values.length;
      truth.sum += values.reduce((sum, x) => sum + x, 0);
      const isFlushed = chance(0.4);
      await page.evaluate(
        ([values, isFlushed]) => {
          for (const x of values as number[]) collector.record('work', x);
          if (isFlushed) void collector.flush();
        },
        [values, isFlushed],
      );
    }
    // In the middle of whatever is on its way: the page is told, and has no time left.
    if (chance(0.5)) await page.goto('about:blank').catch(() => {});
    // Firefox ends a page that its driver closes unasked, in the middle of its listeners: no user can do that.
    await (chance(0.5) || ENGINE === 'firefox' ? closeByUser(page) : page.close());
    if (isOffline) await context.setOffline(false);
  }

  console.log(
    `${PAGES} pages, ${truth.n} values, ${offline} offline, edge killed ${killed} times: ${JSON.stringify(network.passed)}, ` +
      `answers ${JSON.stringify([...network.answers])}, ${network.unreached} found no edge`,
  );
  expect(Math.min(offline, killed, ...Object.values(network.passed))).toBeGreaterThan(0);
  // Only 202 for what is new and 200 for what is known: nothing was refused, no id came with other bytes.
  expect([...network.answers.keys()].filter((status) => status !== 200 && status !== 202)).toEqual([]);
  expect(network.answers.get(200)).toBeGreaterThan(0);
  expect(await counted()).toEqual(truth);
}, 1_800_000);
