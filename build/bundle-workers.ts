/** Bundles the edge: dist/workers (the entry, the deployable Worker, the kernel), packages it uses included. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { kernelFrom, SHARED } from './bundle.js';
import { thirdPartyNotices } from './third-party-notices.js';

export async function bundleWorkers(): Promise<void> {
  mkdirSync('dist/workers', { recursive: true });
  const { metafile } = await build({
    ...SHARED,
    metafile: true,
    entryPoints: { index: 'src/workers.ts', worker: 'src/adapters/workers/worker.ts' },
    outdir: 'dist/workers',
    splitting: true,
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    chunkNames: 'chunk-[hash]',
    legalComments: 'eof',
    external: ['cloudflare:workers'],
    plugins: [kernelFrom('workerd')],
  });
  copyFileSync('dist/kernel/release.wasm', 'dist/workers/kernel.wasm');
  writeFileSync('dist/workers/THIRD_PARTY_LICENSES.txt', thirdPartyNotices(metafile, '.'));
}
