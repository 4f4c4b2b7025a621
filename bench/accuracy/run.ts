/**
 * npm run bench:accuracy -- [--quick] [--only strict,trees] [--trials 300] [--seed 1] [--out docs]
 * Measures every scenario, prints a table of each, and ends with 1 if one of them misses what it must reach.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { Context } from './context.js';
import { failures, type Row } from './measure.js';
import { tableOf } from './report.js';
import { SCENARIOS } from './scenarios/index.js';

const { values: args } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    trials: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const quick = args.quick;
const seed = Number(args.seed);
const trials = Number(args.trials ?? (quick ? 30 : 300));
const only = args.only?.split(',');
const chosen = SCENARIOS.filter(({ name, quick: short }) => (only ? only.includes(name) : !quick || short));

const command = ['npm run bench:accuracy --', ...process.argv.slice(2)].join(' ');
const machine = `${cpus()[0].model.trim()}, Node ${process.versions.node}`;
console.log(`${command}\nseed ${seed}, ${trials} trials; ${machine}`);
console.log(
  'Errors in % of n: max99 is the 99th percentile over trials of the largest error over all ranks; sd at ranks.',
);

const results: Record<string, { title: string; seconds: number; rows: Row[] }> = {};
let missed = 0;
for (const scenario of chosen) {
  const start = performance.now();
  const rows = scenario.run(new Context(scenario, { seed, trials, quick }));
  const seconds = (performance.now() - start) / 1000;
  results[scenario.name] = { title: scenario.title, seconds, rows };
  console.log(`\n${scenario.title} (${seconds.toFixed(1)} s)\n${tableOf(rows)}`);
  for (const row of rows) {
    for (const failure of failures(row)) {
      missed++;
      console.log(`  missed: ${row.label}: ${failure}`);
    }
  }
}
console.log(missed ? `\n${missed} missed` : '\nall reached');
process.exitCode = missed ? 1 : 0;
