/** Bundles the page into dist/page: one script, one style sheet, one document. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { kernelFrom } from './bundle.js';
import { thirdPartyNotices } from './third-party-notices.js';

export async function buildPage(): Promise<void> {
  mkdirSync('dist/page', { recursive: true });
  const { metafile } = await build({
    entryPoints: ['src/dashboard/page.ts'],
    outdir: 'dist/page',
    bundle: true,
    // The collector's kernel is a chunk of its own, fetched only by a page with long series.
    splitting: true,
    chunkNames: 'chunk-[hash]',
    plugins: [kernelFrom('browser')],
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  copyFileSync('src/dashboard/index.html', 'dist/page/index.html');
  writeFileSync('dist/page/THIRD_PARTY_LICENSES.txt', thirdPartyNotices(metafile, '.'));
}
