/**
 * npm run bench -- [--quick] [--only add,extend-200-none] [--seed 1] [--json FILE] [--data FILE --column C]
 * Measures the built bundle, each group in a process of its own, and prints a table of each. A full run writes
 * docs/benchmarks.json, from which `npm run docs:bench` makes tables and plots.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { GROUPS, OWN_GROUPS } from './suites/index.js';
import type { Settings } from './support/case.js';
import { readColumn } from './support/column.js';
import { buildWasm, bundleEntry, machineName, OUT, runNode } from './support/process.js';
import { type GroupResults, type OursReport, record, recorded } from './support/recorded.js';
import { cellsOf, figure, TITLES, textTable } from './support/report.js';

const { values: args } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    data: { type: 'string' },
    column: { type: 'string' },
  },
});
const seed = Number(args.seed);
const only = args.only?.split(',');
const isChosen = (name: string) => only?.some((start) => name === start || name.startsWith(`${start}-`));
const unknown = only?.filter(
  (start) => !GROUPS.some(({ name }) => name === start || name.startsWith(`${start}-`)),
);
if (!Number.isSafeInteger(seed)) fail(`--seed: expected an integer, found ${args.seed}`);
if (unknown?.length)
  fail(`--only: there is no ${unknown}; there are ${GROUPS.map(({ name }) => name).join(', ')}`);
if (args.column !== undefined && args.data === undefined) fail('--column needs --data');
if (!existsSync('dist/lib/index.js')) fail('dist/lib/index.js is missing: npm run build');

mkdirSync(OUT, { recursive: true });
const settings: Omit<Settings, 'effort'> = { seed, quick: args.quick };
if (args.data !== undefined) {
  settings.data = await readColumn(args.data, args.column, `${OUT}/column.f64`).catch((error) =>
    fail(`--data: ${error.message}${error.hint ? `. ${error.hint}` : ''}`),
  );
}
const chosen = args.data
  ? OWN_GROUPS
  : GROUPS.filter(({ name, quick }) => (only ? isChosen(name) : !args.quick || quick));

const command = ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(
  ' ',
);
const report: OursReport = { command, machine: machineName(), seed, groups: {} };
console.log(
  `${command}\n${report.machine}\nseed ${seed}; medians, IQR the distance of the quartiles; ns unless said`,
);
console.log(
  'floor: set() into WebAssembly and a SIMD scan; sort: Float64Array.sort (of at most 4e6 values); same process, same data',
);
await buildWasm('floor');
await bundleEntry('bench/support/child.ts', `${OUT}/child.js`);
let missed = 0;
for (const { name, title } of chosen) {
  process.stderr.write(`${name}\n`);
  const { machine, results } = await runNode<Omit<GroupResults, 'title'>>(`${OUT}/child.js`, {
    ...settings,
    group: name,
  });
  report.groups[name] = { title, machine, results };
  missed += results.filter(({ verdict }) => verdict === 'not met').length;
  console.log(
    `\n${title}  [${name}; 1e6 lognormal: floor ${figure(machine.floor)}, sort ${figure(machine.sort)} ns]`,
  );
  console.log(textTable(TITLES, results.map(cellsOf)));
}
console.log(missed ? `\n${missed} not met` : '\nall met');
if (args.json) writeFileSync(args.json, `${JSON.stringify(report, null, 1)}\n`);
if (!args.quick && !args.data) keep(report);

/** Of a run of some groups, the others stay as they were. */
function keep(latest: OursReport): void {
  const before = recorded().ours;
  record('ours', {
    ...latest,
    command: 'npm run bench',
    groups: { ...(only ? before?.groups : {}), ...latest.groups },
  });
}

function fail(message: string): never {
  console.error(`bench: ${message}`);
  process.exit(2);
}
