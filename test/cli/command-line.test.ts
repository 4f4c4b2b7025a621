import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { EXIT_MEANINGS } from '../../src/cli/exit.js';
import { KLL, latencies, runKll, workFolder } from './run-kll.js';

const folder = await workFolder();
const VERBS = [
  'summary',
  'build',
  'merge',
  'query',
  'compare',
  'plot',
  'inspect',
  'verify',
  'convert',
  'plan',
];
const OF_EDGES = [
  'backup',
  'restore',
  'export',
  'retention',
  'vacuum',
  'reset',
  'token',
  'capacity',
  'doctor',
  'replay',
];
/** Verbs that have verbs. */
const GROUPS = ['slo', 'snapshot'];
await folder.write('bad.txt', '1\n2\nthree\n');
await folder.write('table.csv', 'a,b\n1,2\n');

describe('the command line', () => {
  it('gives its version and its help, with every verb and the exit codes', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await runKll(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
    const { code, stdout } = await runKll(['--help']);
    expect(code).toBe(0);
    const listed = [
      ...stdout
        .split('Commands:')[1]
        .split('Examples:')[0]
        .matchAll(/^ {2}([a-z]+) /gm),
    ];
    expect(listed.map(([, verb]) => verb).sort()).toEqual([...VERBS, ...OF_EDGES, ...GROUPS].sort());
    expect(stdout).toContain('Exit codes:');
  });

  it.each([...VERBS, ...OF_EDGES])('describes %s', async (verb) => {
    const { code, stdout } = await runKll([verb, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: kll ${verb}`);
    expect(stdout).toContain('--json');
  });

  it('has a line for every verb in docs/cli.md', async () => {
    const text = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
    const described = new Set([...text.matchAll(/^\|.*`kll ([a-z]+)/gm)].map(([, verb]) => verb));
    expect([...described].sort()).toEqual([...VERBS, ...OF_EDGES, ...GROUPS].sort());
  });

  it('has the same exit codes in its help and in docs/cli.md', async () => {
    const text = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
    const documented = [...text.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, code, meaning]) => [
      code,
      meaning,
    ]);
    const inHelp = [
      ...(await runKll(['--help'])).stdout.split('Exit codes:')[1].matchAll(/^ {2}(\d+) +(.*)$/gm),
    ];
    expect(documented.map(([code, meaning]) => [code, meaning.replaceAll('`', '')])).toEqual(
      inHelp.map(([, code, meaning]) => [code, meaning]),
    );
    expect(Object.entries(EXIT_MEANINGS)).toEqual(inHelp.map(([, code, meaning]) => [code, meaning]));
  });

  it('says what k is where none is given', async () => {
    const said = async (verb: string) => (await runKll([verb, '--help'])).stdout.replaceAll(/\s+/g, ' ');
    expect(await said('build')).toContain('(default: 200)');
    expect(await said('merge')).toContain('(default: the largest of the sources)');
  });

  it.each([
    [[]],
    [['unknown']],
    [['summary', '--unknown']],
    [['summary', 'table.csv', 'more.csv']],
    [['summary', '-k', '7']],
    [['summary', '-k', '2e3']],
    [['summary', '--seed', '-1']],
    [['summary', '--tails', 'low']],
    [['summary', '--format', 'xml']],
    [['summary', '--q', 'p101']],
    [['summary', '--q', '1.5']],
    [['summary', '--q', '']],
    [['summary', '-d', 'ab']],
    [['query', '--rank', '1,x']],
    [['build', '--precision', 'bits:0']],
    [['build', '--precision', 'decimals:23']],
    [['build', '--to', 'datasketches']],
    [['build', '--condense', '7']],
    [['merge', 'a.kll', '--condense', 'few']],
    [['convert', 'a.kll', '--sharp']],
    [['plot', '--bins', '1']],
    [['merge']],
    [['backup', '--url', 'http://127.0.0.1:1']],
    [['restore']],
    [['restore', 'a.kllbackup', '--url', 'http://127.0.0.1:1', '--add', '--replace']],
    [['export', '--url', 'http://127.0.0.1:1']],
    [['snapshot', 'create']],
    [['retention', '--minute', '0d']],
    [['reset', '--url', 'http://127.0.0.1:1', '--dry-run', '--yes']],
    [['capacity', '--series', '1.5']],
    [['token']],
    [['token', '--tenant', 'A']],
    [['token', '--tenant', 'a', '--scopes', 'root']],
    [['token', '--tenant', 'a', '--expires', '0d']],
    [['replay']],
    [['compare', 'table.csv']],
    [['summary', 'table.csv']],
    [['summary', 'table.csv', '-c', 'c']],
  ])('ends with exit code 2 and a line that helps for kll %j', async (args) => {
    const { code, stdout, stderr } = await folder.kll(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(args.length === 0 ? /^Usage: kll/ : /^kll: ERR_USAGE: \S/);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('says what is wrong, where and what to do; no stack trace', async () => {
    const { code, stdout, stderr } = await folder.kll(['summary', 'bad.txt']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe(
      'kll: ERR_INPUT: bad.txt: line 3: expected a number, found "three"\n' +
        '     Use --skip-invalid to leave out whatever is not a finite number.\n',
    );
  });

  it('says it as JSON when reports are JSON', async () => {
    const { code, stdout, stderr } = await folder.kll(['summary', 'bad.txt', '--json']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({
      schema: 'kll.error/1',
      code: 'ERR_INPUT',
      exitCode: 3,
      message: 'bad.txt: line 3: expected a number, found "three"',
      hint: expect.any(String),
    });
  });

  it('says as JSON, too, that the command line is wrong', async () => {
    const { code, stderr } = await runKll(['summary', '--json', '-k', '5']);
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({
      schema: 'kll.error/1',
      code: 'ERR_USAGE',
      exitCode: 2,
      message: expect.stringContaining('expected an integer 8..65535, found "5"'),
    });
  });

  it('ends with exit code 70, and no verdict, where an error reaches nobody', async () => {
    const left = "process.once('beforeExit', () => Promise.reject(new Error('left alone')))";
    const env = { NODE_OPTIONS: `--import "data:text/javascript,${left}"` };
    const run = await runKll(['plan', '--error', '1%', '--json'], { cwd: folder.path, env });
    expect(run.code).toBe(70);
    expect(JSON.parse(run.stderr)).toMatchObject({
      code: 'ERR_INTERNAL',
      message: expect.stringContaining('left alone'),
    });
  });

  it('ends with exit code 4 when standard output is full', { skip: !existsSync('/dev/full') }, async () => {
    const full = openSync('/dev/full', 'w');
    try {
      const run = (...args: string[]) =>
        spawnSync(process.execPath, [KLL, ...args], { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
      const message = 'cannot write standard output: no space left';
      expect(run('--version')).toMatchObject({
        status: 4,
        stderr: `kll: ERR_DEVICE_FULL: ${message}\n`,
      });
      const { status, stderr } = run('plan', '--error', '1%', '--json');
      expect([status, JSON.parse(stderr)]).toMatchObject([4, { code: 'ERR_DEVICE_FULL', message }]);
    } finally {
      closeSync(full);
    }
  });

  it.each([
    ['an absent file', 'absent.txt', 'ERR_FILE_ABSENT: cannot read absent.txt: no such file or folder'],
    ['a directory', '.', 'ERR_FILE_KIND: cannot read .: it is a directory'],
  ])('ends with exit code 4 for %s', async (_what, path, message) => {
    expect(await folder.kll(['summary', path])).toMatchObject({
      code: 4,
      stdout: '',
      stderr: `kll: ${message}\n`,
    });
  });

  it.each([
    'query',
    'inspect',
    'convert',
    'merge',
  ])('refuses numbers where %s needs a sketch', async (verb) => {
    const args =
      verb === 'merge' || verb === 'convert' ? [verb, 'bad.txt', '-o', 'x.kll'] : [verb, 'bad.txt'];
    const { code, stderr } = await folder.kll(args);
    expect(code).toBe(3);
    expect(stderr).toContain('bad.txt: not a sketch: it begins with 31 0a 32 0a (at byte 0)');
  });

  it('refuses an empty sketch file', async () => {
    expect(await folder.kll(['query'], '')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('it is empty'),
    });
  });

  it.each([
    ['a report', 0, ['plot', 'many.txt', '--cdf', '--width', '400', '--json']],
    ['a negative verdict', 1, ['verify', 'bad.txt']],
    ['its help', 0, ['--help']],
  ])('ends as it would when its reader has seen enough of %s', async (_what, exit, args) => {
    await folder.write('many.txt', latencies(50_000).join('\n'));
    const code = await new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [KLL, ...args], {
        cwd: folder.path,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stderr = '';
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      child.stdout.destroy();
      child.on('error', reject);
      child.on('close', (code) => resolve({ exit: code, stderr }));
    });
    expect(code).toEqual({ exit, stderr: '' });
  });
});
