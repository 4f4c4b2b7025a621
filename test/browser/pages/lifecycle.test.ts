import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ENGINE, launchBrowser } from '../support/engine.js';
import { closeByUser, goBackTo, openPage, storedBatches, until, visit } from '../support/pages.js';
import { Site } from '../support/site.js';

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
  // With its last page a context ends.
  await context.newPage();
  return () => context.close();
});

const record = (page: Page, count: number) =>
  page.evaluate((count) => {
    for (let i = 1; i <= count; i++) collector.record('search', i);
  }, count);
/** Headless pages are never hidden by themselves: what a browser does then, said by hand. */
const setVisibility = (page: Page, state: 'hidden' | 'visible') =>
  page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, state);
const beacons = () => site.deliveries.filter(({ isBeacon }) => isBeacon);
const fetches = () => site.deliveries.filter(({ isBeacon }) => !isBeacon);
const different = () => new Set(site.deliveries.map(({ id }) => id)).size;

describe('while the page lives', () => {
  it('sends by fetch, as text, without cookies, the key inside', async () => {
    await context.addCookies([{ name: 'session', value: '1', url: site.origin }]);
    const page = await openPage(context, site);
    await record(page, 10);
    await page.evaluate(() => collector.flush());
    const [delivery] = site.deliveries;
    expect(delivery).toMatchObject({ isBeacon: false, contentType: 'text/plain', key: 'ik_test' });
    expect(delivery.cookie).toBeUndefined();
    expect(delivery.series[0]).toMatchObject({ name: 'search', labels: { route: '/page.html' } });
    expect(site.total()).toEqual({ n: 10, sum: 55 });
    expect(await storedBatches(page)).toBe(0);
  });

  it('sends by itself after the interval, and again only when there is something to send', async () => {
    const page = await openPage(context, site, { flush: { interval: 1000 } });
    await record(page, 3);
    await until(() => site.total().n === 3);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(site.deliveries).toHaveLength(1);
  });

  it('is not begun with an endpoint that is no URL there, and leaves nothing behind', async () => {
    const page = await openPage(context, site, null);
    for (const endpoint of ['http://', 'https://edge.example:port/', '', 7, undefined]) {
      const refused = await page.evaluate((endpoint) => {
        try {
          kll.createCollector({ endpoint: endpoint as string });
        } catch (error) {
          const { name, code, argument } = error as Error & { code: string; argument: string };
          return { name, code, argument };
        }
      }, endpoint);
      expect(refused).toEqual({
        name: 'SketchArgumentError',
        code: 'ERR_ARGUMENT_TYPE',
        argument: 'endpoint',
      });
    }
    expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0);
  });

  it('is not begun with options of another type, and leaves nothing behind', async () => {
    const page = await openPage(context, site, null);
    const wrong = ['labels', 'cleanLabel', 'beforeSend', 'onError', 'sources'].flatMap((argument) =>
      [7, 0, null].map((value) => ({ argument, value })),
    );
    for (const { argument, value } of wrong) {
      const refused = await page.evaluate(
        ({ argument, value }) => {
          try {
            kll.createCollector({ endpoint: 'https://edge.example', [argument]: value });
          } catch (error) {
            const { name, code, argument } = error as Error & { code: string; argument: string };
            return { name, code, argument };
          }
        },
        { argument, value },
      );
      expect(refused).toEqual({ name: 'SketchArgumentError', code: 'ERR_ARGUMENT_TYPE', argument });
    }
    expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0);
  });

  it('says nothing while consent is missing, and stores nothing', async () => {
    const page = await openPage(context, site, null);
    await page.evaluate(() => {
      const consent = { isGiven: false };
      Object.assign(globalThis, { consent });
      start({ consent: () => consent.isGiven });
    });
    await record(page, 5);
    await page.evaluate(() => collector.flush());
    await setVisibility(page, 'hidden');
    await page.evaluate(() => dispatchEvent(new Event('online')));
    expect(site.deliveries).toHaveLength(0);
    expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0);
    await page.evaluate(() => {
      (globalThis as unknown as { consent: { isGiven: boolean } }).consent.isGiven = true;
      return collector.flush();
    });
    expect(site.total()).toEqual({ n: 5, sum: 15 });
  });

  it('sends no more once consent is withdrawn, a flush that goes on included', async () => {
    const page = await openPage(context, site, null);
    await page.evaluate(async () => {
      let isGiven = true;
      start({ consent: () => isGiven });
      await lookedBack();
      // Its first batch is on its way when the other is at hand.
      for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
        for (let i = 0; i < 300; i++) collector.record(name, i);
      }
      const flushed = collector.flush();
      isGiven = false;
      await flushed;
    });
    expect(site.deliveries).toHaveLength(0);
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
  });

  it('sends and writes nothing more once consent is withdrawn, while a batch is on its way', async () => {
    const page = await openPage(context, site, null);
    const { bodies, touched } = await page.evaluate(async () => {
      let isGiven = true;
      start({ consent: () => isGiven });
      await lookedBack();
      // More than 4096 bytes: a second try goes without keepalive.
      for (let i = 0; i < 700; i++) collector.record(`long${i % 2}`, Math.random());
      const touched: string[] = [];
      let bodies = 0;
      globalThis.fetch = async () => {
        bodies++;
        isGiven = false;
        for (const name of ['getItem', 'setItem', 'removeItem'] as const) {
          Storage.prototype[name] = () => {
            touched.push(name);
            return null;
          };
        }
        throw new TypeError('no network');
      };
      await collector.flush();
      return { bodies, touched };
    });
    expect({ bodies, touched }).toEqual({ bodies: 1, touched: [] });
  });

  it('asks for the labels of the page once a task, also when they threw or change at the same URL', async () => {
    const page = await openPage(context, site, null);
    const asked = await page.evaluate(async () => {
      const answers = ['', 'first', 'second', 'second'];
      let asked = 0;
      start({
        labels: () => {
          const view = answers[asked++];
          if (!view) throw new Error('not yet');
          return { view };
        },
      });
      for (const _ of answers) {
        for (let i = 0; i < 3; i++) collector.record('search', 1);
        await new Promise((resolve) => setTimeout(resolve));
      }
      await collector.flush();
      return asked;
    });
    expect(asked).toBe(4);
    expect(site.series('search').map(({ labels, values }) => [labels, values!.length])).toEqual([
      [{}, 3],
      [{ view: 'first' }, 3],
      [{ view: 'second' }, 6],
    ]);
  });

  it('takes and drops values in a session that is not sampled', async () => {
    const page = await openPage(context, site, { sample: 0 });
    await record(page, 5);
    await page.evaluate(() => collector.flush());
    expect(site.deliveries).toHaveLength(0);
    expect(await page.evaluate(() => collector.stats.isSampled)).toBe(false);
  });

  it('lets the page see, change and drop what is sent', async () => {
    const page = await openPage(context, site, null);
    await page.evaluate(async () => {
      start({ beforeSend: (series: { name: string }[]) => series.filter(({ name }) => name !== 'private') });
      collector.record('private', 1);
      collector.record('public', 2);
      await collector.flush();
    });
    expect(site.series().map(({ name }) => name)).toEqual(['public']);
  });

  it('sends what it has when it is stopped, and takes no more', async () => {
    const page = await openPage(context, site, { flush: { interval: 1000 } });
    await record(page, 4);
    await page.evaluate(() => collector.stop());
    await until(() => site.total().n === 4);
    await record(page, 3);
    await setVisibility(page, 'hidden');
    await page.evaluate(() => collector.flush());
    await page.waitForTimeout(1500);
    expect(site.total()).toEqual({ n: 4, sum: 10 });
  });

  it('goes on sending after it is stopped until the endpoint has what it took, in memory too', async () => {
    site.fate = () => ({ status: 503, headers: { 'retry-after': '1' } });
    const page = await openPage(context, site, { store: false, flush: { interval: 1000 } });
    await record(page, 3);
    await page.evaluate(() => collector.flush());
    expect(site.total().n).toBe(0);
    await record(page, 4);
    await page.evaluate(() => collector.stop());
    site.fate = () => ({});
    await until(() => site.total().n === 7);
    await until(() => page.evaluate(() => collector.stats.queued === 0));
    expect(site.total()).toEqual({ n: 7, sum: 16 });
  });

  it('times promises until they are settled, those of other realms and of replaced globals too', async () => {
    const page = await openPage(context, site);
    await page.evaluate(async () => {
      const frame = document.body.appendChild(document.createElement('iframe'));
      const Native = Promise;
      const Other = (frame.contentWindow as unknown as { Promise: typeof Promise }).Promise;
      await collector.time('other', () => new Other((resolve) => setTimeout(resolve, 100)));
      // As zone.js does.
      globalThis.Promise = class {} as unknown as typeof Promise;
      const timed = collector.time('replaced', async () => {
        await new Native((resolve) => setTimeout(resolve, 100));
      });
      globalThis.Promise = Native;
      await timed;
      collector.time('plain', () => null);
      await collector.flush();
    });
    expect(site.series('other')[0].values![0]).toBeGreaterThan(95);
    expect(site.series('replaced')[0].values![0]).toBeGreaterThan(95);
    expect(site.total('plain').n).toBe(1);
  });

  it('splits what is more than a beacon holds into batches with ids of their own', async () => {
    const page = await openPage(context, site, { k: 1024, maxSeries: 200 });
    await page.evaluate(async () => {
      for (let s = 0; s < 20; s++) {
        // No decimals give them back: eight bytes each.
        for (let i = 0; i < 1000; i++) collector.record('wide', Math.random() * 1e300, { s: `s${s}` });
      }
      await collector.flush();
    });
    expect(site.taken.size).toBeGreaterThan(1);
    expect(Math.max(...site.deliveries.map(({ bytes }) => bytes.length))).toBeLessThan(65_536);
    expect(site.total('wide').n).toBe(20_000);
  });
});

