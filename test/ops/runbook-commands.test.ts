import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandsOf } from '../../ops/live/runbook-commands.js';
import { openShell, type Shell } from '../../ops/live/shell.js';

const BOOK = `# A runbook

## Diagnosis

Text, \`inline code\`.

\`\`\`sh
first "$URL"
second --a \\
  --b   # exit 1: it is damaged
# a comment
\`\`\`

1. A step:

   \`\`\`sh
   third   # exit 0 or 7: nothing listens
   \`\`\`

## Resolution

\`\`\`sh
fourth
\`\`\`
`;

describe('commands of a runbook', () => {
  it('are the lines of the blocks of a section, with the exit code each line expects', () => {
    expect(commandsOf(BOOK, 'Diagnosis')).toEqual([
      { text: 'first "$URL"', exits: [0] },
      { text: 'second --a --b', exits: [1] },
      { text: 'third', exits: [0, 7] },
    ]);
    expect(commandsOf(BOOK, 'Resolution')).toEqual([{ text: 'fourth', exits: [0] }]);
    expect(commandsOf(BOOK, 'Prevention')).toEqual([]);
  });
});

describe('a shell', () => {
  let folder: string;
  let shell: Shell;
  const type = (text: string, ...exits: number[]) =>
    shell.run({ text, exits: exits.length > 0 ? exits : [0] });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kll-shell-'));
    shell = openShell(folder, { GREETING: 'hello' });
  });

  afterAll(async () => {
    await shell.end();
    rmSync(folder, { recursive: true });
  });

  it('runs commands in one folder and environment, and keeps variables between them', async () => {
    expect(await type('NAME=world')).toMatchObject({ exit: 0, fault: undefined });
    expect(await type('echo $GREETING $NAME > said; cat said')).toMatchObject({ output: 'hello world' });
    expect(readFileSync(join(folder, 'said'), 'utf8')).toBe('hello world\n');
  });

  it('finds fault with another exit code than expected, of any part of a pipe', async () => {
    expect((await type('exit_with() { return 3; }; exit_with')).fault).toBe('exit 3, expected 0');
    expect((await type('false | cat')).fault).toBe('exit 1, expected 0');
    expect((await type('false', 1)).fault).toBeUndefined();
    expect((await type('true', 1, 2)).fault).toBe('exit 0, expected 1 or 2');
  });

  it('finds fault with a problem document, with which curl ends well', async () => {
    expect((await type(`echo '{"status":401,"code":"ERR_TOKEN"}'`)).fault).toContain('the edge refused it');
  });

  it('does not feed the following commands to one that reads', async () => {
    expect(await type('cat')).toMatchObject({ exit: 0, output: '' });
    expect(await type('echo after')).toMatchObject({ output: 'after' });
  });

  it('says so when a command ends the shell', async () => {
    const other = openShell(folder, {});
    expect((await other.run({ text: 'exit 0', exits: [0] })).fault).toContain('ended the shell');
    await other.end();
  });
});
