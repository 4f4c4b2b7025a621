import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const kernelSource = fileURLToPath(new URL('./src/wasm/source.embedded.ts', import.meta.url));
const shared = {
  resolve: { alias: { '#kernel': kernelSource } },
};

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'release',
          include: ['test/**/*.test.ts'],
          testTimeout: 60_000,
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
          setupFiles: ['test/support/debug-kernel.ts'],
          testTimeout: 120_000,
        },
      },
    ],
  },
});
