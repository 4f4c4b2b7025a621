/** One table of bytes that are no compact image, each with the code of its refusal; checksums are right but where told. */
import { describe, expect, it } from 'vitest';
import { SketchArgumentError, SketchDataError } from '../../src/core/errors.js';
import { KllSketch } from '../../src/index.js';
import { type DecodeOptions, decodeCompact } from '../../src/wire/compact-decode.js';
import { seal } from '../support/compact-reference.js';
import { assertImageInvariants } from '../support/image-invariants.js';

type Part = number | readonly number[];
const unsealed = (...parts: Part[]) => Uint8Array.from(parts.flat());
const image = (...parts: Part[]) => seal(unsealed(0xc7, ...parts, 0, 0, 0, 0));
const uv = (x: bigint): number[] => (x < 128n ? [Number(x)] : [Number(x & 127n) + 128, ...uv(x >> 7n)]);
const f64 = (...xs: number[]) => xs.flatMap((x) => [...new Uint8Array(Float64Array.of(x).buffer)]);
const f32 = (x: number) => [...new Uint8Array(Float32Array.of(x).buffer)];
const zeros = (count: number) => Array<number>(count).fill(0);
/** The bits of a stream in so many bytes, the lowest first. */
const stream = (bits: bigint, length: number) =>
  Array.from({ length }, (_, i) => Number((bits >> BigInt(8 * i)) & 255n));

/** k = 200. */
const K = [0xc8, 1];
const [RAW, DEC, BIN, ORD] = [0, 1, 2, 3];
const [PRECISION, MIN_K, VARIANCE, STATE] = [4, 8, 16, 32];
const P53 = 2n ** 53n;
/** One level of one item, written DEC: the value 42. */
const ONE = [1, 1, 0, 1, 84, 0];
/** One level of two items; parameters follow. */
const two = (codec: number, ...parts: Part[]) => image(0x10, codec, K, 1, 2, ...parts);
const raw = (min: number, max: number, ...items: number[]) =>
  image(0x10, RAW, K, 1, items.length, f64(min, max, ...items));

const SOUND: [title: string, bytes: Uint8Array][] = [
  ['the value 42', image(0x10, DEC, K, ONE)],
  ['raw values', raw(1, 4, 2, 3)],
  ['k = 8', image(0x10, DEC, 8, ONE)],
  ['k = 65535', image(0x10, DEC, uv(65535n), ONE)],
  ['n = 2^53', image(0x10, DEC, K, 54, zeros(53), 1, 0, 1, 84, 0)],
  ['|base| + span g = 2^53 - 1', two(DEC, 0, 1, uv(2n * (P53 - 2n)), 1, 0b10)],
  ['g = 2^53, which nothing uses', two(DEC, 0, uv(P53), 84, 0)],
  ['the largest power of two', two(BIN, uv(2097n), 1, 2, 0)],
  ['22 decimals', two(DEC, 22, 1, 84, 0)],
  [
    'a span of 2^53 - 1',
    // 30 bits of the item's H, then 23 low bits each of min, max (all ones) and item.
    image(0x10, DEC, K, 1, 1, 0, 1, 0, uv(P53 - 1n), stream((2n ** 23n - 1n) << 53n, 13)),
  ],
  // Eight codes of one bit each: the last ends with the byte.
  ['a stream that ends with its last code', image(0x10, DEC, K, 8, Array(8).fill(1), 0, 1, 0, 2, 0)],
  ['a span of 2^30 - 1', image(0x10, ORD, K, 1, 1, 32, 0, uv(2n ** 31n), uv(2n ** 30n - 1n), zeros(4))],
  ['63 dropped bits', two(ORD, 63, 0, 1, 0)],
  ['infinity by itself', two(ORD, 32, 0, uv(0xfff00000n), 0)],
  ['a base of -(2^53 - 1)', two(DEC, 0, 1, uv(2n * (P53 - 1n) - 1n), 0)],
  [
    'an empty sketch with a precision, minK and a variance',
    image(0x10, PRECISION | MIN_K | VARIANCE, 9, K, 100, f32(1), 0),
  ],
  ['as many equal items as the budget has', image(0x10, DEC, K, 1, uv(609n), 0, 1, 84, 0)],
  ['protected tails', image(0x10, DEC | 64, K, 1, uv(897n), 0, 1, 84, 0)],
];

