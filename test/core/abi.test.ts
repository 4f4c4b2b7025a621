import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { F64, HEADER_SLOTS, INPUT_VALUES, TABLE_SLOTS, U8, U32, U64 } from '../../src/wasm/abi.js';

const layout = readFileSync(new URL('../../assembly/layout.ts', import.meta.url), 'utf8');
const constantOf = (name: string): number => {
  const [, text] = new RegExp(`export const ${name}: \\w+ = ([^;]+);`).exec(layout)!;
  return Number(text);
};

// Two languages, two lists of the same places.
it('names the places of a header as the memory map does', () => {
  expect(HEADER_SLOTS * 8).toBe(constantOf('HEADER_BYTES'));
  expect([F64.n, F64.min, F64.max, F64.sum, F64.carry, F64.variance].map((slot) => slot * 8)).toEqual(
    ['N', 'MIN', 'MAX', 'SUM', 'CARRY', 'VARIANCE'].map((name) => constantOf(`H_${name}`)),
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

it('knows the sizes of the input window and of a table', () => {
  expect(INPUT_VALUES).toBe(constantOf('CHUNK'));
  expect(layout).toContain('export const TABLE_BYTES: i32 = 24 + (CELLS << 1);');
  expect(TABLE_SLOTS * 8).toBe(24 + (constantOf('CELLS') << 1));
});
