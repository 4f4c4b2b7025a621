/**
 * `npm test`: lint, types, every suite that needs nothing but Node and npm. The last line says how many tests passed
 * and failed; a step that fails counts as one, and does not keep the others from running.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { STOOD_STILL } from './stall-reporter.js';

/** What the JSON reporter says of a file of tests. */
interface FileResult {
  name: string;
  status: string;
  assertionResults: { status: string; fullName: string }[];
}

const RESULTS = 'dist/test-results.json';
const reporters = ['default', './build/stall-reporter.ts', 'json'].map(
  (reporter) => `--reporter=${reporter}`,
);
/** What is given: files, names, options of vitest. */
const given = process.argv.slice(2);

let passed = 0;
let skipped = 0;
/** What failed, each counted: said once more before the last line, where nobody has to look for it. */
const failures: string[] = [];

/** @returns the exit status */
function run(name: string, ...args: string[]): number | null {
  console.log(`\n== ${name}`);
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`== ${name} ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s`);
  return status;
}

function step(name: string, ...args: string[]): void {
  if (run(name, ...args) !== 0) failures.push(name);
}

/** Runs the tests of some projects of vitest.config.ts, and counts them. @returns whether they came to an end */
function runTests(name: string, ...projects: string[]): boolean {
  rmSync(RESULTS, { force: true });
  const chosen = projects.map((project) => `--project=${project}`);
  const status = run(
    name,
    'node_modules/vitest/vitest.mjs',
    'run',
    ...chosen,
    ...reporters,
    `--outputFile.json=${RESULTS}`,
    '--passWithNoTests',
    ...given,
  );
  if (status === STOOD_STILL) return false;
  const before = failures.length;
  if (existsSync(RESULTS)) {
    const results = JSON.parse(readFileSync(RESULTS, 'utf8'));
    passed += results.numPassedTests;
    skipped += results.numPendingTests;
    for (const file of results.testResults as FileResult[]) {
      const broken = file.assertionResults.filter((test) => test.status === 'failed');
      for (const test of broken) failures.push(`${file.name}: ${test.fullName}`);
      // A file that cannot be loaded has no tests of its own to fail.
      if (file.status === 'failed' && file.assertionResults.length === 0) {
        failures.push(`${file.name}: cannot be loaded`);
      }
    }
  }
  // Something outside of all tests.
  if (status !== 0 && failures.length === before) failures.push(name);
  return true;
}

/** Twice before it is a failure. */
function runTestsInWorkerd(): void {
  // The pool waits for ever now and then (https://github.com/cloudflare/workers-sdk/issues/15719): nothing is known of the tests
  // then. A second standstill is a failure, as a failing test is at once.
  if (runTests('tests in workerd', 'edge')) return;
  console.log('the tests in workerd stood still: they are run once more');
  const hasEnded = runTests('tests in workerd, once more', 'edge');
  if (!hasEnded) failures.push('tests in workerd: they stood still twice');
}

step('lint', 'node_modules/@biomejs/biome/bin/biome', 'check', '.');
for (const project of ['tsconfig.json', 'tsconfig.workers.json']) {
  step(`types of ${project}`, 'node_modules/typescript/bin/tsc', '--noEmit', '-p', project);
}
if (!runTests('tests in Node and Chromium', 'release', 'debug', 'chromium')) {
  failures.push('tests in Node and Chromium: they stood still');
}
runTestsInWorkerd();
if (passed + failures.length === 0) failures.push(`no test is called ${given.join(' ')}`);
if (skipped > 0) console.log(`\n${skipped} skipped: what they need is not here`);
console.log(
  '\nnot run here: npm run test:ops (alerts under promtool and a real Prometheus: Debian packages prometheus, prometheus-alertmanager, sqlite3)',
);
console.log(
  'not run here: npm run test:browsers (pages in Firefox, WebKit and a whole Chromium: Debian packages firefox-esr, libjavascriptcoregtk-4.0-bin, webkit2gtk-driver, xvfb, chromium)',
);
if (failures.length > 0) console.log(`\nfailed:\n  ${failures.join('\n  ')}`);
console.log(`\n${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