const REFUSED: [code: string, title: string, bytes: Uint8Array, options?: DecodeOptions][] = [
  [
    'ERR_VARINT',
    'a level above the budget of protected tails',
    image(0x10, DEC | 64, K, 1, uv(898n), 0, 1, 84, 0),
  ],
  ['ERR_TRUNCATED', 'no bytes', unsealed()],
  ['ERR_TRUNCATED', 'the magic alone', unsealed(0xc7)],
  ['ERR_TRUNCATED', 'eight bytes', image(0x10, 0, 8)],
  ['ERR_MAGIC', 'another magic', unsealed(0xc6, 0x10, zeros(20))],
  ['ERR_FOREIGN_FORMAT', 'a batch', unsealed(0xc8, 1, zeros(20))],
  ['ERR_VERSION', 'version 0', image(0x00, DEC, K, ONE)],
  ['ERR_VERSION', 'version 2', image(0x20, DEC, K, ONE)],
  ['ERR_CHECKSUM', 'another checksum', unsealed(0xc7, 0x10, DEC, K, ONE, 1, 2, 3, 4)],
  ['ERR_RESERVED', 'another item type', image(0x11, DEC, K, ONE)],
  ['ERR_RESERVED', 'reserved bit 2', image(0x14, DEC, K, ONE)],
  ['ERR_RESERVED', 'reserved bit 3', image(0x18, DEC, K, ONE)],
  ['ERR_RESERVED', 'tail guarantee 3', image(0x10, DEC | 0xc0, K, ONE)],
  ...[0, 52, 0x7f, 0x97, 0xff].map((precision): (typeof REFUSED)[0] => [
    'ERR_FIELD',
    `precision ${precision}`,
    image(0x10, DEC | PRECISION, precision, K, ONE),
  ]),
  [
    'ERR_FIELD',
    'a precision and a state',
    image(0x10, DEC | PRECISION | STATE, 9, K, 1, 1, zeros(19), 0, 1, 84, 0),
  ],
  ['ERR_FIELD', 'k = 7', image(0x10, DEC, 7, ONE)],
  ['ERR_VARINT', 'k = 65536', image(0x10, DEC, uv(65536n), ONE)],
  ['ERR_VARINT', 'k above the limit of the reader', image(0x10, DEC, K, ONE), { maxK: 199 }],
  ['ERR_VARINT', 'k in more bytes than it needs', image(0x10, DEC, 0xc8, 0x81, 0, ONE)],
  ['ERR_VARINT', 'a level count in two bytes that needs one', image(0x10, DEC, K, 0x81, 0, ONE.slice(1))],
  ['ERR_VARINT', 'k of nine bytes', image(0x10, DEC, Array(8).fill(0x80), 1, ONE)],
  ['ERR_TRUNCATED', 'k without an end', image(0x10, DEC, 0xff, 0xff)],
  ['ERR_FIELD', 'minK = 7', image(0x10, DEC | MIN_K, K, 7, ONE)],
  ['ERR_VARINT', 'minK = 65536', image(0x10, DEC | MIN_K, K, uv(65536n), ONE)],
  ...[-1, Number.NaN, Infinity].map((variance): (typeof REFUSED)[0] => [
    'ERR_FIELD',
    `variance ${variance}`,
    image(0x10, DEC | VARIANCE, K, f32(variance), ONE),
  ]),
  ['ERR_TRUNCATED', 'half a variance', image(0x10, DEC | VARIANCE, K, 0, 0)],
  ['ERR_FIELD', 'a sum that is not a number', image(0x12, DEC, K, f64(Number.NaN), ONE)],
  ['ERR_TRUNCATED', 'half a sum', image(0x12, DEC, K, zeros(4))],
  ['ERR_VARINT', '55 levels', image(0x10, DEC, K, 55, zeros(54), 1, 0, 1, 84, 0)],
  ['ERR_FIELD', 'no levels, and a codec', image(0x10, DEC, K, 0)],
  ['ERR_FIELD', 'no levels, and a state', image(0x10, RAW | STATE, K, 0)],
  ['ERR_TRAILING_BYTES', 'a byte behind an empty image', image(0x10, RAW, K, 0, 0)],
  ['ERR_LEVELS', 'an empty top level', image(0x10, DEC, K, 2, 1, 0, 0, 1, 84, 0)],
  ['ERR_LEVELS', 'one empty level', image(0x10, DEC, K, 1, 0, 0, 1, 84, 0)],
  ['ERR_VARINT', 'a level above the budget', image(0x10, DEC, K, 1, uv(610n), 0, 1, 84, 0)],
  ['ERR_LEVELS', 'levels above the budget together', image(0x10, DEC, K, 2, uv(309n), uv(310n), 0, 1, 84, 0)],
  ['ERR_VARINT', 'protected tails without the guarantee', image(0x10, DEC, K, 1, uv(897n), 0, 1, 84, 0)],
  ['ERR_VARINT', 'more items than the reader takes', image(0x10, DEC, K, 1, 5, 0, 1, 84, 0), { maxItems: 4 }],
  ['ERR_COUNT', 'n above the limit of the reader', image(0x10, DEC, K, 2, 0, 5, 0, 1, 84, 0), { maxN: 9 }],
  ['ERR_COUNT', 'n = 2^54', image(0x10, DEC, K, 54, zeros(53), 2, 0, 1, 84, 0)],
  ['ERR_COUNT', 'n = 2^53 + 1', image(0x10, DEC, K, 54, 1, zeros(52), 1, 0, 1, 84, 0)],
  ['ERR_TRUNCATED', 'sizes that end', image(0x10, DEC, K, 9, 1, 1)],
  ['ERR_VARINT', 'tails policy 3', image(0x10, DEC | STATE, K, 1, 1, zeros(16), 3, 0, 0, 0, 1, 84, 0)],
  ['ERR_VARINT', 'block phase 2', image(0x10, DEC | STATE, K, 1, 1, zeros(16), 0, 2, 0, 0, 1, 84, 0)],
  [
    'ERR_FIELD',
    'a pending offset of 2^53',
    image(0x10, DEC | STATE, K, 1, 1, zeros(16), 0, 1, zeros(6), 0x20, 0, 0, 0, 1, 84, 0),
  ],
  [
    'ERR_VARINT',
    'a compaction count of 2^32',
    image(0x10, DEC | STATE, K, 1, 1, zeros(18), uv(2n ** 32n), 0, 1, 84, 0),
  ],
  ['ERR_TRUNCATED', 'half a state', image(0x10, DEC | STATE, K, 1, 1, zeros(9))],

  ['ERR_TRUNCATED', 'RAW: a byte less', image(0x10, RAW, K, 1, 1, f64(1, 1, 1).slice(1))],
  ['ERR_TRAILING_BYTES', 'RAW: a byte more', image(0x10, RAW, K, 1, 1, f64(1, 1, 1), 0)],
  ['ERR_ITEMS', 'RAW: NaN among the items', raw(1, 3, 2, Number.NaN)],
  ['ERR_ITEMS', 'RAW: min is NaN', raw(Number.NaN, 3, 2)],
  ['ERR_ITEMS', 'RAW: max is NaN', raw(1, Number.NaN, 2)],
  ['ERR_ITEMS', 'RAW: min above max', raw(3, 1, 2)],
  ['ERR_ITEMS', 'RAW: an item below min', raw(2, 4, 1, 3)],
  ['ERR_ITEMS', 'RAW: an item above max', raw(1, 3, 2, 4)],
  ['ERR_ITEMS', 'RAW: a level that descends', raw(1, 4, 3, 2)],

  ['ERR_VARINT', 'DEC: 23 decimals', two(DEC, 23, 1, 84, 0)],
  ['ERR_FIELD', 'DEC: a step of 0', two(DEC, 0, 0, 84, 0)],
  ['ERR_VARINT', 'DEC: a step of 2^53 + 1', two(DEC, 0, uv(P53 + 1n), 84, 0)],
  ['ERR_VARINT', 'DEC: a step of 2^53 + 2', two(DEC, 0, uv(P53 + 2n), 84, 0)],
  ['ERR_VARINT', 'DEC: a base of 2^53', two(DEC, 0, 1, uv(2n * P53), 0)],
  ['ERR_CODEC', 'DEC: a base of -2^53', two(DEC, 0, 1, uv(2n * P53 - 1n), 0)],
  ['ERR_VARINT', 'DEC: a base of more than 8 bytes', two(DEC, 0, 1, Array(8).fill(0xff), 0x7f, 0)],
  ['ERR_VARINT', 'DEC: a base in more bytes than it needs', two(DEC, 0, 1, 0xd4, 0, 0)],
  ['ERR_VARINT', 'DEC: a span of 2^53', two(DEC, 0, 1, 0, uv(P53))],
  ['ERR_CODEC', 'DEC: |base| + span g = 2^53', two(DEC, 0, 1, uv(2n * (P53 - 1n)), 1, 0b10)],
  ['ERR_CODEC', 'DEC: span g beyond any double integer', two(DEC, 0, uv(2n ** 40n), 0, uv(2n ** 40n))],
  [
    'ERR_CODEC',
    'DEC: a negative base that span takes past 2^53',
    two(DEC, 0, 1, uv(2n ** 53n - 1n), uv(P53 - 1n)),
  ],
  ['ERR_TRUNCATED', 'DEC: no span', two(DEC, 0, 1, 84)],
  ['ERR_TRUNCATED', 'DEC: no stream', two(DEC, 0, 1, 84, 9)],
  [
    'ERR_TRUNCATED',
    'DEC: a last code of one bit more than there is',
    image(0x10, DEC, K, 8, Array(8).fill(1), 0, 1, 0, 2, 0x80),
  ],
  ['ERR_TRAILING_BYTES', 'DEC: a byte behind the stream', two(DEC, 0, 1, 84, 0, 0)],
  ['ERR_PADDING', 'DEC: a bit behind the stream', two(DEC, 0, 1, 84, 1, 0b100)],
  [
    'ERR_CODEC',
    'DEC: low bits that lead beyond the span',
    // span 2^30: one low bit; H = 0 .. 2^29, min 0, max H = 2^29 and a low bit of 1.
    image(0x10, DEC, K, 1, 1, 0, 1, 0, uv(2n ** 30n), [0, 0, 0, 0b1000000]),
  ],
  ['ERR_VARINT', 'BIN: an exponent of 2098', two(BIN, uv(2098n), 1, 2, 0)],
  ['ERR_CODEC', 'BIN: a base above the largest double', two(BIN, uv(2097n), 1, 4, 0)],
  ['ERR_CODEC', 'BIN: a max above the largest double', two(BIN, uv(2097n), 1, 0, 2, 0)],
  ['ERR_CODEC', 'BIN: a min below the least double, and a max of 0', two(BIN, uv(2097n), 1, 3, 2, 0)],
  ['ERR_VARINT', 'ORD: 64 dropped bits', two(ORD, 64, 0, 1, 0)],
  ['ERR_VARINT', 'ORD: a split of 3', two(ORD, 0, 3, 1, 0)],
  ['ERR_VARINT', 'ORD: a split where the low word is dropped', two(ORD, 32, 1, 1, 0)],
  ['ERR_VARINT', 'ORD: a base of 2^32', two(ORD, 32, 0, uv(2n ** 32n), 0)],
  ['ERR_VARINT', 'ORD: a span of 2^30', two(ORD, 32, 0, 1, uv(2n ** 30n))],
  ['ERR_CODEC', 'ORD: base + span beyond the high word', two(ORD, 33, 0, uv(2n ** 31n - 1n), 1)],
  ['ERR_CODEC', 'ORD: a base of 0', two(ORD, 32, 0, 0, 0)],
  ['ERR_ITEMS', 'ORD: NaN', two(ORD, 32, 0, uv(0xfff80000n), 0)],
  ['ERR_ITEMS', 'ORD: the last NaN there is', two(ORD, 32, 0, uv(0xffffffffn), 0)],
  ['ERR_ITEMS', 'ORD: NaN with a sign', two(ORD, 32, 0, uv(0x00080000n), 0)],
  ['ERR_PADDING', 'ORD: a bit behind the stream', two(ORD, 32, 0, uv(0xc0000000n), 1, 0b100)],
];

