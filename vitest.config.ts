import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cloudflareTest } from '@cloudflare/vitest-pool-workers';
import { defineConfig } from 'vitest/config';

const pathTo = (file: string) => fileURLToPath(new URL(file, import.meta.url));
/** A hang is told of late; a machine that does much else fails nothing. Milliseconds. */
const patience = { testTimeout: 120_000, hookTimeout: 120_000 };
const shared = {
  resolve: { alias: { '#kernel': pathTo('./src/wasm/source.embedded.ts') } },
};

export default defineConfig({
  test: {
    // All of them: by itself Vitest keeps one for its own process, which has little to do.
    maxWorkers: availableParallelism(),
    projects: [
      {
        ...shared,
        test: {
          name: 'release',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/edge/**',
            'test/browser/chromium/**',
            'test/browser/installed-chromium/**',
            'test/browser/pages/**',
            'test/browser/webkit/**',
            'test/ops/live/**',
            '**/node_modules/**',
          ],
          setupFiles: ['test/support/equal-bytes.ts'],
          ...patience,
        },
      },
      {
        // The same suite of everything that reaches the kernel, on the debug build with its assertions.
        ...shared,
        test: {
          name: 'debug',
          include: [
            'test/core/**/*.test.ts',
            'test/sketch/**/*.test.ts',
            'test/property/**/*.test.ts',
            'test/regression/**/*.test.ts',
          ],
          setupFiles: ['test/support/debug-kernel.ts', 'test/support/equal-bytes.ts'],
          ...patience,
        },
      },
      {
        // What pages do, in the Chromium that npm brings.
        ...shared,
        test: {
          name: 'chromium',
          include: ['test/browser/chromium/**/*.test.ts', 'test/browser/pages/**/*.test.ts'],
          ...patience,
          fileParallelism: false,
        },
      },
      {
        // The objects of the edge, in workerd.
        resolve: { alias: { '#kernel': pathTo('./src/wasm/source.workerd.ts') } },
        plugins: [cloudflareTest({ wrangler: { configPath: pathTo('./test/edge/wrangler.test.toml') } })],
        test: {
          name: 'edge',
          include: ['test/edge/**/*.test.ts'],
          setupFiles: ['test/edge/one-prototype.ts'],
          ...patience,
          // What objects log goes to the terminal by itself. Handed to Vitest, a line that is written while a file ends may
          // be waited for without end: it belongs to an object, and the file's connection to another.
          disableConsoleIntercept: true,
        },
      },
    ],
  },
});