it('records nothing, and throws nothing into the page, where names, labels or what cleans them throw', async () => {
  const page = await openPage(context, site, null);
  const told = await page.evaluate(async () => {
    const told: string[] = [];
    start({
      cleanLabel: (value: string) => {
        if (value === 'bad') throw new Error('no');
        return value;
      },
      onError: (error: Error & { code: string }) => told.push(error.code),
    });
    const given: unknown[] = [
      ['search', 1, { page: 'bad' }],
      ['search', 1, { page: Symbol('a') }],
      ['search', 1, { page: Object.create(null) }],
      [Symbol('search'), 1],
      [Symbol('search'), 'no number'],
    ];
    for (const one of given) (collector.record as (...given: unknown[]) => void)(...(one as unknown[]));
    collector.record('search', 2, { page: 'good' });
    await collector.flush();
    return told;
  });
  expect(told).toEqual(['ERR_CALLBACK']);
  await until(() => site.total('search').n > 0);
  expect(site.total('search')).toEqual({ n: 1, sum: 2 });
});

it('goes on where a source, what it adds or what ends it throws, or gives no end', async () => {
  const page = await openPage(context, site, null);
  const codes = await page.evaluate(async () => {
    const fail = () => {
      throw new Error('no');
    };
    start({
      sources: [
        (target: { extra(take: () => never): void }) => {
          target.extra(fail);
          return fail;
        },
        async () => () => {},
        fail,
        kll.fetchDurations({ template: fail }),
      ],
    });
    collector.record('search', 2);
    await fetch('/api/orders');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await collector.flush();
    collector.stop();
    return told;
  });
  expect(codes).toEqual(['ERR_CALLBACK']);
  expect(site.series().map(({ name }) => name)).toEqual(['search']);
});

