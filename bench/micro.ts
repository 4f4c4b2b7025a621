/**
 * npm run bench:micro -- [--quick] [--only TEXT] [--seed 1] [--json FILE]
 * The path of a value step upon step, and each technique of the kernel beside what it replaced, measured in turn:
 * times and ratios. A full run writes docs/benchmarks.json.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PATHS, TECHNIQUES } from './micro/index.js';
import type { TechniqueResult } from './micro/technique.js';
import { buildWasm, bundleEntry, machineName, OUT, runNode } from './support/process.js';
import { type MicroReport, record } from './support/recorded.js';
import { figure, textTable } from './support/report.js';

const { values: args } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const seed = Number(args.seed);
const ALL = [...PATHS, ...TECHNIQUES];
const chosen = ALL.filter(({ name }) => name.includes(args.only ?? ''));
if (!Number.isSafeInteger(seed)) fail(`--seed: expected an integer, found ${args.seed}`);
if (!chosen.length) fail(`--only: nothing of ${ALL.map(({ name }) => name).join(', ')}`);
if (!existsSync('dist/lib/index.js')) fail('dist/lib/index.js is missing: npm run build');

const command = ['npm run bench:micro', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])];
const report: MicroReport = {
  command: command.join(' '),
  machine: machineName(),
  seed,
  paths: [],
  techniques: [],
};
console.log(
  `${report.command}\n${report.machine}\nseed ${seed}; medians of rounds, ratios to the first by round`,
);
await buildWasm('steps');
await buildWasm('floor');
await bundleEntry('bench/micro/child.ts', `${OUT}/micro.js`);
for (const { name } of chosen) {
  const result = await runNode<TechniqueResult>(`${OUT}/micro.js`, {
    technique: name,
    seed,
    quick: args.quick,
  });
  (PATHS.some((path) => path.name === name) ? report.paths : report.techniques).push(result);
  console.log(`\n${name}: ${result.what}`);
  const rows = result.variants.map((variant) => [
    variant.name,
    figure(variant.time.median),
    figure(variant.time.iqr),
    figure(variant.ratio.median),
    figure(variant.ratio.iqr),
  ]);
  console.log(textTable(['', `ns, each ${result.unit}`, 'IQR', 'ratio', 'IQR'], rows));
}
if (args.json) writeFileSync(args.json, `${JSON.stringify(report, null, 1)}\n`);
if (!args.quick && !args.only) record('micro', report);

function fail(message: string): never {
  console.error(`bench:micro: ${message}`);
  process.exit(2);
}
