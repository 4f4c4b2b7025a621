/** Views that a page changes to by itself, as a Chromium that knows soft navigations tells of them. */
import { expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { openPage, until } from '../support/pages.js';
import { useSite } from '../support/use-site.js';

const { browser, site } = useSite(() => launchChromium(['--enable-blink-features=SoftNavigationHeuristics']));

it.each([
  ['counts it as a page of its own route', undefined, ['/page-two', '/page.html']],
  ['leaves it out where the page says so', false, ['/page.html']],
])('%s', async (_, softNavigations, routes) => {
  const context = await browser().newContext();
  const page = await openPage(context, site, null);
  await page.evaluate(async (softNavigations) => {
    // This Chromium has the entries under their former names; web-vitals asks for those they have by now.
    const names = globalThis as unknown as Record<string, { prototype: object }>;
    names.PerformanceSoftNavigation ??= names.SoftNavigationEntry;
    Object.defineProperty(names.PerformanceSoftNavigation.prototype, 'getLargestInteractionContentfulPaint', {
      value(this: { largestInteractionContentfulPaint: unknown }) {
        return this.largestInteractionContentfulPaint;
      },
    });
    const vitals = await loadVitals();
    const options = softNavigations === undefined ? {} : { softNavigations };
    start({
      labels: ({ pathname }: URL) => ({ route: pathname }),
      sources: [kll.webVitals(vitals, options)],
    });
    document.querySelector('button')!.addEventListener('click', () => {
      history.pushState(null, '', '/page-two');
      const view = document.createElement('p');
      view.style.fontSize = '80px';
      view.textContent = 'Another view, of many words. '.repeat(10);
      document.querySelector('h1')!.replaceWith(view);
    });
  }, softNavigations);
  await page.click('button');
  await page.waitForFunction(
    () =>
      new Promise((resolve) => {
        new PerformanceObserver(() => resolve(true)).observe({ type: 'soft-navigation', buffered: true });
      }),
  );
  const routesOf = (name: string) =>
    site
      .series(name)
      .map(({ labels }) => labels.route)
      .sort();
  await until(async () => {
    await page.evaluate(() => collector.flush());
    return routesOf('fcp').length >= routes.length;
  });
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  });
  await until(() => routesOf('cls').length >= routes.length);
  // Each once: of first paint, of what moved.
  expect(routesOf('fcp')).toEqual(routes);
  expect(routesOf('cls')).toEqual(routes);
  expect(site.series('fcp').every(({ values }) => values!.length === 1)).toBe(true);
  await context.close();
});