describe('when the page leaves', () => {
  it('keeps what it has where a beacon throws', async () => {
    const page = await openPage(context, site);
    await page.evaluate(() => lookedBack());
    await record(page, 4);
    const thrown = await page.evaluate(() => {
      const thrown: string[] = [];
      addEventListener('error', ({ message }) => thrown.push(message));
      navigator.sendBeacon = () => {
        throw new TypeError('only over HTTP(S)');
      };
      dispatchEvent(new PageTransitionEvent('pagehide'));
      collector.stop();
      return thrown;
    });
    expect(thrown).toEqual([]);
    expect(await storedBatches(page)).toBe(1);
  });

  it('stores, sends a beacon of the same bytes, and confirms it by fetch on the next load', async () => {
    const page = await openPage(context, site);
    await record(page, 10);
    await page.goto(`${site.origin}/elsewhere`);
    await until(() => beacons().length > 0);
    expect(beacons()[0].contentType).toBe('text/plain');
    await until(async () => (await storedBatches(page)) === 1);
    await visit(page, site);
    await until(() => fetches().length === 1);
    await until(async () => (await storedBatches(page)) === 0);
    expect(fetches()[0].bytes).toEqual(beacons()[0].bytes);
    expect(site.conflicts).toBe(0);
    expect(site.total()).toEqual({ n: 10, sum: 55 });
  });

  it('sends when it is closed', async () => {
    let closed = 0;
    // Every page hands a beacon to the browser. A busy one may end a process before it has sent what it accepted from
    // it: of ten beacons one has to arrive.
    do {
      const page = await openPage(context, site);
      await page.evaluate(() => countBeacons());
      await record(page, 4);
      await closeByUser(page);
      const next = await openPage(context, site);
      closed++;
      await until(async () => (await next.evaluate(() => acceptedBeacons())) >= closed);
      await until(() => site.total().n === 4 * closed);
      await until(async () => (await storedBatches(next)) === 0);
      await next.close();
    } while (!beacons().length && closed < 10);
    expect(beacons().length).toBeGreaterThan(0);
    expect(site.conflicts).toBe(0);
  });

  it('sends at each hide what came since, and confirms when it is seen again', async () => {
    const page = await openPage(context, site);
    await record(page, 2);
    await setVisibility(page, 'hidden');
    await until(() => site.total().n === 2);
    await setVisibility(page, 'visible');
    await until(async () => (await storedBatches(page)) === 0);
    await record(page, 3);
    await setVisibility(page, 'hidden');
    await until(() => site.total().n === 5);
    expect(different()).toBe(2);
  });

  it('sends what listeners of the document record at the hide, those that were added later too', async () => {
    const page = await openPage(context, site);
    await page.evaluate(() =>
      document.addEventListener('visibilitychange', () => collector.record('late', 5)),
    );
    await record(page, 2);
    await setVisibility(page, 'hidden');
    await until(() => site.total().n > 0);
    expect(site.total('late')).toEqual({ n: 1, sum: 5 });
    expect(site.total('search')).toEqual({ n: 2, sum: 3 });
  });

  it('sends when it freezes', async () => {
    const page = await openPage(context, site);
    await setVisibility(page, 'hidden');
    await record(page, 2);
    await page.evaluate(() => document.dispatchEvent(new Event('freeze')));
    await until(() => site.total().n === 2);
  });

  it('goes on when the back/forward cache gives it back, and confirms what it sent before', async () => {
    const page = await openPage(context, site);
    await record(page, 2);
    // What a browser says to a page that it keeps, said by hand: headless ones keep none.
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
    await until(() => beacons().length === 1);
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
    await until(async () => (await storedBatches(page)) === 0);
    await record(page, 3);
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
    await until(() => site.total().n === 5);
    expect(different()).toBe(2);
    expect(site.total()).toEqual({ n: 5, sum: 9 });
  });

  it('goes on after it comes back through history', async () => {
    const page = await openPage(context, site);
    await record(page, 2);
    await page.goto(`${site.origin}/page-b.html`);
    await goBackTo(page, site, '/page.html');
    // A page that was loaded anew has no collector yet.
    const isKept = await page.evaluate(() => typeof globalThis.collector === 'object');
    // Firefox keeps it; the Chromium that npm brings keeps none.
    expect(isKept).toBe(ENGINE === 'firefox');
    if (!isKept) await page.evaluate(() => start());
    await record(page, 3);
    await page.evaluate(() => collector.flush());
    await until(() => site.total().n === 5);
    await until(async () => (await storedBatches(page)) === 0);
    expect(site.total()).toEqual({ n: 5, sum: 9 });
    expect(site.conflicts).toBe(0);
  });
});

