/** Builds everything into dist/: kernel, bundles, types; then checks the size budget. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { bundle } from './bundle.js';
import { bundleWorkers } from './bundle-workers.js';
import { buildKernel } from './kernel.js';
import { buildPage } from './page.js';
import { checkSize } from './size.js';

for (const part of ['lib', 'browser', 'workerd', 'workers', 'cli', 'page', 'types'])
  rmSync(`dist/${part}`, { recursive: true, force: true });
await buildKernel();
await bundle();
await bundleWorkers();
await buildPage();
for (const types of ['tsconfig.types.json', 'tsconfig.types.workers.json'])
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', types], { stdio: 'inherit' });
await checkSize();
