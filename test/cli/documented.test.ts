/** The examples of docs/cli.md say what the command says. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { expect, it } from 'vitest';
import { KLL, workFolder } from './run-kll.js';

const folder = await workFolder();
await mkdir(folder.at('bin'));
await writeFile(folder.at('bin/kll'), `#!/bin/sh\nexec "${process.execPath}" "${KLL}" "$@"\n`);
await chmod(folder.at('bin/kll'), 0o755);

const text = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
/** Commands in the order they are given, each with what it prints. */
const examples = [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block]) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((example) => {
      const end = example.indexOf('\n');
      return [example.slice(0, end), example.slice(end + 1)] as const;
    }),
);

/** How long it took differs. */
const timeless = (output: string) => output.replace(/^read in .*$/gm, 'read in ...');

it('prints what docs/cli.md shows, command after command', () => {
  expect(examples.length).toBeGreaterThan(10);
  for (const [command, output] of examples) {
    const { stdout } = spawnSync('sh', ['-c', `(${command}) 2>&1`], {
      cwd: folder.path,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder.at('bin')}${delimiter}${process.env.PATH}`, NO_COLOR: '1' },
    });
    expect(timeless(stdout), command).toBe(timeless(output));
  }
});
