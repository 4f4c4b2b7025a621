/**
 * `npm run test:browsers`: the suites of pages in the browsers of the system. Not among those of `npm test`, which needs
 * nothing but Node and npm.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const pathTo = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const root = pathTo('../../');
const resolve = { alias: { '#kernel': pathTo('../../src/wasm/source.embedded.ts') } };
// A hang is told of late; a machine that does much else fails nothing.
const patience = { testTimeout: 120_000, hookTimeout: 120_000 };
const inTurn = { ...patience, fileParallelism: false };
const firefox = { ...patience, env: { KLL_ENGINE: 'firefox' } };
/** What measures a page's own time has the machine to itself. */
const TIMED = ['test/browser/pages/cost.test.ts'];

export default defineConfig({
  root,
  test: {
    // All of them: by itself Vitest keeps one for its own process, which has little to do.
    maxWorkers: availableParallelism(),
    reporters: ['default', pathTo('../../build/stall-reporter.ts')],
    projects: [
      {
        root,
        resolve,
        test: { ...firefox, name: 'firefox', include: ['test/browser/pages/**/*.test.ts'], exclude: TIMED },
      },
      {
        root,
        resolve,
        test: { ...firefox, name: 'firefox-timed', include: TIMED, fileParallelism: false },
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