describe('when the endpoint cannot take it', () => {
  it('sends after the network is back, from the next page', async () => {
    const page = await openPage(context, site);
    await record(page, 7);
    await context.setOffline(true);
    await page.evaluate(() => collector.flush());
    await setVisibility(page, 'hidden');
    await closeByUser(page);
    expect(site.taken.size).toBe(0);
    await context.setOffline(false);
    await openPage(context, site);
    await until(() => site.total().n === 7);
    expect(site.total()).toEqual({ n: 7, sum: 28 });
  });

  it('sends again, once counted, when the answer was lost', async () => {
    let lost = 0;
    site.fate = () => (lost++ === 0 ? { lose: 'answer' } : {});
    const page = await openPage(context, site);
    await record(page, 6);
    await page.evaluate(() => collector.flush());
    expect(await storedBatches(page)).toBe(1);
    // The pause after a failure is not the endpoint's wish: a page that finds a network again ends it.
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await until(() => site.deliveries.length >= 2);
    await until(async () => (await storedBatches(page)) === 0);
    expect(site.conflicts).toBe(0);
    expect(site.total()).toEqual({ n: 6, sum: 21 });
  });

  it('waits twice as long after each failure, from five seconds on, by chance as little as half of it', async () => {
    site.fate = () => ({ status: 503 });
    const page = await openPage(context, site);
    await record(page, 1);
    await page.evaluate(() => collector.flush());
    for (const longest of [5000, 10_000, 20_000, 40_000]) {
      const deliveries = site.deliveries.length;
      const pause = await page.evaluate(() => {
        const [key] = Object.keys(localStorage).filter((name) => name.endsWith(':pause'));
        return Number(localStorage[key]) - Date.now();
      });
      expect(pause).toBeLessThanOrEqual(longest);
      // It has begun: the machine may be slow.
      expect(pause).toBeGreaterThan(longest / 2 - 2000);
      // A page that finds a network again ends it, and tries at once.
      await page.evaluate(() => dispatchEvent(new Event('online')));
      await until(() => site.deliveries.length > deliveries);
      await page.evaluate(() => collector.flush());
    }
  });

  it('waits as long as Retry-After says, beacons and other pages too', async () => {
    site.fate = () => ({ status: 429, headers: { 'retry-after': '5' } });
    const page = await openPage(context, site);
    await record(page, 1);
    await page.evaluate(() => collector.flush());
    site.fate = () => ({});
    await record(page, 1);
    await page.evaluate(() => collector.flush());
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await setVisibility(page, 'hidden');
    await closeByUser(page);
    const next = await openPage(context, site, { flush: { interval: 1000 } });
    await next.evaluate(() => collector.flush());
    // Nobody loads another page, and nothing is recorded in this one: what former pages left goes when the wait is over.
    await until(() => site.total().n === 2);
    await until(async () => (await storedBatches(next)) === 0);
    const [refused, ...later] = site.deliveries.map(({ at }) => at);
    expect(later).toHaveLength(2);
    expect(Math.min(...later) - refused).toBeGreaterThanOrEqual(5000);
  });

  it.each([
    ['that was made after it', false],
    ['whose own batch fails later', true],
  ])('waits as long as Retry-After says in a page %s', async (_, isLater) => {
    const wait = () => ({ status: 429, headers: { 'retry-after': '600' } });
    const pauses = (page: Page) =>
      page.evaluate(() =>
        Math.max(
          ...Object.keys(localStorage).map((key) =>
            /:(pause|asked)$/.test(key) ? Number(localStorage[key]) - Date.now() : 0,
          ),
        ),
      );
    const asked = await openPage(context, site);
    await asked.evaluate(() => lookedBack());
    await record(asked, 1);
    let flushed: Promise<void> | undefined;
    let other: Page | undefined;
    if (isLater) {
      other = await openPage(context, site);
      await other.evaluate(() => lookedBack());
      await record(other, 2);
      site.fate = () => ({ status: 503, delayMs: 1500 });
      flushed = other.evaluate(() => collector.flush());
      await until(() => site.deliveries.length === 1);
    }
    site.fate = wait;
    await asked.evaluate(() => collector.flush());
    await flushed;
    other ??= await openPage(context, site);
    const seenBy = other;
    await until(async () => (await pauses(seenBy)) > 500_000);
    const { length } = site.deliveries;
    await other.evaluate(() => dispatchEvent(new Event('online')));
    await other.waitForTimeout(500);
    expect(site.deliveries).toHaveLength(length);
    expect(await pauses(other)).toBeGreaterThan(500_000);
  });

  it('keeps a batch that was answered by a redirect', async () => {
    site.fate = () => ({ status: 302, headers: { location: '/login' } });
    const page = await openPage(context, site);
    await record(page, 1);
    await page.evaluate(() => collector.flush());
    expect(await storedBatches(page)).toBe(1);
    expect(site.requests).not.toContain('/login');
  });

  it('sends what a former page could not, when the pause after its failure is over', async () => {
    site.fate = () => ({ lose: 'request' });
    const page = await openPage(context, site);
    await record(page, 3);
    await page.evaluate(() => collector.flush());
    await page.goto(`${site.origin}/elsewhere`);
    site.fate = () => ({});
    await visit(page, site, { flush: { interval: 1000 } });
    await until(async () => (await storedBatches(page)) === 0);
    expect(site.total()).toEqual({ n: 3, sum: 6 });
    expect(site.conflicts).toBe(0);
  });

  it.each([500, 503, 507, 408])('keeps a batch that was answered %i', async (status) => {
    site.fate = () => ({ status });
    const page = await openPage(context, site);
    await record(page, 1);
    await page.evaluate(() => collector.flush());
    expect(await storedBatches(page)).toBe(1);
    expect(await page.evaluate(() => told)).toEqual([]);
  });

  it.each([
    400, 403, 409, 410, 413,
  ])('forgets a batch that was answered %i, and says so once', async (status) => {
    site.fate = () => ({ status });
    const page = await openPage(context, site);
    for (let i = 0; i < 2; i++) {
      await record(page, 1);
      await page.evaluate(() => collector.flush());
    }
    expect(await storedBatches(page)).toBe(0);
    expect(await page.evaluate(() => told)).toEqual(['ERR_REFUSED']);
    expect(site.deliveries).toHaveLength(2);
  });

  it('gives a batch up after 24 hours', async () => {
    site.fate = () => ({ status: 503 });
    const page = await openPage(context, site);
    // Late in doing so, it would send what it knows to be younger.
    await page.evaluate(() => lookedBack());
    await record(page, 1);
    await page.evaluate(() => collector.flush());
    site.fate = () => ({});
    await page.evaluate(() => {
      for (const key of Object.keys(localStorage)) {
        if (key.endsWith(':pause')) localStorage.removeItem(key);
        else
          localStorage[key] = localStorage[key].replace(/^\d+/, (ms: string) => String(+ms - 25 * 3_600_000));
      }
    });
    const next = await openPage(context, site, null);
    // Not before it sees the batch, and sees it as old.
    await until(() =>
      next.evaluate(() =>
        Object.values(localStorage).some((text) => Number.parseFloat(text) < Date.now() - 24 * 3_600_000),
      ),
    );
    await next.evaluate(() => start());
    await until(() => next.evaluate(() => told.includes('ERR_EXPIRED')));
    expect(await storedBatches(next)).toBe(0);
    expect(site.taken.size).toBe(0);
  });

  it('gives up the oldest batches when the queue is full', async () => {
    site.fate = () => ({ status: 503 });
    const page = await openPage(context, site);
    await page.evaluate(async () => {
      for (let i = 0; i < 70; i++) {
        collector.record('x', i);
        await collector.flush();
      }
    });
    expect(await storedBatches(page)).toBe(64);
    expect(await page.evaluate(() => [told, collector.stats.queued])).toEqual([['ERR_OUTBOX_FULL'], 64]);
    site.fate = () => ({});
    // Gone before the pause ends: its beacons would come when the next test has begun.
    await closeByUser(page);
    const next = await openPage(context, site, null);
    await next.evaluate(() => {
      for (const key of Object.keys(localStorage)) if (key.endsWith(':pause')) localStorage.removeItem(key);
      start();
    });
    await until(() => site.taken.size === 64);
    await until(async () => (await storedBatches(next)) === 0);
    // 0..5 are gone: their values are the smallest.
    expect(site.total()).toEqual({ n: 64, sum: (69 * 70) / 2 - 15 });
  });

  it('goes on in memory where storage is full', async () => {
    const page = await openPage(context, site);
    await page.evaluate(() => {
      for (let size = 2 ** 22; size >= 1; size >>= 1) {
        try {
          for (let i = 0; ; i++) localStorage.setItem(`fill${size}.${i}`, 'x'.repeat(size));
        } catch {}
      }
    });
    await record(page, 5);
    await page.evaluate(() => collector.flush());
    expect(site.total()).toEqual({ n: 5, sum: 15 });
    expect(await page.evaluate(() => told)).toEqual([]);
  });

  it('goes on in memory where storage is blocked', async () => {
    // A sandboxed page has an origin of its own, and reading localStorage throws.
    site.csp = `sandbox allow-scripts; default-src ${site.origin}`;
    const page = await openPage(context, site, { endpoint: `${site.origin}/v1/ingest` });
    expect(
      await page.evaluate(() => {
        try {
          return typeof localStorage;
        } catch (error) {
          return (error as Error).name;
        }
      }),
    ).toBe('SecurityError');
    await record(page, 5);
    await page.evaluate(() => collector.flush());
    expect(site.total()).toEqual({ n: 5, sum: 15 });
    await record(page, 2);
    await page.goto(`${site.origin}/elsewhere`);
    await until(() => site.total().n === 7);
    expect(beacons()).toHaveLength(1);
  });
});

