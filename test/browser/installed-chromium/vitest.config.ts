/** Not among the suites of `npm test`: it needs Chromium on the system, Debian's package or KLL_CHROMIUM. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const pathTo = (file: string) => fileURLToPath(new URL(file, import.meta.url));

export default defineConfig({
  root: pathTo('../../../'),
  resolve: { alias: { '#kernel': pathTo('../../../src/wasm/source.embedded.ts') } },
  test: {
    name: 'installed-chromium',
    include: ['test/browser/installed-chromium/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
