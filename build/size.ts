/** The size budget: what a page pays for the core entry, kernel and wire included. Fails when it is passed. */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * gzip -9, bytes. `core` is what is reached, and may only fall; `aim` is what it has to come to: what is still missing is
 * printed with every build.
 */
export const BUDGET = { core: 20_500, aim: 14_000 };

/** Minified and gzipped size of an entry as a browser's bundler would ship it. */
export async function bundledSize(contents: string): Promise<{ raw: number; gzip: number }> {
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
  });
  const script = outputFiles[0].contents;
  return { raw: script.length, gzip: gzipSync(script, { level: 9 }).length };
}

export async function checkSize(): Promise<void> {
  const core = await bundledSize("export * from './dist/lib/index.js'");
  const both = await bundledSize(
    "export * from './dist/lib/index.js'; export * from './dist/lib/formats.js'",
  );
  const say = (name: string, size: { raw: number; gzip: number }, budget?: number) =>
    console.log(`size: ${name} ${size.raw} bytes, ${size.gzip} gzip${budget ? ` (budget ${budget})` : ''}`);
  say('core entry, kernel and wire', core, BUDGET.core);
  say('with kll-wasm/formats', both);
  if (core.gzip > BUDGET.aim) {
    console.log(`size: ${core.gzip - BUDGET.aim} bytes above the aim of ${BUDGET.aim} for the core entry`);
  }
  if (core.gzip > BUDGET.core)
    throw new Error(`the core entry is over its budget by ${core.gzip - BUDGET.core} bytes`);
}
