/** Tests that need Debian's packages: `npm run test:ops`, not `npm test`. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export default defineConfig({
  root,
  resolve: { alias: { '#kernel': `${root}src/wasm/source.embedded.ts` } },
  test: {
    name: 'ops',
    include: ['test/ops/live/**/*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
