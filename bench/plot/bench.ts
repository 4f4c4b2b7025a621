/**
 * npm run docs:bench: docs/benchmarks.md, the plots docs/plots/bench-*.svg, the generated parts of docs/performance.md
 * and the table of the README, from what docs/benchmarks.json records.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { peerNotes } from '../support/peers-report.js';
import { type Recorded, recorded } from '../support/recorded.js';
import { plotsOf } from './bench-plots.js';
import {
  comparisonTable,
  limitLines,
  observerTable,
  oursTables,
  pathTable,
  peersTables,
  readmeTable,
  techniqueTable,
} from './bench-tables.js';
import { fill } from './fill.js';

const root = new URL('../../', import.meta.url);
const COMMANDS: Record<keyof Recorded, string> = {
  ours: 'npm run bench',
  peers: 'npm run bench:peers',
  micro: 'npm run bench:micro',
  observer: 'npm run bench:observer',
};

const found = recorded();
const missing = Object.entries(COMMANDS).filter(([part]) => !found[part as keyof Recorded]);
if (missing.length) {
  console.error(`docs:bench: not recorded yet: ${missing.map(([, command]) => command).join(', ')}`);
  process.exit(2);
}
const all = found as Recorded;
const { ours, peers, micro, observer } = all;
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

mkdirSync(new URL('docs/plots/', root), { recursive: true });
for (const [name, svg] of Object.entries(plotsOf(all)))
  writeFileSync(new URL(`docs/plots/${name}.svg`, root), svg);

const results = Object.values(ours.groups).flatMap((group) => group.results);
const judged = results.filter(({ verdict }) => verdict !== '');
const unmet = Object.values(ours.groups).flatMap(({ title, results: each }) =>
  each.filter(({ verdict }) => verdict === 'not met').map(({ name }) => `- ${title}: ${name}`),
);
/** Where parts were recorded: one line, if it was one machine. */
const machines = [...new Set(Object.values(all).map(({ machine }) => machine))];

const page = `# Benchmarks

kll-wasm ${version}. ${machines.join('; ')}. Seed ${ours.seed}.
Times are medians, in ns unless another unit is given; IQR is the interquartile range.

\`npm run docs:bench\` generates this page from docs/benchmarks.json, where the commands below record their results. The peers'
packages are installed separately, once.

\`\`\`sh
npm run build && npm run bench                                # about 7 minutes
npm ci --prefix bench/peers && npm run bench:peers            # about 5 minutes
npm run bench:micro && npm run bench:observer && npm run docs:bench   # about 5 minutes
\`\`\`

To measure your own data: \`npm run bench -- --data FILE --column NAME\` (CSV, TSV, JSON, Parquet). To compare two commits in one
run: \`npm run bench:compare -- COMMIT [COMMIT]\`.

How it is measured: benchmark.js runs the built bundle in plain Node on seeded data, with a process for each group and each
peer. *Floor* is the least that any ingestion into WebAssembly must do: \`set()\` into its memory and a SIMD scan. *Sort* is
\`Float64Array.sort\` of the same values (at most 4e6). A target is met *by ratio* if this machine is slower than
the reference machine in both floor and sort, and the figure is within the target times the smaller of the two factors.

Of the targets for this sketch alone, ${judged.length - unmet.length} of ${judged.length} are met (those against peers are judged [below](#against-peers)).${unmet.length ? ` Not met:\n\n${unmet.join('\n')}` : ''}

![ns per value, by n](plots/bench-n.svg)

![ns per value, by distribution](plots/bench-distributions.svg)

## Against peers

All on the same data, each in its own process. Ratios are to this sketch at k = 200, tails high. Errors are rank errors, in % of
n; those of randomized sketches are means over seven seeds. Histograms of integers are given the values in thousandths
(latencies: in tenths), and their ranks are compared with those of the values so scaled.

${comparisonTable(peers)}

${peerNotes(peers)
  .map((line) => `- ${line}`)
  .join('\n')}

![one add](plots/bench-add.svg)

![an add followed by p99](plots/bench-ask.svg)

![1000 blobs decoded and merged](plots/bench-blobs.svg)

${peersTables(peers)}

## This sketch

${oursTables(ours)}

## Techniques

Each technique is measured against what it replaced, in alternating rounds in one process (\`${micro.command}\`); a ratio is the
median of the rounds' ratios. [performance.md](performance.md) shows where the time goes.

![times slower without](plots/bench-techniques.svg)

${techniqueTable(micro.techniques)}

## An observer

The same work without and with an observer, in fresh processes that take turns (\`${observer.command}\`, ${observer.rounds} rounds).

${observerTable(observer)}

${limitLines(observer)}
`;
writeFileSync(new URL('docs/benchmarks.md', root), page);

for (const path of micro.paths) {
  const marker = path.name.replace(/[^a-z0-9]+/g, '-');
  fill(
    new URL('docs/performance.md', root),
    `<!-- ${marker}:start -->`,
    `<!-- ${marker}:end -->`,
    pathTable(path),
  );
}
fill(
  new URL('docs/performance.md', root),
  '<!-- techniques:start -->',
  '<!-- techniques:end -->',
  `${micro.machine}; \`${micro.command}\`, seed ${micro.seed}.\n\n${techniqueTable(micro.techniques)}`,
);
fill(
  new URL('README.md', root),
  '<!-- bench:start -->',
  '<!-- bench:end -->',
  `${readmeTable(peers)}\n\n\`${peers.command}\` on ${peers.machine}.\nWhat each peer is, what it cannot do, and all figures: [docs/benchmarks.md](docs/benchmarks.md).`,
);
