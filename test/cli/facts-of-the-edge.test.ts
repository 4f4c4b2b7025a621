/** The command cannot load the edge, and repeats some of its facts. */
import { expect, it } from 'vitest';
import { DEFAULT_SETTINGS, FIRST_RING } from '../../src/adapters/workers/standard-settings.js';
import { NUMBERS as NUMBERS_OF_THE_EDGE } from '../../src/adapters/workers/variables.js';
import { STANDARD_SETUP } from '../../src/cli/capacity/formulas.js';
import { NUMBERS } from '../../src/cli/doctor/environment.js';

it('judges the numbers that may be set by the ranges that the edge takes', () => {
  const ranges = Object.entries(NUMBERS_OF_THE_EDGE).map(([name, [, ...range]]) => [name, range]);
  expect(NUMBERS).toMatchObject(Object.fromEntries(ranges));
});

it('plans with the settings that a tenant begins with', () => {
  expect({ ...DEFAULT_SETTINGS, ...FIRST_RING }).toMatchObject({ ...STANDARD_SETUP });
});
