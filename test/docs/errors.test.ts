/** docs/errors.md has every code that anything here gives, and no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit.js';

const ROOT = new URL('../../', import.meta.url);
const SRC = new URL('src/', ROOT);

const codesOf = (text: string) => [...text.matchAll(/\bERR_[A-Z]+(?:_[A-Z]+)*\b/g)].map(([code]) => code);
const read = (name: string) => readFileSync(new URL(name, ROOT), 'utf8');
const documented = read('docs/errors.md');
/** Rows of its tables, by cell. */
const rows = documented
  .split('\n')
  .filter((line) => /^\|.*`ERR_/.test(line))
  .map((line) => line.slice(2, -2).split(' | '));
const codeOf = (row: string[]) => codesOf(row.slice(0, 2).join())[0];

it('has a row for every code of the sources, and no other', () => {
  const given = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => codesOf(readFileSync(new URL(file, SRC), 'utf8')));
  const inTables = rows.map(codeOf);
  expect([...inTables].sort()).toEqual([...new Set(given)].sort());
});

it('says with which status the edge answers', () => {
  // The list of problem.ts, read as text: the module itself runs in Workers alone.
  const list = /PROBLEM_CODES = \[([^\]]*)\]/.exec(read('src/adapters/workers/problem.ts'))![1];
  const withStatus = rows.filter(([first]) => /^[45]\d\d$/.test(first));
  expect(withStatus.map(codeOf).sort()).toEqual(codesOf(list).sort());
  let refused = 0;
  for (const file of readdirSync(new URL('adapters/workers/', SRC)).filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(new URL(`adapters/workers/${file}`, SRC), 'utf8');
    const refusals = text.matchAll(/(?:refuse\(\s*|status: )(\d+),\s*(?:code: )?'(ERR_\w+)'/g);
    for (const [, status, code] of refusals) {
      const row = withStatus.find((one) => codeOf(one) === code)!;
      expect(row.join(' '), `${file}: ${code}`).toContain(status);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(50);
});

it('says with which exit code kll ends', () => {
  const exits = rows.filter((row) => row.length === 4 && /^\d( or \d)?$/.test(row[1])).map((row) => row[1]);
  expect(exits.length).toBeGreaterThan(15);
  const known = Object.values(EXIT).map(String);
  expect(exits.flatMap((text) => text.split(' or ')).filter((code) => !known.includes(code))).toEqual([]);
});
