/**
 * npm run bench:accuracy -- [--quick] [--only streaming,trees] [--trials 300] [--seed 1]
 * Measures every scenario, prints a table of each, and ends with 1 if one of them misses what it must reach. The
 * form of 300 trials writes docs/accuracy.json, from which `npm run docs:accuracy` makes the tables of the guides.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { LEGEND, textTable } from './report.js';
import { Bench } from './scenario.js';
import { SCENARIOS } from './scenarios/index.js';
import { misses, type Results } from './tally.js';

const { values: args } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    trials: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const { quick } = args;
const seed = Number(args.seed);
const trials = Number(args.trials ?? (quick ? 30 : 300));
const only = args.only?.split(',');
const unknown = only?.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name)) ?? [];
if (unknown.length || !(trials > 0) || !Number.isSafeInteger(seed)) {
  console.error(
    `expected --trials above 0, an integer --seed, --only of ${SCENARIOS.map(({ name }) => name)}`,
  );
  process.exit(2);
}
const chosen = SCENARIOS.filter(({ name, quick: short, named }) =>
  only ? only.includes(name) : !named && (!quick || short),
);

const FILE = new URL('../../docs/accuracy.json', import.meta.url);
const command = ['npm run bench:accuracy', ...process.argv.slice(2)].join(' ');
const machine = `${cpus()[0].model.trim()}, Node ${process.versions.node}`;
console.log(`${command}\n${machine}\nseed ${seed}, ${trials} trials where one is cheap\n\n${LEGEND}`);

// A run of some scenarios replaces those of an earlier run and leaves the others.
const results: Results = { command: 'npm run bench:accuracy', machine, seed, scenarios: {} };
if (only && existsSync(FILE)) Object.assign(results, JSON.parse(readFileSync(FILE, 'utf8')));
let missed = 0;
for (const scenario of chosen) {
  const start = performance.now();
  const bench = new Bench(scenario, { seed, trials, quick });
  const rows = scenario.run(bench);
  const seconds = Math.round((performance.now() - start) / 100) / 10;
  results.scenarios[scenario.name] = { title: scenario.title, trials: bench.trials, seconds, rows };
  if (trials >= 300) writeFileSync(FILE, `${JSON.stringify(results, null, 1)}\n`);
  console.log(`\n${scenario.title} (${scenario.name}, ${seconds} s)\n${textTable(rows)}`);
  for (const row of rows) {
    for (const miss of misses(row)) {
      missed++;
      console.log(`  not met: ${row.label}: ${miss}`);
    }
  }
}
console.log(missed ? `\n${missed} not met` : '\nall met');
process.exitCode = missed ? 1 : 0;
