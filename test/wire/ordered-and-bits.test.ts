/** Where the ORD codec chooses what it drops and splits off, and the bit stream at every width. */
import { describe, expect, it } from 'vitest';
import { SPAN_LIMIT } from '../../src/wire/codecs.js';
import { decodeCompact } from '../../src/wire/compact-decode.js';
import { encodeCompact } from '../../src/wire/compact-encode.js';
import { ByteReader, ByteWriter } from '../../src/wire/cursor.js';
import { BitReader, BitWriter } from '../../src/wire/interpolative.js';
import { fromOrdered, sharedZeros, toOrdered } from '../../src/wire/ordered.js';
import { referenceEncode } from '../support/compact-reference.js';
import { imageOf } from '../support/golden-images.js';
import { seededRandom } from '../support/prng.js';

/** The double of two words. */
function doubleOf(high: number, low: number): number {
  return new Float64Array(Uint32Array.of(low, high).buffer)[0];
}

describe('the ordered bits of doubles', () => {
  it.each([
    ['one in the lowest bit', [1, doubleOf(0x3ff00000, 1)], 0],
    ['the top bit of the low word', [1, doubleOf(0x3ff00000, 0x80000000)], 31],
    ['the lowest bit of the high word', [1, doubleOf(0x3ff00001, 0)], 32],
    ['an infinity', [-Infinity, Infinity], 52],
    ['the top bit of the exponent', [0, 2], 62],
    ['zeros', [0, 0], 63],
  ])('share zero bits: %s', (_, values, zeros) => {
    expect(sharedZeros(Float64Array.from(values))).toBe(zeros);
    expect(sharedZeros(Float64Array.from(values, (x) => -x))).toBe(zeros);
  });

  // High words that end in a one, low words of nothing: 32 bits to drop, if the span allows it.
  const least = 0x10000001;
  it.each([
    ['2^30 - 2: all shared bits', SPAN_LIMIT - 2, { dropped: 32, split: 0, span: SPAN_LIMIT - 2 }],
    [
      '2^30: a bit less, and one of the high word',
      SPAN_LIMIT,
      { dropped: 31, split: 1, span: SPAN_LIMIT / 2 },
    ],
  ])('drop, of a span of %s', (_, span, expected) => {
    const values = [least, least + 6, least + 0x12345678, least + span].map((high) => doubleOf(high, 0));
    const ends = Float64Array.of(values[0], values[3], ...values);
    expect(toOrdered(ends, sharedZeros(ends))).toMatchObject(expected);
    const image = imageOf([values]);
    const bytes = encodeCompact(image);
    expect(bytes[2] & 3).toBe(3);
    expect(bytes).toEqual(referenceEncode(image));
    expect(decodeCompact(bytes)).toEqual(image);
  });

  it('ascend with the doubles, and come back, below 0 too', () => {
    const values = Float64Array.of(
      ...[
        -Infinity,
        -2,
        doubleOf(0xbff00000, 1),
        -1,
        -5e-324,
        0,
        5e-324,
        1,
        doubleOf(0x3ff00000, 1),
        Infinity,
      ],
    );
    const { high, low } = toOrdered(values, 0);
    const words = new Uint32Array(2 * values.length);
    const order = (i: number) => (BigInt(high[i]) << 32n) | BigInt(low[i]);
    for (let i = 0; i < values.length; i++) {
      if (i > 0) expect(order(i)).toBeGreaterThan(order(i - 1));
      fromOrdered(high[i], low[i], words, i);
    }
    expect(new Float64Array(words.buffer)).toEqual(values);
  });
});

describe('a bit stream', () => {
  /** What was written, with the four bytes behind it that follow every stream: all ones, which no code may take in. */
  const readerOf = (to: ByteWriter) => {
    const bytes = Uint8Array.from([...to.bytes, 255, 255, 255, 255]);
    return new ByteReader(bytes, 0, to.length);
  };

  it('gives back words of every width at every place of a byte', () => {
    for (let shift = 0; shift < 8; shift++) {
      for (let width = 0; width <= 32; width++) {
        const words = [0, 2 ** width - 1, Math.floor(2 ** width / 3)];
        const to = new ByteWriter();
        const writer = new BitWriter(to);
        writer.bits(0, shift);
        for (const word of words) writer.bits(word, width);
        writer.finish();
        expect(to.length).toBe(Math.ceil((shift + 3 * width) / 8));
        const from = readerOf(to);
        const reader = new BitReader(from);
        expect(reader.bits(shift)).toBe(0);
        expect([reader.bits(width), reader.bits(width), reader.bits(width)]).toEqual(words);
        reader.finish();
        expect(from.at).toBe(from.end);
      }
    }
  });

  it('gives back ascending integers, whatever their bounds', () => {
    const random = seededRandom(1);
    for (let round = 0; round < 2000; round++) {
      const hi = round % 3 ? random.below(1 + round) : SPAN_LIMIT - 1 - random.below(3);
      const h = Uint32Array.from({ length: random.below(20) }, () => random.below(hi + 1)).sort();
      if (round % 2 && h.length) h[h.length - 1] = hi;
      const to = new ByteWriter();
      const writer = new BitWriter(to);
      writer.interpolate(h, 0, h.length, 0, hi);
      writer.finish();
      const from = readerOf(to);
      const reader = new BitReader(from);
      const found = new Uint32Array(h.length);
      reader.interpolate(found, 0, h.length, 0, hi);
      reader.finish();
      expect(found, `round ${round}`).toEqual(h);
      expect(from.at).toBe(from.end);
    }
  });
});
