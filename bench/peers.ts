/**
 * npm run bench:peers -- [--quick] [--only ddsketch,kll-high] [--seed 1] [--json FILE]
 * Measures ours and its peers (bench/peers has its own package.json), each in a process of its own: the same data,
 * accuracy and bytes beside the time. A full run writes docs/benchmarks.json.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { pageBytes } from './support/page-bytes.js';
import {
  comparisons,
  type PeerFigures,
  type PeersReport,
  peerNotes,
  peerTables,
} from './support/peers-report.js';
import { bundleEntry, machineName, runNode } from './support/process.js';
import { record } from './support/recorded.js';
import { figure, textTable } from './support/report.js';

const FOLDER = 'bench/peers';
const PACKAGES = Object.keys(JSON.parse(readFileSync(`${FOLDER}/package.json`, 'utf8')).dependencies);
/** Order of the rows; what is measured against what it must be faster than. */
const NAMES = [
  'kll-none',
  'kll-high',
  'kll-condensed',
  'ddsketch',
  'hdr-wasm',
  'hdr-js',
  'tdigest',
  'node',
  'prometheus',
  'opentelemetry',
  'sorted',
  'apache',
];
/** What a page would import. Node's histogram needs no import, prom-client runs on Node alone. */
const IMPORTS: Record<string, string> = {
  ddsketch: "export { DDSketch } from '@datadog/sketches-js';",
  'hdr-wasm': "export * from 'hdr-histogram-js';",
  'hdr-js': "export * from 'hdr-histogram-js';",
  tdigest: "export { TDigest } from 'tdigest';",
  opentelemetry:
    "export { ExponentialHistogramAggregator } from '@opentelemetry/sdk-metrics/build/esm/aggregator/ExponentialHistogram.js';",
};
const { values: args } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const seed = Number(args.seed);
const only = args.only?.split(',');
const unknown = only?.filter((name) => !NAMES.includes(name)) ?? [];
if (unknown.length || !Number.isSafeInteger(seed)) fail(`expected an integer --seed, --only of ${NAMES}`);
if (!existsSync('dist/lib/index.js')) fail('dist/lib/index.js is missing: npm run build');

const missing = PACKAGES.filter((name) => !existsSync(`${FOLDER}/node_modules/${name}`));
if (missing.length) fail(`${missing.join(', ')} not installed: npm ci --prefix ${FOLDER}`);
const child = `${FOLDER}/dist/child.js`;
await bundleEntry(`${FOLDER}/child.ts`, child);

const command = ['npm run bench:peers', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])];
const report: PeersReport = { command: command.join(' '), machine: machineName(), seed, peers: {} };
console.log(`${report.command}\n${report.machine}\nseed ${seed}; medians; n = 1e6 lognormal unless said`);
for (const name of NAMES.filter((one) => only?.includes(one) ?? true)) {
  process.stderr.write(`${name}\n`);
  const row = await runNode<PeerFigures>(child, { peer: name, seed, quick: args.quick });
  const bundle = await bundleOf(name);
  report.peers[name] = { ...row, ...(bundle === undefined ? {} : { bundle }) };
}
for (const { title, titles, rows } of peerTables(report)) {
  console.log(`\n${title}\n${textTable(titles, rows)}`);
}
console.log(`\nwhat they are, and what they cannot do\n  ${peerNotes(report).join('\n  ')}\n`);
for (const { kind, ours, peer, times, wanted, isMet } of comparisons(report)) {
  console.log(
    `${kind}: ${ours} ${figure(times)} x faster than ${peer}, at least ${wanted}: ${isMet ? 'met' : 'not met'}`,
  );
}
if (args.json) writeFileSync(args.json, `${JSON.stringify(report, null, 1)}\n`);
if (!args.quick && !only) record('peers', report);

/** What a bundler makes of the import that a page would write. */
async function bundleOf(name: string): Promise<number | undefined> {
  if (name.startsWith('kll-')) return pageBytes("export * from './dist/browser/index.js'");
  const contents = IMPORTS[name];
  return contents === undefined ? undefined : pageBytes(contents, FOLDER);
}

function fail(message: string): never {
  console.error(`bench:peers: ${message}`);
  process.exit(2);
}
