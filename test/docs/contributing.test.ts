/** CONTRIBUTING.md shows the project as it is. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ROOT } from './examples.js';

it('says of every folder of tests what it is for', () => {
  const text = readFileSync(`${ROOT}CONTRIBUTING.md`, 'utf8');
  const told = [...text.matchAll(/^\| `test\/([a-z-]+)\/` \| .+ \|$/gm)].map(([, folder]) => folder);
  const there = readdirSync(`${ROOT}test`, { withFileTypes: true }).filter((one) => one.isDirectory());
  expect(told).toEqual(there.map(({ name }) => name).sort());
});
