/** One technique in a process of its own: settings as JSON in the argument, ratios as JSON on standard output. */
import { alternate, FEW_ROUNDS, ROUNDS } from '../support/alternate.js';
import { PATHS, TECHNIQUES } from './index.js';
import type { TechniqueResult } from './technique.js';

const order = JSON.parse(process.argv[2]) as { technique: string; seed: number; quick: boolean };
const technique = [...PATHS, ...TECHNIQUES].find(({ name }) => name === order.technique);
if (!technique) throw new Error(`no technique ${order.technique}`);
const { name, unit, what } = technique;
const { per, variants } = await technique.prepare(order.seed);
const result: TechniqueResult = {
  name,
  unit,
  what,
  variants: alternate(variants, per, order.quick ? FEW_ROUNDS : ROUNDS),
};
process.stdout.write(JSON.stringify(result));
