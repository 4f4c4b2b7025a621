/** docs/api.md is what the declarations say, and its examples do what they say. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { apiDocument, readExamples } from '../../build/api/document.js';
import { codeBlocks, expectPromised, ROOT } from './examples.js';

const inNode = [...readExamples(ROOT)].flatMap(([entry, text]) =>
  codeBlocks(text).map((code) => [entry, code] as const),
);

describe('docs/api.md', () => {
  it('is what npm run docs:api writes from the declarations of this build', () => {
    expect(readFileSync(`${ROOT}docs/api.md`, 'utf8')).toBe(apiDocument(ROOT));
  });

  it.each(inNode)('has an example of %s that prints what it says', (_entry, code) => {
    expectPromised(code);
  });

  it('has such an example of every entry but that of Workers', () => {
    const entries = [...readExamples(ROOT).keys()].filter((entry) => entry !== 'kll-wasm/workers');
    expect(inNode.map(([entry]) => entry)).toEqual(entries);
  });
});
