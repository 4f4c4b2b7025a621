/** The compact codec against the reference of test/support, which shares no code with it. */
import { describe, expect, it } from 'vitest';
import { decodeCompact } from '../../src/wire/compact-decode.js';
import { encodeCompact } from '../../src/wire/compact-encode.js';
import { referenceDecode, referenceEncode } from '../support/compact-reference.js';
import { randomImage, VALUE_KIND_NAMES } from '../support/random-image.js';

const IMAGES = 60;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe.each(VALUE_KIND_NAMES)('images of %s', (kind) => {
  it('are written byte for byte as the reference writes them', () => {
    for (let seed = 0; seed < IMAGES; seed++) {
      const image = randomImage(kind, seed);
      expect(hex(encodeCompact(image)), `seed ${seed}`).toBe(hex(referenceEncode(image)));
    }
  });

  it('are read by both to the same image, bit for bit', () => {
    for (let seed = 0; seed < IMAGES; seed++) {
      const image = randomImage(kind, seed);
      const bytes = encodeCompact(image);
      const decoded = decodeCompact(bytes);
      // A variance is rounded up to 32 bits; everything else comes back.
      expect(decoded.variance).toBeGreaterThanOrEqual(image.variance);
      expect(decoded.variance).toBeLessThanOrEqual(image.variance * (1 + 2 ** -22));
      expect(decoded, `seed ${seed}`).toEqual({ ...image, variance: decoded.variance });
      expect(referenceDecode(bytes), `seed ${seed}`).toEqual(decoded);
    }
  });
});

it('all four codecs were written', () => {
  const codecs = VALUE_KIND_NAMES.flatMap((kind) =>
    Array.from({ length: IMAGES }, (_, seed) => encodeCompact(randomImage(kind, seed))[2] & 3),
  );
  expect(new Set(codecs)).toEqual(new Set([0, 1, 2, 3]));
});
