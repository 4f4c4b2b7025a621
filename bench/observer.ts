/**
 * npm run bench:observer -- [--quick] [--seed 1] [--json FILE]
 * What an observer costs: the same work unwatched and watched, in fresh processes in turn, as ratios. A full run writes
 * docs/benchmarks.json.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Watching } from './observer/child.js';
import { inTurn } from './support/in-turn.js';
import { limits, type ObserverReport } from './support/observer-report.js';
import { bundleEntry, machineName, OUT } from './support/process.js';
import { record } from './support/recorded.js';
import { figure, textTable } from './support/report.js';

const SIDES: Watching[] = [
  'nobody',
  'hooks that do nothing',
  'hooks and a clock',
  'counting observer',
  'telemetry with events',
];

const { values: args } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const seed = Number(args.seed);
if (!Number.isSafeInteger(seed)) fail(`--seed: expected an integer, found ${args.seed}`);
if (!existsSync('dist/lib/metrics.js')) fail('dist/lib/metrics.js is missing: npm run build');
mkdirSync(OUT, { recursive: true });
await bundleEntry('bench/observer/child.ts', `${OUT}/observer.js`);

const command = [
  'npm run bench:observer',
  ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : []),
];
const rounds = args.quick ? 3 : 11;
const rows = await inTurn(
  `${OUT}/observer.js`,
  SIDES.map((watching) => ({ name: watching, order: { watching, seed } })),
  rounds,
);
const report: ObserverReport = {
  command: command.join(' '),
  machine: machineName(),
  seed,
  rounds,
  sides: SIDES,
  rows,
};
console.log(
  `${report.command}\n${report.machine}\nseed ${seed}, ${rounds} rounds; ratios to nobody, by round; IQR in brackets`,
);
console.log(
  textTable(
    ['', 'unit', SIDES[0], ...SIDES.slice(1)],
    rows.map(({ name, unit, values, ratios }) => [
      name,
      unit,
      figure(values[0].median),
      ...ratios.slice(1).map(({ median, iqr }) => `${median.toFixed(3)} (${iqr.toFixed(3)})`),
    ]),
  ),
);
for (const { what, found, most, unit } of limits(report)) {
  console.log(`${what}: ${figure(found)} ${unit}, at most ${most}: ${found <= most ? 'met' : 'not met'}`);
}
if (args.json) writeFileSync(args.json, `${JSON.stringify(report, null, 1)}\n`);
if (!args.quick) record('observer', report);

function fail(message: string): never {
  console.error(`bench:observer: ${message}`);
  process.exit(2);
}
