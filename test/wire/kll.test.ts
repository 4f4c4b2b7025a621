import { describe, expect, it } from 'vitest';
import { SketchDataError } from '../../src/core/errors.js';
import { crc32 } from '../../src/wire/crc32.js';
import { decodeKll1 } from '../../src/wire/kll1.js';
import { decodeKll2 } from '../../src/wire/kll2.js';
import { BAD_FOREIGN_BYTES, SOUND_KLL1, SOUND_KLL2 } from '../support/bad-foreign-bytes.js';
import { foreignVariance } from '../support/foreign-variance.js';
import { assertImageInvariants } from '../support/image-invariants.js';
import { writeKll1, writeKll2 } from '../support/kll-image.js';

function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('the CRC-32', () => {
  it("is zlib's", () => {
    // The check value of CRC-32/ISO-HDLC, and that of nothing.
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });
});

describe.each([
  { format: 'kll1', decode: decodeKll1, sound: writeKll1(SOUND_KLL1), min: 1, max: 11 },
  { format: 'kll2', decode: decodeKll2, sound: writeKll2(SOUND_KLL2), min: 0.5, max: 12 },
])('reading $format', ({ format, decode, sound, min, max }) => {
  const write = (k: number, levels: number[][], bounds: [number, number]) => {
    const n = BigInt(levels.reduce((sum, level, i) => sum + level.length * 2 ** i, 0));
    const fields = { k, n, levels, min: bounds[0], max: bounds[1] };
    return format === 'kll1' ? writeKll1(fields) : writeKll2(fields);
  };

  it('gives levels that ascend, their weights, and no sum', () => {
    const image = decode(sound);
    assertImageInvariants(image);
    expect(image).toEqual({
      k: 200,
      minK: 200,
      n: 11,
      sum: Number.NaN,
      min,
      max,
      sizes: Uint32Array.of(3, 2, 1),
      items: Float64Array.of(1, 9, 11, 4, 6, 5),
      tailGuarantee: 0,
      variance: expect.closeTo(foreignVariance(image), 15),
    });
  });

  it('gives an empty sketch of its k', () => {
    const image = decode(write(77, [[], []], [0, 0]));
    assertImageInvariants(image);
    expect(image).toMatchObject({ k: 77, minK: 77, n: 0, sum: 0, min: Number.NaN, max: Number.NaN });
  });

  it('takes levels beyond any capacity, empty ones in between and at the top', () => {
    const many = Array.from({ length: 5000 }, (_, i) => (i * 2477) % 5000);
    const image = decode(write(8, [[], many, [], [3, -2], [], []], [-2, 4999]));
    assertImageInvariants(image);
    expect([...image.sizes]).toEqual([0, 5000, 0, 2]);
    expect(image.n).toBe(10_016);
    expect([...image.items.subarray(0, 3)]).toEqual([0, 1, 2]);
    expect([...image.items.subarray(5000)]).toEqual([-2, 3]);
  });

  it('takes a single item of weight 2^53 and keeps -0', () => {
    const levels = Array.from({ length: 54 }, (_, i) => (i === 53 ? [-0] : []));
    const image = decode(write(200, levels, [-0, -0]));
    assertImageInvariants(image);
    expect(image.n).toBe(2 ** 53);
    expect([...image.items]).toEqual([-0]);
  });

  it('refuses a k above the limit given', () => {
    expect(decode(sound, { maxK: 200 }).k).toBe(200);
    expect(errorOf(() => decode(sound, { maxK: 199 }))).toMatchObject({ code: 'ERR_FIELD' });
  });

  it.each(BAD_FOREIGN_BYTES.filter((bad) => bad.format === format))('refuses $wrong: $code', ({
    bytes,
    code,
  }) => {
    const before = bytes.slice();
    const error = errorOf(() => decode(bytes));
    expect(error).toBeInstanceOf(SketchDataError);
    expect(error).toMatchObject({ code });
    expect(bytes).toEqual(before);
  });

  it('refuses every truncation', () => {
    for (let length = 0; length < sound.length; length++) {
      expect(errorOf(() => decode(sound.subarray(0, length)))).toMatchObject({ code: 'ERR_TRUNCATED' });
    }
  });

  it('takes bytes inside a larger buffer and bytes in shared memory', () => {
    const inside = new Uint8Array(sound.length + 7).subarray(3, 3 + sound.length);
    inside.set(sound);
    expect(decode(inside)).toEqual(decode(sound));
    const shared = new Uint8Array(new SharedArrayBuffer(sound.length));
    shared.set(sound);
    expect(decode(shared)).toEqual(decode(sound));
  });

  it('refuses what is no Uint8Array', () => {
    for (const bytes of [undefined, 'KLL1', [0x4b], new ArrayBuffer(28)]) {
      expect(errorOf(() => decode(bytes as unknown as Uint8Array))).toMatchObject({
        code: 'ERR_ARGUMENT_TYPE',
      });
    }
  });
});

describe('what only one of them has', () => {
  it('KLL1 infinities are kept', () => {
    const image = decodeKll1(writeKll1({ k: 200, n: 3n, levels: [[Infinity, 1, -Infinity]] }));
    assertImageInvariants(image);
    expect([...image.items]).toEqual([-Infinity, 1, Infinity]);
    expect(decodeKll1(writeKll1({ k: 200, n: 2n, levels: [[], [Infinity]] }))).toMatchObject({
      min: Infinity,
    });
    expect(decodeKll1(writeKll1({ k: 200, n: 2n, levels: [[], [-Infinity]] }))).toMatchObject({
      max: -Infinity,
    });
  });

  it('KLL2 says minK', () => {
    expect(decodeKll2(writeKll2({ ...SOUND_KLL2, minK: 100 })).minK).toBe(100);
  });

  it('KLL2 refuses every flip of one bit', () => {
    const sound = writeKll2(SOUND_KLL2);
    for (let bit = 0; bit < sound.length * 8; bit++) {
      const bytes = sound.slice();
      bytes[bit >> 3] ^= 1 << (bit & 7);
      expect(
        errorOf(() => decodeKll2(bytes)),
        `bit ${bit}`,
      ).toBeInstanceOf(SketchDataError);
    }
  });
});
