/** The sizes that guides give are those of the build. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { bundledSize } from '../../build/size.js';
import { ROOT } from './examples.js';

const kB = (bytes: number) => (bytes / 1000).toFixed(1);
const bundled = async (...args: Parameters<typeof bundledSize>) => kB((await bundledSize(...args)).gzip);
const kernelBytes = (name: string) =>
  gzipSync(readFileSync(`${ROOT}dist/kernel/${name}.wasm`), { level: 9 }).length;
/** A document, its lines joined. */
const read = (name: string) => readFileSync(ROOT + name, 'utf8').replaceAll(/\s+/g, ' ');

const collectorEntry = "export { createCollector } from './dist/lib/browser.js'";
let core: string;
let collector: string;
let everySource: string;
let kernel: string;
let single: string;
beforeAll(async () => {
  core = await bundled("export * from './dist/browser/index.js'");
  collector = await bundled(collectorEntry);
  everySource = await bundled("export * from './dist/lib/browser.js'");
  kernel = await bundled("export { openStream } from './dist/lib/browser-kernel.js'");
  single = await bundled(collectorEntry, []);
});
const ofServers = kB(kernelBytes('release') - kernelBytes('page'));

it('in the README', () => {
  const readme = read('README.md');
  expect(readme).toContain(`| \`kll-wasm\`: the core entry with kernel and wire formats | ${core} kB |`);
  // Of docs/benchmarks.json: npm run docs:bench writes them.
  const rows = [...readme.matchAll(/\| this sketch, k = [^|]+\|(?:[^|]+\|){6} ([\d.]+) kB \|/g)];
  expect(rows.map(([, size]) => size)).toEqual([core, core]);
  expect(readme).toContain(`a collector of ${collector} kB`);
  expect(readme).toContain(`| \`kll-wasm/browser\`: the collector | ${collector} kB |`);
  expect(readme).toContain(`| its kernel, which only pages with long series fetch | ${kernel} kB |`);
  expect(readme).toContain(`| the collector and its kernel in a single file | ${single} kB |`);
  expect(readme).toContain(`a kernel that is ${ofServers} kB larger`);
});

it('in the guide of the collector', () => {
  const guide = read('docs/browser.md');
  expect(guide).toContain(`the kernel (${kernel} kB gzip beside the ${collector} of the collector)`);
  expect(guide).toContain(`puts the kernel into it: ${single} kB`);
  expect(guide).toContain(
    `| script, gzip | ${collector} kB; with every source ${everySource}; the kernel's file ${kernel}; all in a single file ${single} |`,
  );
});

it('in what makes it fast', () => {
  expect(read('docs/performance.md')).toContain(`Pages load a kernel without it, ${ofServers} kB smaller`);
});
