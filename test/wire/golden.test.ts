/** Known answers: the bytes of every codec and flag, as docs/formats.md publishes them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeBatch } from '../../src/wire/batch-decode.js';
import { encodeBatch } from '../../src/wire/batch-encode.js';
import { decodeCompact } from '../../src/wire/compact-decode.js';
import { encodeCompact } from '../../src/wire/compact-encode.js';
import { referenceEncode } from '../support/compact-reference.js';
import { GOLDEN_BATCH, GOLDEN_BATCH_HEX } from '../support/golden-batch.js';
import { GOLDEN_IMAGES, imageOf } from '../support/golden-images.js';

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const LIMITS = { bytes: 4096, strings: 9, stringBytes: 9, series: 3, labels: 2, items: 9, n: 9, k: 200 };
const FORMATS = readFileSync(fileURLToPath(new URL('../../docs/formats.md', import.meta.url)), 'utf8');

describe('golden images', () => {
  it.each(GOLDEN_IMAGES)('$title: has these bytes', ({ image, options, hex }) => {
    expect(hexOf(encodeCompact(image, options))).toBe(hex);
  });

  it.each(GOLDEN_IMAGES)('$title: is read back, bit for bit', ({ image, options, hex }) => {
    const decoded = decodeCompact(bytesOf(hex));
    if (options?.precision) {
      expect(decoded.precision).toBe('bits' in options.precision ? options.precision.bits : 0x80);
      // A rounded image is written as it was read, without a precision being asked for.
      expect(hexOf(encodeCompact(decoded))).toBe(hex);
    } else {
      expect(decoded).toEqual({ ...image, variance: decoded.variance });
      expect(decoded.variance).toBeGreaterThanOrEqual(image.variance);
      expect(decoded.variance).toBeLessThanOrEqual(image.variance * (1 + 2 ** -23));
    }
  });

  it.each(GOLDEN_IMAGES)('$title: is what the reference writes', ({ hex }) => {
    expect(hexOf(referenceEncode(decodeCompact(bytesOf(hex))))).toBe(hex);
  });

  it('rounded values are those of the precision', () => {
    const rounded = (title: string) => {
      const golden = GOLDEN_IMAGES.find((one) => one.title === title)!;
      return [...decodeCompact(bytesOf(golden.hex)).items];
    };
    expect(rounded('precision 6 mantissa bits')).toEqual([12.5, 32, 40, 8.125, 12.5, 77, 120]);
    expect(rounded('precision 0 decimals')).toEqual([13, 32, 40, 8, 13, 77, 120]);
  });

  it('cover every codec and every flag', () => {
    const flags = GOLDEN_IMAGES.map(({ hex }) => bytesOf(hex)[2]);
    expect(new Set(flags.map((flag) => flag & 3))).toEqual(new Set([0, 1, 2, 3]));
    expect(new Set(flags.map((flag) => flag >> 6))).toEqual(new Set([0, 1, 2]));
    for (const bit of [4, 8, 16, 32]) expect(flags.some((flag) => flag & bit)).toBe(true);
    expect(new Set(GOLDEN_IMAGES.map(({ hex }) => bytesOf(hex)[1]))).toEqual(new Set([0x10, 0x12]));
  });

  it('stand in docs/formats.md', () => {
    for (const { title, hex } of GOLDEN_IMAGES) {
      expect(FORMATS, title).toContain(`**${title}**`);
      expect(FORMATS, title).toContain(`\`${hex}\``);
    }
  });
});

describe('the golden batch', () => {
  it('has these bytes', () => expect(hexOf(encodeBatch(GOLDEN_BATCH))).toBe(GOLDEN_BATCH_HEX));
  it('is read back', () => expect(decodeBatch(bytesOf(GOLDEN_BATCH_HEX), LIMITS)).toEqual(GOLDEN_BATCH));
  it('stands in docs/formats.md', () => expect(FORMATS).toContain(GOLDEN_BATCH_HEX));
});

describe('an option changes the bytes only where it says so', () => {
  const state = { generator: 1n, seed: 2n, tails: 0 as const, compactions: Uint32Array.of(0) };
  const image = imageOf([[1, 2, 3]], { sum: 6, state });

  it('state: false leaves the state block out, sum: false the sum', () => {
    const bare = encodeCompact(imageOf([[1, 2, 3]]));
    expect(encodeCompact(image, { state: false, sum: false })).toEqual(bare);
    expect(decodeCompact(encodeCompact(image)).state).toEqual(state);
    expect(decodeCompact(encodeCompact(image, { state: false })).state).toBeUndefined();
    expect(decodeCompact(encodeCompact(image, { state: false })).sum).toBe(6);
  });

  it('a precision leaves the state block out', () => {
    expect(decodeCompact(encodeCompact(image, { precision: { bits: 51 } })).state).toBeUndefined();
  });
});
