/**
 * `npm run test:browsers`: the suites of pages in the browsers of the system. Not among those of `npm test`, which needs
 * nothing but Node and npm.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const pathTo = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const root = pathTo('../../');
const resolve = { alias: { '#kernel': pathTo('../../src/wasm/source.embedded.ts') } };
// A hang is told of late; a machine that does much else fails nothing.
const inTurn = { testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false };

export default defineConfig({
  root,
  test: {
    reporters: ['default', pathTo('../../build/stall-reporter.ts')],
    projects: [
      {
        root,
        resolve,
        test: {
          ...inTurn,
          name: 'firefox',
          include: ['test/browser/pages/**/*.test.ts'],
          env: { KLL_ENGINE: 'firefox' },
        },
      },
      {
        // Tabs before each other, the back/forward cache, a profile that outlives its browser.
        root,
        resolve,
        test: {
          ...inTurn,
          name: 'installed-chromium',
          include: ['test/browser/installed-chromium/**/*.test.ts'],
        },
      },
      {
        root,
        resolve,
        test: { ...inTurn, name: 'webkit', include: ['test/browser/webkit/**/*.test.ts'] },
      },
    ],
  },
});
