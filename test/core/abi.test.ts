import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SCHEDULE_K } from '../../src/core/capacity.js';
import { MAX_LEVELS } from '../../src/core/image.js';
import { KllSketch } from '../../src/index.js';
import { F64, HEADER_SLOTS, INPUT, INPUT_VALUES, U8, U32, U64, WINDOW_EXTRA } from '../../src/wasm/abi.js';
import { kernel } from '../../src/wasm/kernel.js';

const sourceOf = (file: string) => readFileSync(new URL(`../../assembly/${file}`, import.meta.url), 'utf8');
const layout = sourceOf('layout.ts');
/** A constant of the kernel's sources: a number, or a sum of others and their shifts. */
const constantOf = (name: string, source = layout): number => {
  const [, text] = new RegExp(`export const ${name}: \\w+ = ([^;]+);`).exec(source)!;
  const numbers = text.replace(/[A-Z]\w*/g, (other) => String(constantOf(other, source)));
  expect(numbers).toMatch(/^[\d\s()+<-]+$/);
  return Number(new Function(`return ${numbers}`)());
};

// Two languages, two lists of the same places.
it('names the places of a header as the memory map does', () => {
  expect(HEADER_SLOTS * 8).toBe(constantOf('HEADER_BYTES'));
  expect(
    [F64.n, F64.min, F64.max, F64.sum, F64.carry, F64.variance, F64.changed].map((slot) => slot * 8),
  ).toEqual(
    ['N', 'MIN', 'MAX', 'SUM', 'CARRY', 'VARIANCE', 'CHANGED'].map((name) => constantOf(`H_${name}`)),
  );
  expect([U64.generator, U64.seed, U64.offset].map((slot) => slot * 8)).toEqual(
    ['GENERATOR', 'SEED', 'OFFSET'].map((name) => constantOf(`H_${name}`)),
  );
  expect([U32.k, U32.minK, U32.levels, U32.sizes, U32.compactions].map((word) => word * 4)).toEqual(
    ['K', 'MIN_K', 'LEVELS', 'SIZES', 'COMPACTIONS'].map((name) => constantOf(`H_${name}`)),
  );
  expect([U8.tails, U8.guarantee, U8.phase]).toEqual(
    ['TAILS', 'GUARANTEE', 'PHASE'].map((name) => constantOf(`H_${name}`)),
  );
});

it('knows where the input window is and its size, and where a header says that a key was learned', () => {
  expect(INPUT * 8).toBe(constantOf('INPUT'));
  expect(INPUT_VALUES).toBe(constantOf('CHUNK'));
  expect(U32.keyKind * 4).toBe(constantOf('H_KEY') + constantOf('K_KIND'));
  // A key lies where no level has its size.
  expect(constantOf('H_KEY')).toBe(constantOf('H_SIZES') + MAX_LEVELS * 4);
  expect(constantOf('H_KEY') + constantOf('KEY_BYTES')).toBeLessThanOrEqual(constantOf('H_CHANGED'));
  expect(constantOf('H_CHANGED') + 8).toBeLessThanOrEqual(constantOf('H_COMPACTIONS'));
});

it('knows how many levels there are, what a level window must hold beside 3 k, and from which k on tails have a schedule', () => {
  expect(MAX_LEVELS).toBe(constantOf('MAX_LEVELS'));
  // A block, and for each level what an image may hold of its tails (docs/formats.md, R).
  expect(WINDOW_EXTRA).toBe(constantOf('BLOCK') + MAX_LEVELS * (8 + 288));
  expect(SCHEDULE_K).toBe(constantOf('SCHEDULE_K', sourceOf('capacity.ts')));
});

// Whoever looks into a sketch is told what the kernel compacts by: below the schedule, on it, and without tails.
it.each([
  [8, 'both'],
  [200, 'high'],
  [1023, 'both'],
  [1024, 'none'],
  [1024, 'high'],
  [2000, 'both'],
] as const)('knows the capacity of each level of a sketch with k = %i and tails %s', (k, tails) => {
  const sketch = new KllSketch({ k, tails, seed: 1 });
  sketch.extend(Float64Array.from({ length: 1e6 }, (_, i) => (i * 7919) % 1e6));
  const capacities = new Uint32Array(kernel().f64.buffer, constantOf('CAPS'), sketch.numLevels);
  const { levels } = sketch.debugState();
  expect(levels.map(({ capacity }) => capacity)).toEqual([...capacities]);
});
