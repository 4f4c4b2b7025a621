/** Any image comes back bit for bit, and the same image always has the same bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_K, type SketchImage, type StateBlock, type TailsCode } from '../../src/core/image.js';
import { decodeCompact } from '../../src/wire/compact-decode.js';
import { encodeCompact } from '../../src/wire/compact-encode.js';
import { assertImageInvariants } from '../support/image-invariants.js';

const anyDouble = fc.double({ noNaN: true });
/** Doubles that have little in common, and doubles that have much: each brings other codecs into play. */
const values = fc.oneof(
  fc.constant(anyDouble),
  fc.constant(fc.double({ noNaN: true, min: -1e-300, max: 1e-300 })),
  fc.constant(fc.double({ noNaN: true, min: 1, max: 2 })),
  fc.constant(fc.float({ noNaN: true })),
  fc.constant(fc.integer()),
  fc.constant(fc.maxSafeInteger()),
  fc.constant(fc.constantFrom(-0, 0, 1, -1, Infinity, -Infinity, Number.MAX_VALUE, Number.MIN_VALUE)),
  fc.nat(22).map((e) => fc.integer().map((m) => m / Number(`1e${e}`))),
  fc.integer({ min: -1074, max: 970 }).map((e) => fc.maxSafeInteger().map((m) => m * 2 ** e)),
  anyDouble.map((x) => fc.constant(x)),
);
const k = fc.integer({ min: 8, max: MAX_K });
const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const tails = fc.constantFrom<TailsCode>(0, 1, 2);

const image: fc.Arbitrary<SketchImage> = values
  .chain((value) =>
    fc.record({
      levels: fc.array(fc.array(value, { maxLength: 12 }), { maxLength: 8 }),
      top: fc.array(value, { minLength: 1, maxLength: 12 }),
      beyond: fc.array(value, { maxLength: 2 }),
      k,
      minK: fc.option(k, { nil: undefined }),
      sum: fc.double(),
      variance: fc.oneof(fc.constant(0), fc.float({ min: 0, noNaN: true, noDefaultInfinity: true })),
      tailGuarantee: tails,
      generator: fc.option(word, { nil: undefined }),
      seed: word,
      tails,
      pendingOffset: fc.option(fc.maxSafeNat(), { nil: undefined }),
      compactions: fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 9, maxLength: 9 }),
    }),
  )
  .filter((drawn) => drawn.levels.flat().length + drawn.top.length <= 3 * drawn.k)
  .map((drawn) => {
    const levels = [...drawn.levels, drawn.top].map((level) => Float64Array.from(level).sort());
    const items = Float64Array.from(levels.flatMap((level) => [...level]));
    const all = Float64Array.from([...items, ...drawn.beyond]).sort();
    const state: StateBlock | undefined =
      drawn.generator === undefined
        ? undefined
        : {
            generator: drawn.generator,
            seed: drawn.seed,
            tails: drawn.tails,
            ...(drawn.pendingOffset === undefined ? {} : { pendingOffset: drawn.pendingOffset }),
            compactions: Uint32Array.from(drawn.compactions.slice(0, levels.length)),
          };
    return {
      k: drawn.k,
      minK: drawn.minK ?? drawn.k,
      n: levels.reduce((n, level, height) => n + level.length * 2 ** height, 0),
      sum: drawn.sum,
      min: all[0],
      max: all[all.length - 1],
      sizes: Uint32Array.from(levels, (level) => level.length),
      items,
      tailGuarantee: drawn.tailGuarantee,
      variance: drawn.variance,
      ...(state ? { state } : {}),
    };
  });

describe('an image of any doubles', () => {
  it('comes back bit for bit, state, sum and variance included', () => {
    fc.assert(
      fc.property(image, (original) => {
        const decoded = decodeCompact(encodeCompact(original));
        assertImageInvariants(decoded);
        // toEqual tells 0 from -0 and takes NaN for NaN; every other double equals itself alone.
        expect(decoded).toEqual(original);
      }),
      { numRuns: 4000, seed: 1 },
    );
  });

  it('has one form: what is read and written again has the same bytes', () => {
    fc.assert(
      fc.property(image, (original) => {
        const bytes = encodeCompact(original);
        expect(encodeCompact(decodeCompact(bytes))).toEqual(bytes);
      }),
      { numRuns: 1500, seed: 2 },
    );
  });

  it('is read the same from the middle of a larger buffer, and from shared memory', () => {
    fc.assert(
      fc.property(image, fc.nat(9), (original, before) => {
        const bytes = encodeCompact(original);
        const larger = new Uint8Array(before + bytes.length + 3).fill(0xc7);
        larger.set(bytes, before);
        expect(decodeCompact(larger.subarray(before, before + bytes.length))).toEqual(original);
        const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
        shared.set(bytes);
        expect(decodeCompact(shared)).toEqual(original);
      }),
      { numRuns: 300, seed: 3 },
    );
  });
});

it('a variance that is no float is rounded up to the next', () => {
  fc.assert(
    fc.property(fc.double({ min: 2 ** -140, max: 1e30, noNaN: true }), (variance) => {
      const original: SketchImage = {
        k: 200,
        minK: 200,
        n: 1,
        sum: 1,
        min: 1,
        max: 1,
        sizes: Uint32Array.of(1),
        items: Float64Array.of(1),
        tailGuarantee: 0,
        variance,
      };
      const decoded = decodeCompact(encodeCompact(original)).variance;
      expect(decoded).toBeGreaterThanOrEqual(variance);
      // Nothing between the variance and what was written is a float.
      const below = Uint32Array.of(new Uint32Array(Float32Array.of(decoded).buffer)[0] - 1);
      expect(new Float32Array(below.buffer)[0]).toBeLessThan(variance);
    }),
    { numRuns: 2000, seed: 4 },
  );
});
