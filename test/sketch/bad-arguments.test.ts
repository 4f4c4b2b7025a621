import { describe, expect, it } from 'vitest';
import { toDataSketches } from '../../src/formats.js';
import { KllSketch } from '../../src/index.js';
import { BAD_CALLS } from '../support/bad-arguments.js';

/** Sketches in every form that a bad call may meet, each made the same way every time. */
const FORMS: Record<string, () => KllSketch> = {
  'an empty sketch': () => new KllSketch({ seed: 1 }),
  'a sketch of a few staged values': () => new KllSketch({ seed: 2 }).add(3).extend([1, 2]),
  'an estimating sketch with staged values': () =>
    new KllSketch({ seed: 3 })
      .extend(Float64Array.from({ length: 5000 }, (_, i) => (i * 7919) % 5003))
      .extend([7, 8]),
};

/** Blocks depend on what is staged, so feeding both shows whether anything of the call stayed behind. */
function fed(sketch: KllSketch): KllSketch {
  for (let i = 0; i < 3000; i++) sketch.add((i * 31) % 1009);
  return sketch;
}

function errorOf(call: () => unknown): { name?: string; code?: string; message?: string } {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  return { message: 'nothing was thrown' };
}

describe.each(Object.entries(FORMS))('%s', (_, make) => {
  it.each(BAD_CALLS)('refuses $call with $code and stays as it was', ({ run, error, code }) => {
    const sketch = make();
    const { name, code: found, message } = errorOf(() => run(sketch));
    expect({ name, code: found, message }).toMatchObject({ name: error, code });
    expect(message?.length).toBeGreaterThan(20);
    // Memory held is not state: room made for values that were then refused may stay.
    expect({ ...sketch.debugState(), bytes: 0 }).toEqual({ ...make().debugState(), bytes: 0 });
    expect(sketch.toBytes()).toEqual(make().toBytes());
  });

  it('goes on as if all the refused calls had never been', () => {
    const sketch = make();
    for (const { run } of BAD_CALLS) errorOf(() => run(sketch));
    expect(fed(sketch).toBytes()).toEqual(fed(make()).toBytes());
  });
});

describe('an error', () => {
  it('names the argument, its place, what was expected and what was found', () => {
    const error = errorOf(() => new KllSketch().extend([1, 2, 'three' as unknown as number]));
    expect(error).toMatchObject({
      argument: 'values',
      index: 2,
      expected: 'a finite number',
      found: 'three',
    });
    expect(error.message).toBe('values[2]: expected a finite number, found "three"');
  });

  it('names the place of a bad value in a long typed array', () => {
    const values = new Float64Array(100_000).fill(1);
    values[77_777] = Number.NaN;
    expect(errorOf(() => new KllSketch().extend(values))).toMatchObject({
      code: 'ERR_VALUE_NOT_FINITE',
      index: 77_777,
    });
  });

  it('names the place, among the values in order, of one that a type of items cannot hold', () => {
    const sketch = new KllSketch({ seed: 1 }).extend([9, 2.5, 3, 1]);
    expect(errorOf(() => toDataSketches(sketch, 'long'))).toMatchObject({
      code: 'ERR_NOT_INTEGER',
      argument: 'items',
      index: 1,
      found: 2.5,
    });
  });

  it('names the source that a merge of many refuses', () => {
    const good = new KllSketch().add(1).toBytes();
    const bad = good.slice();
    bad[bad.length - 1] ^= 1;
    expect(errorOf(() => KllSketch.mergeAll([good, good, bad]))).toMatchObject({
      code: 'ERR_CHECKSUM',
      source: 2,
    });
  });

  it('names the split that does not ascend, and the one it stands behind', () => {
    expect(errorOf(() => new KllSketch().cdf([1, 5, 5]))).toMatchObject({
      argument: 'splits',
      index: 2,
      expected: 'more than the one before, 5',
      found: 5,
    });
  });

  it('names the function that reads the bytes of another format', () => {
    const apache = Uint8Array.of(2, 1, 15, 1, 200, 0, 8, 0);
    expect(errorOf(() => KllSketch.fromBytes(apache)).message).toContain('fromDataSketches');
  });
});
