import type { BrowserContext, Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { ENGINE, type Engine } from '../support/engine.js';
import { openPage, until, visit } from '../support/pages.js';
import { useSite } from '../support/use-site.js';

const { browser, site } = useSite();
let context: BrowserContext;
beforeEach(async () => {
  context = await browser().newContext();
  await context.newPage();
  return () => context.close();
});

/** Layout shifts and long tasks are Chromium's alone: elsewhere nothing is sent in their name. */
const onlyIn = (engine: Engine, ...names: string[]) => (ENGINE === engine ? names : []);
const names = () => [...new Set(site.series().map(({ name }) => name))].sort();

describe('web vitals', () => {
  const startVitals = (page: Page, options: object = {}) =>
    page.evaluate(async (options) => {
      start({ sources: [kll.webVitals(await loadVitals(), options)] });
    }, options);

  it('enter once a page, whatever becomes of the page', async () => {
    const page = await openPage(context, site, null, '/page/orders/8231.html?user=7#top');
    await startVitals(page);
    await page.click('button');
    // What was painted is told of some time after it.
    await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0);
    await page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          new PerformanceObserver(() => resolve()).observe({
            type: 'largest-contentful-paint',
            buffered: true,
          });
        }),
    );
    await page.waitForTimeout(300);
    await page.goto(`${site.origin}/elsewhere`);
    await until(() => site.series('lcp').length > 0);
    await visit(page, site, {});
    await until(async () => (await page.evaluate(() => localStorage.length)) === 0);
    // The click may or may not make an interaction that is long enough to be told of.
    expect(names().filter((name) => name !== 'inp')).toEqual([
      ...onlyIn('chromium', 'cls'),
      'fcp',
      'lcp',
      'ttfb',
    ]);
    for (const name of names()) expect([name, site.total(name).n]).toEqual([name, 1]);
    const [{ labels, values }] = site.series('lcp');
    expect(labels).toEqual({ route: '/page/orders/8231.html'.replace('8231.html', ':id') });
    expect(values![0]).toBeGreaterThan(0);
    expect(values![0]).toBeLessThan(60_000);
  });

  it('keep the value of the first hide when they change after it', async () => {
    const page = await openPage(context, site, null);
    // The module's own part: it reports an id again when its value has changed.
    await page.evaluate(async () => {
      const reports: ((metric: object) => void)[] = [];
      const onCLS = (report: (metric: object) => void) => reports.push(report);
      start({ sources: [kll.webVitals({ onCLS } as object)] });
      const [report] = reports;
      report({ name: 'CLS', id: 'v5-1', value: 0.12344 });
      report({ name: 'CLS', id: 'v5-1', value: 0.5 });
      report({ name: 'CLS', id: 'v5-2', value: 0.25, navigationURL: 'https://x.example/cart/77?a=b' });
      await collector.flush();
    });
    expect(site.series('cls').map(({ labels, values }) => [labels, [...values!]])).toEqual([
      [{ route: '/page.html' }, [0.1234]],
      [{ route: '/cart/:id' }, [0.25]],
    ]);
  });

  it('have the labels of the page they belong to, and none of another', async () => {
    const page = await openPage(context, site, null);
    await page.evaluate(async () => {
      const reports: ((metric: object) => void)[] = [];
      const onLCP = (report: (metric: object) => void) => reports.push(report);
      start({
        sources: [kll.webVitals({ onLCP } as object)],
        labels: ({ pathname }: URL) =>
          pathname === '/page.html' ? { route: 'page', view: 'list' } : { route: 'cart' },
      });
      reports[0]({ name: 'LCP', id: 'v5-1', value: 9, navigationURL: 'https://x.example/cart' });
      await collector.flush();
    });
    expect(site.series('lcp').map(({ labels }) => labels)).toEqual([{ route: 'cart' }]);
  });

  it('have the labels of where the page was loaded, wherever a router has gone, when the module does not say', async () => {
    const page = await openPage(context, site, null);
    await page.evaluate(async () => {
      const reports: ((metric: object) => void)[] = [];
      const onLCP = (report: (metric: object) => void) => reports.push(report);
      start({ sources: [kll.webVitals({ onLCP } as object)] });
      history.pushState(null, '', '/page/next');
      reports[0]({ name: 'LCP', id: 'v4-1', value: 9 });
      reports[0]({ name: 'LCP', id: 'v4-2', value: 8, navigationType: 'back-forward-cache' });
      await collector.flush();
    });
    expect(site.series('lcp').map(({ labels, values }) => [labels.route, [...values!]])).toEqual([
      ['/page.html', [9]],
      ['/page/next', [8]],
    ]);
  });

  it('have labels that were cleaned once, as exemplars and recorded values have', async () => {
    const page = await openPage(context, site, null);
    await page.evaluate(async () => {
      const reports: ((metric: object) => void)[] = [];
      const onLCP = (report: (metric: object) => void) => reports.push(report);
      start({
        cleanLabel: (value: string) => `[${value}]`,
        sources: [kll.webVitals({ onLCP } as object, { exemplars: 1 })],
      });
      collector.record('own', 1, { view: 'list' });
      reports[0]({ name: 'LCP', id: 'v1', value: 9, attribution: { target: 'img' } });
      await collector.flush();
    });
    const routes = site.series().map(({ name, labels }) => [name, labels.route]);
    expect(routes.sort()).toEqual([
      ['lcp', '[/page.html]'],
      ['lcp_exemplar', '[/page.html]'],
      ['own', '[/page.html]'],
    ]);
    expect(site.series('own')[0].labels.view).toBe('[list]');
  });

  it('bring exemplars of the slowest when asked, without ids', async () => {
    const page = await openPage(context, site, null);
    await page.evaluate(async () => {
      const reports: ((metric: object) => void)[] = [];
      const onINP = (report: (metric: object) => void) => reports.push(report);
      start({ sources: [kll.webVitals({ onINP } as object, { exemplars: 2 })] });
      [80, 400, 120].forEach((value, i) => {
        reports[0]({
          name: 'INP',
          id: `v${i}`,
          value,
          attribution: { interactionTarget: `#cart-8231>li.row${i}` },
        });
      });
      await collector.flush();
    });
    expect(site.total('inp').n).toBe(3);
    expect(site.series('inp_exemplar').map(({ labels, values }) => [labels.attribution, values![0]])).toEqual(
      [
        ['*>li.row0', 400],
        ['*>li.row0', 120],
      ],
    );
  });
});

