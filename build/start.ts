/**
 * What `npm start` shows once everything is built: the delays of three million flights, each percentile of the sketch
 * beside the exact one. `--once` ends after that.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../', import.meta.url);
const KLL = fileURLToPath(new URL('dist/cli/kll.js', ROOT));
const FLIGHTS = 'node_modules/vega-datasets/data/flights-3m.parquet';

const args = process.argv.slice(2);
const unknown = args.find((arg) => arg !== '--once');
if (unknown !== undefined) fail(`unknown argument ${unknown}: there is only --once`);
for (const needed of [KLL, fileURLToPath(new URL(FLIGHTS, ROOT))]) {
  if (!existsSync(needed)) fail(`${needed} is missing: run npm ci, then npm start`);
}

console.log('\nDelays of three million flights, in minutes: the sketch beside the exact answer.\n');
const { status } = spawnSync(
  process.execPath,
  [KLL, 'summary', FLIGHTS, '--column', 'delay', '--exact', '--seed', '1'],
  { cwd: fileURLToPath(ROOT), stdio: 'inherit' },
);
console.log();
process.exitCode = status ?? 1;

function fail(message: string): never {
  console.error(`start: ${message}`);
  process.exit(2);
}
