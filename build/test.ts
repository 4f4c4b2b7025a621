/**
 * `npm test`: lint, types, every suite that needs nothing but Node and npm. The last line says how many tests passed
 * and failed; a step that fails counts as one, and does not keep the others from running.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';

/** What the JSON reporter says of a file of tests. */
interface FileResult {
  name: string;
  status: string;
  assertionResults: { status: string; fullName: string }[];
}

const RESULTS = 'dist/test-results.json';
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${RESULTS}`];

let failed = 0;
/** What failed is said once more before the last line, where nobody has to look for it. */
const failures: string[] = [];
function step(name: string, ...args: string[]): boolean {
  console.log(`\n== ${name}`);
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`== ${name} ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s`);
  if (status !== 0) failures.push(name);
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
  let unloaded = 0;
  for (const file of results.testResults as FileResult[]) {
    const broken = file.assertionResults.filter((test) => test.status === 'failed');
    for (const test of broken) failures.push(`${file.name}: ${test.fullName}`);
    // A file that cannot be loaded has no tests of its own to fail.
    if (file.status === 'failed' && file.assertionResults.length === 0) {
      failures.push(`${file.name}: cannot be loaded`);
      unloaded++;
    }
  }
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
if (failures.length > 0) console.log(`\nfailed:\n  ${failures.join('\n  ')}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