describe('a compact image is refused for', () => {
  it.each(REFUSED)('%s: %s', (code, _, bytes, options) => {
    const attempt = () => decodeCompact(bytes, options);
    expect(attempt).toThrow(SketchDataError);
    expect(attempt).toThrow(expect.objectContaining({ code }));
  });

  it.each(SOUND)('nothing when it is sound: %s', (_, bytes) => {
    assertImageInvariants(decodeCompact(bytes));
  });

  it.each([
    ['undefined', undefined],
    ['text', 'c7'],
    ['an ArrayBuffer', new ArrayBuffer(16)],
    ['an array', [0xc7]],
  ])('being %s', (_, bytes) => {
    expect(() => decodeCompact(bytes as never)).toThrow(SketchArgumentError);
  });
});

describe('bytes of another format name what reads them', () => {
  it.each([
    ['fromDataSketches', [2, 1, 15, 1, 200, 0, 8, 0]],
    ['fromDataSketches', [5, 1, 15, 0, 200, 0, 8, 0]],
    ['fromDataSketches', [2, 2, 15, 4, 200, 0, 8, 0]],
    ['fromKll1', [0x4b, 0x4c, 0x4c, 0x31]],
    ['fromKll2', [0x4b, 0x4c, 0x4c, 0x32]],
    ['decompress', [0x1f, 0x8b, 8, 0]],
    ['fromJSON', [...'{"format":"kll-wasm/1"}'].map((c) => c.charCodeAt(0))],
  ])('%s', (reader, bytes) => {
    for (const read of [decodeCompact, KllSketch.fromBytes]) {
      const attempt = () => read(Uint8Array.from(bytes));
      expect(attempt).toThrow(
        expect.objectContaining({ name: 'SketchDataError', code: 'ERR_FOREIGN_FORMAT' }),
      );
      expect(attempt).toThrow(reader);
    }
  });
});

it('the offset of a refusal lies in the bytes', () => {
  for (const [, title, bytes, options] of REFUSED) {
    try {
      decodeCompact(bytes, options);
    } catch (error) {
      const { offset } = error as SketchDataError;
      if (offset !== undefined) {
        expect(offset, title).toBeGreaterThanOrEqual(0);
        expect(offset, title).toBeLessThanOrEqual(bytes.length);
      }
    }
  }
});
