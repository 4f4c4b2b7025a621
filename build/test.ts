/**
 * `npm test`: lint, types, every suite that needs nothing but Node and npm. The last line says how many tests passed
 * and failed; a step that fails counts as one, and does not keep the others from running.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';

const RESULTS = 'dist/test-results.json';
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${RESULTS}`];

let failed = 0;
function step(name: string, ...args: string[]): boolean {
  console.log(`\n== ${name}`);
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`== ${name} ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s`);
  return status === 0;
}

if (!step('lint', 'node_modules/@biomejs/biome/bin/biome', 'check', '.')) failed++;
for (const project of ['tsconfig.json', 'tsconfig.workers.json']) {
  if (!step(`types of ${project}`, 'node_modules/typescript/bin/tsc', '--noEmit', '-p', project)) failed++;
}

rmSync(RESULTS, { force: true });
const isSound = step(
  'tests',
  'node_modules/vitest/vitest.mjs',
  'run',
  ...reporters,
  ...process.argv.slice(2),
);
let passed = 0;
let skipped = 0;
if (existsSync(RESULTS)) {
  const results = JSON.parse(readFileSync(RESULTS, 'utf8'));
  passed = results.numPassedTests;
  skipped = results.numPendingTests;
  // A file that cannot be loaded has no tests of its own to fail.
  const unloaded = results.testResults.filter(
    (file: { status: string; assertionResults: unknown[] }) =>
      file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const broken = results.numFailedTests + unloaded;
  failed += broken || (isSound ? 0 : 1);
} else {
  failed++;
}
if (skipped > 0) console.log(`\n${skipped} skipped: what they need is not here`);
console.log(
  '\nnot run here: npm run test:ops (alerts under promtool and a real Prometheus: Debian packages prometheus, prometheus-alertmanager, sqlite3)',
);
console.log(
  'not run here: npm run test:browsers (pages in Firefox, WebKit and a whole Chromium: Debian packages firefox-esr, libjavascriptcoregtk-4.0-bin, webkit2gtk-driver, xvfb, chromium)',
);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
