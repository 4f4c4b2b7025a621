/** The size budget: what a page pays for the core entry, kernel and wire included, and for the collector. Fails when it is passed. */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * gzip -9, bytes. `core` is what is reached: passing it is a decision, which docs/performance.md gives with what was bought;
 * `aim` is what it has to come to: what is still missing is printed with every build.
 */
export const BUDGET = { core: 22_480, aim: 14_000, collector: 8_140, collectorKernel: 6_500 };

/**
 * Minified and gzipped size of an entry as a browser's bundler would ship it.
 * @param apart files that are fetched when they are needed, and measured by themselves
 */
export async function bundledSize(
  contents: string,
  apart = ['./browser-kernel.js'],
): Promise<{ raw: number; gzip: number }> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    write: false,
    legalComments: 'none',
    conditions: ['browser'],
    external: apart,
  });
  const script = outputFiles[0].contents;
  return { raw: script.length, gzip: gzipSync(script, { level: 9 }).length };
}

export async function checkSize(): Promise<void> {
  const core = await bundledSize("export * from './dist/browser/index.js'");
  const both = await bundledSize(
    "export * from './dist/browser/index.js'; export * from './dist/browser/formats.js'",
  );
  const say = (name: string, size: { raw: number; gzip: number }, budget?: number) =>
    console.log(`size: ${name} ${size.raw} bytes, ${size.gzip} gzip${budget ? ` (budget ${budget})` : ''}`);
  say('core entry, kernel and wire', core, BUDGET.core);
  say('with kll-wasm/formats', both);
  if (core.gzip > BUDGET.aim) {
    console.log(`size: ${core.gzip - BUDGET.aim} bytes above the aim of ${BUDGET.aim} for the core entry`);
  }
  const collector = await bundledSize("export { createCollector } from './dist/lib/browser.js'");
  const collectorKernel = await bundledSize("export { openStream } from './dist/lib/browser-kernel.js'");
  say('collector, without the kernel', collector, BUDGET.collector);
  say('collector with every source', await bundledSize("export * from './dist/lib/browser.js'"));
  say("the collector's kernel", collectorKernel, BUDGET.collectorKernel);
  const passed = Object.entries({ core, collector, collectorKernel })
    .map(([name, { gzip }]) => [name, gzip - BUDGET[name as keyof typeof BUDGET]] as const)
    .filter(([, over]) => over > 0);
  if (passed.length > 0) {
    throw new Error(passed.map(([name, over]) => `${name} is over its budget by ${over} bytes`).join(', '));
  }
}
