import { describe, expect, it } from 'vitest';
import { SketchDataError } from '../../src/core/errors.js';
import { crc32 } from '../../src/wire/crc32.js';
import { decodeKll1 } from '../../src/wire/kll1.js';
import { decodeKll2 } from '../../src/wire/kll2.js';
import { BAD_FOREIGN_BYTES, SOUND_KLL1, SOUND_KLL2 } from '../support/bad-foreign-bytes.js';
import { foreignVariance } from '../support/foreign-variance.js';
import { assertImageInvariants } from '../support/image-invariants.js';
import { type Kll2Fields, sealKll2, writeKll1, writeKll2 } from '../support/kll-image.js';

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
  const writeFields = (fields: Kll2Fields) => (format === 'kll1' ? writeKll1(fields) : writeKll2(fields));
  const write = (k: number, levels: number[][], bounds: [number, number]) => {
    const n = BigInt(levels.reduce((sum, level, i) => sum + level.length * 2 ** i, 0));
    return writeFields({ k, n, levels, min: bounds[0], max: bounds[1] });
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

  it('takes 64 levels', () => {
    const image = decode(write(200, [[1], [2], ...Array.from({ length: 62 }, () => [])], [1, 2]));
    assertImageInvariants(image);
    expect([...image.sizes]).toEqual([1, 1]);
  });

  it('refuses n and weights that doubles would round to each other', () => {
    const weighing = (...levels: number[]) =>
      Array.from({ length: 54 }, (_, level) => (levels.includes(level) ? [1] : []));
    for (const [n, levels] of [
      [2n ** 53n + 1n, weighing(53)],
      [2n ** 53n, weighing(0, 53)],
    ] as const) {
      const bytes = writeFields({ k: 200, n, levels, min: 1, max: 1 });
      expect(errorOf(() => decode(bytes))).toMatchObject({ code: 'ERR_COUNT' });
    }
  });

  it('refuses a k above the limit given, and one above 65535 whatever the limit', () => {
    expect(decode(sound, { maxK: 200 }).k).toBe(200);
    expect(errorOf(() => decode(sound, { maxK: 199 }))).toMatchObject({ code: 'ERR_FIELD' });
    expect(decode(write(65535, [[1]], [1, 1]), { maxK: 2 ** 20 }).k).toBe(65535);
    expect(errorOf(() => decode(write(65536, [[1]], [1, 1]), { maxK: 2 ** 20 }))).toMatchObject({
      code: 'ERR_FIELD',
    });
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

  it.each([
    ['KLL1, k', decodeKll1, writeKll1({ ...SOUND_KLL1, k: 7 }), 4],
    ['KLL1, n', decodeKll1, writeKll1({ ...SOUND_KLL1, n: 2n ** 54n }), 8],
    ['KLL1, levels', decodeKll1, writeKll1({ ...SOUND_KLL1, numLevels: 65 }), 16],
    ['KLL2, flags', decodeKll2, writeKll2({ ...SOUND_KLL2, flags: 3 }), 12],
    ['KLL2, k', decodeKll2, writeKll2({ ...SOUND_KLL2, k: 7 }), 13],
    ['KLL2, minK', decodeKll2, writeKll2({ ...SOUND_KLL2, minK: 7 }), 17],
    ['KLL2, n', decodeKll2, writeKll2({ ...SOUND_KLL2, n: 2n ** 54n }), 21],
    ['KLL2, levels', decodeKll2, writeKll2({ ...SOUND_KLL2, numLevels: 65 }), 29],
    ['KLL2, retained items', decodeKll2, writeKll2({ ...SOUND_KLL2, retained: 2n ** 54n }), 57],
    ['KLL2, min', decodeKll2, writeKll2({ ...SOUND_KLL2, min: Number.NaN }), 65],
  ] as const)('a refusal says where the field is: %s', (_, decode, bytes, offset) => {
    expect(errorOf(() => decode(bytes))).toMatchObject({ name: 'SketchDataError', offset });
  });

  it('a header that is cut short is told of before anything that is wrong in it', () => {
    const kll1 = writeKll1({ ...SOUND_KLL1, k: 7 }).slice(0, 27);
    expect(errorOf(() => decodeKll1(kll1))).toMatchObject({ code: 'ERR_TRUNCATED' });
    const kll2 = sealKll2(writeKll2({ ...SOUND_KLL2, k: 7 }).slice(0, 80));
    expect(errorOf(() => decodeKll2(kll2))).toMatchObject({ code: 'ERR_TRUNCATED' });
  });

  it.each([2, 4, 8, 16, 32, 64, 128])('KLL2 refuses flag %d', (flag) => {
    expect(errorOf(() => decodeKll2(writeKll2({ ...SOUND_KLL2, flags: 1 | flag })))).toMatchObject({
      code: 'ERR_RESERVED',
    });
  });

  it('KLL2 refuses fewer retained items than its levels have, as it refuses more', () => {
    for (const retained of [0n, 5n, 7n, 2n ** 53n]) {
      expect(errorOf(() => decodeKll2(writeKll2({ ...SOUND_KLL2, retained })))).toMatchObject({
        code: 'ERR_COUNT',
      });
    }
  });

  it('KLL2 refuses bounds without end on either side', () => {
    for (const bounds of [{ min: -Infinity }, { max: Infinity }, { min: -Infinity, max: Infinity }]) {
      expect(errorOf(() => decodeKll2(writeKll2({ ...SOUND_KLL2, ...bounds })))).toMatchObject({
        code: 'ERR_ITEMS',
      });
    }
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
