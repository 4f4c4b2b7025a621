import type { BrowserContext } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { ADDRESSES, addressesIn, printed } from '../../metrics/addresses.js';
import { openPage, until } from '../support/pages.js';
import { useSite } from '../support/use-site.js';

const { browser, site } = useSite();
let context: BrowserContext;
beforeEach(async () => {
  context = await browser().newContext();
  return () => context.close();
});

/** Bare host names are names like any other: who runs a page may want to tell its hosts apart. */
const GIVEN = ADDRESSES.filter((address) => address !== 'www.shop.example');

describe('addresses of pages and people', () => {
  it('stand neither on the console, nor in what is stored, nor in what is sent', async () => {
    const page = await openPage(context, site, null);
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(printed(error)));
    // Nothing is taken at first: what is sent lies in the storage of the page.
    site.fate = () => ({ status: 503 });
    await page.evaluate(async (addresses) => {
      globalThis.collector = kll.createCollector({
        endpoint: '/v1/ingest',
        key: 'ik_test',
        maxSeries: 3,
        labels: () => {
          throw new Error(`a callback of the page: ${addresses.join()}`);
        },
      });
      for (const address of addresses) {
        collector.record(address, 1, { page: address });
        collector.record('opened', 1, { [address]: address });
        collector.record(address, address as never);
      }
      await collector.flush();
    }, GIVEN);
    const stored = await page.evaluate(() => JSON.stringify(Object.entries(localStorage)));
    expect(stored).toContain('kll:');
    site.fate = () => ({});
    await until(async () => {
      await page.evaluate(() => collector.flush());
      return site.series().length > 0;
    });
    expect(site.total('opened').n).toBe(GIVEN.length);
    // Each kind of error is told of once: a value, a callback, too many series.
    await until(() => said.filter((text) => text.includes('CollectorError')).length >= 3);
    const stats = await page.evaluate(() => JSON.stringify(collector.stats));
    const bytes = site.deliveries.map((delivery) => new TextDecoder('latin1').decode(delivery.bytes));
    const series = site.series().map(({ name, labels }) => printed([name, labels]));
    expect(addressesIn(own([...said, stored, stats, ...bytes, ...series].join('\n')))).toEqual([]);
  });

  it('of the page itself leave it as its route', async () => {
    const page = await openPage(
      context,
      site,
      null,
      '/page/orders/zq8231xy.html?from=alice%40mail.example#top',
    );
    await page.evaluate(async () => {
      start();
      collector.record('opened', 1);
      await collector.flush();
    });
    await until(() => site.series('opened').length > 0);
    expect(site.series('opened')[0].labels).toEqual({ route: '/page/orders/:id' });
    const bytes = site.deliveries.map((delivery) => new TextDecoder('latin1').decode(delivery.bytes));
    expect(addressesIn(bytes.join('\n'))).toEqual([]);
  });
});

/** Without the address of the site itself, which browsers put before lines of their console. */
function own(text: string): string {
  return text.replaceAll(site.origin, '');
}
