/** What guides show is what it prints. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { codeBlocks, expectPromised, ROOT } from './examples.js';

it.each(['README.md', 'docs/migrating.md'])('the first example of %s prints what it says', (file) => {
  const [first] = codeBlocks(readFileSync(`${ROOT}${file}`, 'utf8'));
  expect(first).toContain("from 'kll-wasm'");
  expectPromised(first);
});