describe('two tabs', () => {
  it('do not send the same stored batch at once', async () => {
    site.fate = () => ({ status: 503, headers: { 'retry-after': '0' } });
    const first = await openPage(context, site);
    await record(first, 5);
    // What is on its way by fetch when the page leaves gets no beacon.
    await first.evaluate(() => lookedBack());
    await first.evaluate(() => collector.flush());
    await first.goto(`${site.origin}/elsewhere`);
    await until(() => beacons().length === 1);
    const before = site.deliveries.length;
    let answer = () => {};
    const after = new Promise<void>((resolve) => {
      answer = resolve;
    });
    site.fate = () => ({ after });
    const tabs = await Promise.all([openPage(context, site), openPage(context, site)]);
    await until(() => site.taken.size === 1);
    // Both have looked by then: behind their idle work, and behind what they asked of the lock.
    for (const tab of tabs) {
      await tab.evaluate(async () => {
        await new Promise((resolve) => requestIdleCallback(resolve));
        await navigator.locks.query();
      });
    }
    answer();
    await until(async () => (await storedBatches(tabs[0])) === 0);
    expect(site.deliveries.length - before).toBe(1);
    expect(site.total()).toEqual({ n: 5, sum: 15 });
  });

  it('keep their own batches apart', async () => {
    const [a, b] = await Promise.all([openPage(context, site), openPage(context, site)]);
    await Promise.all([record(a, 3), record(b, 4)]);
    await Promise.all([a, b].map((page) => page.evaluate(() => collector.flush())));
    expect(site.total()).toEqual({ n: 7, sum: 16 });
    expect(site.conflicts).toBe(0);
    await until(async () => (await storedBatches(a)) === 0);
  });
});
