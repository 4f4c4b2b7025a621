/**
 * npm run bench:compare -- COMMIT [COMMIT] [--threshold 1.1] [--rounds 5] [--only add,wire] [--seed 1] [--json FILE]
 * Builds two commits (the second: HEAD; `.` is the working tree as it was built last) in temporary worktrees and
 * measures them in turn, with the benchmark of the working tree. Ends with 1 where the second is slower than the first
 * by more than the threshold, in the median and in three rounds of four.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type ComparedRow, inTurn } from './support/in-turn.js';
import { pageBytes } from './support/page-bytes.js';
import { bundleEntry, machineName, OUT } from './support/process.js';
import { figure, textTable } from './support/report.js';

/** Groups of bench/suites that are measured unless --only says others. */
const GROUPS = [
  'add-200-high',
  'add-1024-high',
  'extend-200-high',
  'input-number[]',
  'merge-10000',
  'quantile-200',
  'wire-1000',
  'wire-1000000',
  'start',
];

const TITLES = ['', 'before', 'after', 'unit', 'ratio', 'IQR', ''];

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threshold: { type: 'string', default: '1.1' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const [threshold, rounds, seed] = [args.threshold, args.rounds, args.seed].map(Number);
const chosen = GROUPS.filter((name) => args.only?.split(',').some((start) => name.startsWith(start)) ?? true);
if (positionals.length < 1 || positionals.length > 2) fail('give one commit or two; . is the working tree');
if (!(threshold >= 1)) fail(`--threshold: expected a ratio of at least 1, found ${args.threshold}`);
if (!Number.isSafeInteger(rounds) || rounds < 3) fail(`--rounds: expected 3 or more, found ${args.rounds}`);
if (!Number.isSafeInteger(seed)) fail(`--seed: expected an integer, found ${args.seed}`);
if (!chosen.length) fail(`--only: nothing of ${GROUPS.join(', ')}`);

const git = (...command: string[]) => execFileSync('git', command, { encoding: 'utf8' }).trim();
const commits = [positionals[0], positionals[1] ?? 'HEAD'].map((name) => {
  if (name === '.') {
    if (!existsSync('dist/lib/index.js')) fail('dist/lib/index.js is missing: npm run build');
    return { name: 'working tree' };
  }
  try {
    return { name, hash: git('rev-parse', '--verify', '--quiet', `${name}^{commit}`) };
  } catch {
    return fail(`there is no commit ${name}`);
  }
});

const temporary = mkdtempSync(join(tmpdir(), 'kll-compare-'));
const worktrees: string[] = [];
let isSlower = false;
process.once('SIGINT', () => {
  clear();
  process.exit(130);
});
try {
  const sides = [];
  for (const { name, hash } of commits) sides.push({ name, dist: buildOf(hash) });
  isSlower = await compare(sides);
} finally {
  clear();
}
process.exitCode = isSlower ? 1 : 0;

function clear(): void {
  for (const tree of worktrees.splice(0)) git('worktree', 'remove', '--force', tree);
  rmSync(temporary, { recursive: true, force: true });
}

/** The dist of a commit, built with the packages that are installed here. */
function buildOf(hash: string | undefined): string {
  if (hash === undefined) return resolve('dist');
  const tree = join(temporary, `${worktrees.length}-${hash.slice(0, 10)}`);
  process.stderr.write(`building ${hash.slice(0, 10)}\n`);
  git('worktree', 'add', '--quiet', '--detach', tree, hash);
  worktrees.push(tree);
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'));
  try {
    execFileSync('npm', ['run', 'build', '--silent'], { cwd: tree, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    // A build that is over its size budget ends with an error and can be measured.
    if (!existsSync(join(tree, 'dist/lib/index.js')))
      throw new Error(`${hash} does not build:\n${(error as { stderr?: Buffer }).stderr}`);
  }
  return join(tree, 'dist');
}

async function compare(builds: readonly { name: string; dist: string }[]): Promise<boolean> {
  mkdirSync(OUT, { recursive: true });
  await bundleEntry('bench/support/child.ts', `${OUT}/child.js`);
  const names = commits.map(({ name, hash }) => (hash ? `${name} (${hash.slice(0, 10)})` : name));
  const report: {
    machine: string;
    commits: string[];
    threshold: number;
    groups: Record<string, ComparedRow[]>;
  } = { machine: machineName(), commits: names, threshold, groups: {} };
  console.log(
    `${names[1]} against ${names[0]}\n${report.machine}\nseed ${seed}, ${rounds} rounds; above 1 is slower`,
  );
  const slower: string[] = [];
  for (const group of chosen) {
    process.stderr.write(`${group}\n`);
    const order = { group, seed, quick: true, isCompared: true };
    const rows = await inTurn(
      `${OUT}/child.js`,
      builds.map((build) => ({ ...build, order })),
      rounds,
    );
    report.groups[group] = rows;
    for (const row of rows) if (isRegression(row)) slower.push(`${group}, ${row.name}`);
    console.log(`\n${group}\n${textTable(TITLES, rows.map(cellsOf))}`);
  }
  const sizes: number[] = [];
  for (const { dist } of builds)
    sizes.push(await pageBytes(`export * from ${JSON.stringify(`${dist}/browser/index.js`)}`));
  console.log(`\ngzip bytes of the core entry: ${sizes.join(' -> ')}`);
  console.log(
    slower.length
      ? `\nslower than ${threshold} x:\n  ${slower.join('\n  ')}`
      : `\nnothing slower than ${threshold} x`,
  );
  if (args.json) writeFileSync(args.json, `${JSON.stringify({ ...report, sizes, slower }, null, 1)}\n`);
  return slower.length > 0;
}

function isRegression({ ratios: [, ratio], unit }: ComparedRow): boolean {
  return unit !== 'x' && ratio.median > threshold && ratio.lower > threshold;
}

function cellsOf(row: ComparedRow): string[] {
  const [before, after] = row.values;
  const [, ratio] = row.ratios;
  return [
    row.name,
    figure(before.median),
    figure(after.median),
    row.unit,
    figure(ratio.median),
    figure(ratio.iqr),
    isRegression(row) ? 'slower' : ratio.median < 1 / threshold ? 'faster' : '',
  ];
}

function fail(message: string): never {
  console.error(`bench:compare: ${message}`);
  process.exit(2);
}