describe('the timeline', () => {
  it('tells of navigation, resources, fetches and long tasks, each when asked for', async () => {
    const page = await openPage(context, site, null);
    await page.evaluate(async () => {
      start({
        sources: [kll.navigationTiming(), kll.resourceTiming(), kll.longTasks(), kll.fetchDurations()],
      });
      await fetch('/api/users/123456/orders?token=secret');
      setTimeout(() => {
        for (const end = performance.now() + 80; performance.now() < end; );
      });
    });
    const expected = [
      'fetch',
      ...onlyIn('chromium', 'longtask'),
      'navigation_content_loaded',
      'navigation_interactive',
      'navigation_load',
      'navigation_response',
      'resource',
    ];
    // Observers are told when the browser has time for it.
    await until(async () => {
      await page.evaluate(() => collector.flush());
      return names().length >= expected.length;
    });
    expect(names()).toEqual(expected);
    expect(site.series('fetch').map(({ labels }) => labels)).toEqual([
      { route: '/page.html', target: '/api/users/:id/orders' },
    ]);
    for (const { values } of site.series('longtask')) expect(values![0]).toBeGreaterThanOrEqual(50);
    const sent = site.deliveries.map(({ bytes }) => new TextDecoder('latin1').decode(bytes)).join();
    expect(sent).not.toMatch(/secret|123456|http/);
  });

  it('tells of a navigation once, when the page is loaded', async () => {
    const page = await context.newPage();
    let arrive = () => {};
    const image = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    await page.route('**/slow.png', (route) => image.then(() => route.fulfill()));
    await page.addInitScript(() => {
      addEventListener('DOMContentLoaded', () => {
        document.body.append(Object.assign(new Image(), { src: '/slow.png' }));
      });
    });
    await page.goto(`${site.origin}/page.html`, { waitUntil: 'commit' });
    await page.waitForFunction(() => globalThis.isReady);
    await page.evaluate(() => start({ sources: [kll.navigationTiming()] }));
    await page.waitForTimeout(300);
    arrive();
    await until(async () => {
      await page.evaluate(() => collector.flush());
      return names().includes('navigation_load');
    });
    await page.waitForTimeout(300);
    await page.evaluate(() => collector.flush());
    expect(names()).toEqual([
      'navigation_content_loaded',
      'navigation_interactive',
      'navigation_load',
      'navigation_response',
    ]);
    for (const name of names()) expect([name, site.total(name).n]).toEqual([name, 1]);
  });

  it('tells of a prerendered page when it is shown', async () => {
    const page = await openPage(context, site, null);
    // What a browser does to a page that it renders ahead, said by hand: headless ones render none.
    await page.evaluate(() => {
      Object.defineProperty(document, 'prerendering', { value: true, configurable: true });
      start({ sources: [kll.navigationTiming(), kll.resourceTiming()] });
    });
    await page.waitForTimeout(300);
    await page.evaluate(() => collector.flush());
    expect(names()).toEqual([]);
    await page.evaluate(() => {
      Object.defineProperty(document, 'prerendering', { value: false });
      document.dispatchEvent(new Event('prerenderingchange'));
    });
    await until(async () => {
      await page.evaluate(() => collector.flush());
      return names().includes('navigation_load') && names().includes('resource');
    });
    expect(site.total('navigation_load').n).toBe(1);
  });

  it('measures none of its own requests', async () => {
    const page = await openPage(context, site, { flush: { interval: 1000 } });
    await page.evaluate(async () => {
      start({ sources: [kll.resourceTiming(), kll.fetchDurations()] });
    });
    // One that is measured makes another, for ever: there is an end of them.
    const sentBy = async (ms: number) => {
      const before = site.deliveries.length;
      await page.waitForTimeout(ms);
      await page.evaluate(() => collector.flush());
      return site.deliveries.length - before;
    };
    await until(async () => (await sentBy(200)) > 0);
    await until(async () => (await sentBy(1000)) === 0);
    expect(site.series('fetch')).toEqual([]);
    const { length } = site.series('resource').filter(({ labels }) => /fetch|beacon/.test(labels.type));
    expect(length).toBe(0);
  });

  it('measures requests whose address begins as that of the endpoint', async () => {
    const page = await openPage(context, site, null);
    await page.evaluate(async () => {
      start({ sources: [kll.fetchDurations()] });
      await fetch('/v1/ingested-orders');
    });
    await until(async () => {
      await page.evaluate(() => collector.flush());
      return names().includes('fetch');
    });
    expect(site.series('fetch').map(({ labels }) => labels.target)).toEqual(['/v1/ingested-orders']);
  });

  it('does nothing where the browser lacks it', async () => {
    const page = await openPage(context, site, null);
    await page.evaluate(async () => {
      Object.defineProperty(globalThis, 'PerformanceObserver', { value: undefined });
      start({ sources: [kll.longTasks(), kll.navigationTiming(), kll.resourceTiming()] });
      collector.record('own', 1);
      await collector.flush();
    });
    expect(names()).toEqual(['own']);
    expect(await page.evaluate(() => told)).toEqual([]);
  });
});
