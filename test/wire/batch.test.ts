/** The batch container: there and back, one form for a batch, and one table each of what is refused. */
import { describe, expect, it } from 'vitest';
import { SketchArgumentError, SketchDataError } from '../../src/core/errors.js';
import type { Batch, BatchLimits } from '../../src/wire/batch.js';
import { decodeBatch } from '../../src/wire/batch-decode.js';
import { encodeBatch } from '../../src/wire/batch-encode.js';
import { decodeCompact } from '../../src/wire/compact-decode.js';
import { encodeCompact } from '../../src/wire/compact-encode.js';
import { seal } from '../support/compact-reference.js';
import { imageOf } from '../support/golden-images.js';
import { assertImageInvariants } from '../support/image-invariants.js';
import { LIMITS, randomBatch } from '../support/random-batch.js';

const batchOf = (...series: Batch['series']): Batch => ({ id: new Uint8Array(16), created: 0, series });
const IMAGE = imageOf([[1, 2], [3]], { sum: 9 });

describe('a batch', () => {
  it('comes back as it was sent, values ascending', () => {
    for (let seed = 0; seed < 500; seed++) {
      const batch = randomBatch(seed);
      const bytes = encodeBatch(batch);
      const decoded = decodeBatch(bytes, LIMITS);
      expect(decoded, `seed ${seed}`).toEqual(batch);
      for (const { image } of decoded.series) if (image) assertImageInvariants(image);
      expect(encodeBatch(decoded), `seed ${seed}`).toEqual(bytes);
    }
  });

  it('has the same bytes whatever the order of labels and values', () => {
    const one = batchOf({ name: 'n', labels: { a: '1', b: '2' }, age: 0, values: Float64Array.of(1, 2, -0) });
    const other = batchOf({
      name: 'n',
      labels: { b: '2', a: '1' },
      age: 0,
      values: Float64Array.of(2, 0, 1),
    });
    expect(encodeBatch(one)).toEqual(encodeBatch(other));
  });

  it('has an id of its own, whatever becomes of the bytes it came in', () => {
    const batch = randomBatch(1);
    const bytes = Buffer.from(encodeBatch(batch));
    const { id } = decodeBatch(bytes, LIMITS);
    bytes.fill(255);
    expect(id).toEqual(batch.id);
    expect([id.constructor, id.buffer.byteLength]).toEqual([Uint8Array, 16]);
  });

  it('leaves the values it was made of as they were', () => {
    const values = Float64Array.of(3, 1, 2);
    encodeBatch(batchOf({ name: 'n', labels: {}, age: 0, values }));
    expect(values).toEqual(Float64Array.of(3, 1, 2));
  });

  it('holds a string once, however often it is used', () => {
    const series = { name: 'lcp', labels: { page: 'lcp' }, age: 0, values: Float64Array.of(1) };
    const text = new TextDecoder('latin1').decode(encodeBatch(batchOf(series, series, series)));
    expect(text.split('lcp')).toHaveLength(2);
  });

  it('holds an image without magic, checksum and state', () => {
    const state = { generator: 1n, seed: 2n, tails: 0 as const, compactions: Uint32Array.of(0, 0) };
    const bytes = encodeBatch(batchOf({ name: 'n', labels: {}, age: 0, image: { ...IMAGE, state } }));
    const body = Buffer.from(encodeCompact(IMAGE).slice(1, -4)).toString('hex');
    expect(Buffer.from(bytes).toString('hex')).toContain(body);
    expect(decodeBatch(bytes, LIMITS).series[0].image).toEqual(IMAGE);
  });

  it('rounds an image where its series asks for it', () => {
    const image = imageOf([[1.26, 33.3333]]);
    const bytes = encodeBatch(batchOf({ name: 'n', labels: {}, age: 0, image, precision: { decimals: 1 } }));
    expect(decodeBatch(bytes, LIMITS).series[0].image).toEqual(
      decodeCompact(encodeCompact(image, { precision: { decimals: 1 } })),
    );
  });

  it('holds values as decimals as long as these take a byte less than doubles do', () => {
    const lengthWith = (values: number[]) =>
      encodeBatch(batchOf({ name: 'n', labels: {}, age: 0, values: Float64Array.from(values) })).length;
    // A single 0 takes four bytes: exponent, step, base and span.
    const sizeOf = (values: number[]) => lengthWith(values) - lengthWith([0]) + 4;
    // Far apart and without a common step. Besides its values a series holds their minimum and maximum.
    const apart = (count: number) =>
      Array.from({ length: count }, (_, i) => Math.floor((i * 2 ** 52) / 7.3) + (i === 1 ? 1 : 0) - 2 ** 52);
    expect([3, 4, 5, 6].map((count) => sizeOf(apart(count)))).toEqual([8 * 5, 8 * 6, 8 * 7 - 1, 8 * 8 - 2]);
  });

  it('of a label called __proto__ changes no prototype', () => {
    const labels = Object.fromEntries([['__proto__', 'x']]);
    const bytes = encodeBatch(batchOf({ name: 'n', labels, age: 0, values: Float64Array.of(1) }));
    const [series] = decodeBatch(bytes, LIMITS).series;
    expect(Object.keys(series.labels)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(series.labels)).toBe(Object.prototype);
  });
});

describe('a batch is not written', () => {
  const values = Float64Array.of(1);
  it.each([
    ['with an id of 15 bytes', { ...batchOf(), id: new Uint8Array(15) }, 'ERR_ARGUMENT_TYPE'],
    ['with an id that is text', { ...batchOf(), id: '0123456789abcdef' }, 'ERR_ARGUMENT_TYPE'],
    ['of no time', { ...batchOf(), created: Number.NaN }, 'ERR_ARGUMENT_RANGE'],
    ['of a time without end', { ...batchOf(), created: Infinity }, 'ERR_ARGUMENT_RANGE'],
    ['with half a surrogate pair in its key', { ...batchOf(), key: '\ud800' }, 'ERR_ARGUMENT_TYPE'],
    [
      'with a name that is a number',
      batchOf({ name: 5 as never, labels: {}, age: 0, values }),
      'ERR_ARGUMENT_TYPE',
    ],
    [
      'with half a surrogate pair in a label',
      batchOf({ name: 'n', labels: { a: '\udc00' }, age: 0, values }),
      'ERR_ARGUMENT_TYPE',
    ],
    ['with an age below 0', batchOf({ name: 'n', labels: {}, age: -1, values }), 'ERR_ARGUMENT_RANGE'],
    ['with no age', batchOf({ name: 'n', labels: {}, age: Number.NaN, values }), 'ERR_ARGUMENT_RANGE'],
    [
      'with an empty list',
      batchOf({ name: 'n', labels: {}, age: 0, values: new Float64Array(0) }),
      'ERR_ARGUMENT_TYPE',
    ],
    [
      'with values in an array',
      batchOf({ name: 'n', labels: {}, age: 0, values: [1] as never }),
      'ERR_ARGUMENT_TYPE',
    ],
    [
      'with neither image nor values',
      batchOf({ name: 'n', labels: {}, age: 0 } as never),
      'ERR_ARGUMENT_TYPE',
    ],
    [
      'with NaN',
      batchOf({ name: 'n', labels: {}, age: 0, values: Float64Array.of(1, Number.NaN, 2) }),
      'ERR_VALUE_NOT_FINITE',
    ],
    [
      'with infinity',
      batchOf({ name: 'n', labels: {}, age: 0, values: Float64Array.of(-Infinity, 2) }),
      'ERR_VALUE_NOT_FINITE',
    ],
  ])('%s', (_, batch, code) => {
    const attempt = () => encodeBatch(batch as Batch);
    expect(attempt).toThrow(SketchArgumentError);
    expect(attempt).toThrow(expect.objectContaining({ code }));
  });
});

describe('a batch is refused for', () => {
  type Part = number | readonly number[];
  const zeros = (count: number) => Array<number>(count).fill(0);
  const f64 = (...xs: number[]) => xs.flatMap((x) => [...new Uint8Array(Float64Array.of(x).buffer)]);
  const text = (s: string) => [s.length, ...new TextEncoder().encode(s)];
  const head = [0xc8, 1, 0, ...zeros(16), ...f64(0)];
  const sealed = (...parts: Part[]) => seal(Uint8Array.from([...parts.flat(), 0, 0, 0, 0]));
  /** Strings a, b and c; one series; what follows. */
  const one = (...parts: Part[]) => sealed(head, 3, text('a'), text('b'), text('c'), 1, ...parts);
  /** Name a, label b = c, kind 1. */
  const VALUES = [0, 1, 1, 2, 1];
  const IMAGES = [0, 1, 1, 2, 0];
  const body = [...encodeCompact(IMAGE).slice(1, -4)];
  const AGE = f64(5);
  /** One value, DEC: 42. */
  const ONE = [1, 1, 0, 1, 84, 0];

  const REFUSED: [code: string, title: string, bytes: Uint8Array, limits?: Partial<BatchLimits>][] = [
    ['ERR_TRUNCATED', 'no bytes', new Uint8Array(0)],
    ['ERR_TRUNCATED', '32 bytes', seal(Uint8Array.from([...head, 0, 0, 0, 0, 0]))],
    ['ERR_FOREIGN_FORMAT', 'being a compact image', encodeCompact(IMAGE)],
    ['ERR_FOREIGN_FORMAT', 'being an Apache image', Uint8Array.of(2, 1, 15, 1, 200, 0, 8, 0)],
    ['ERR_MAGIC', 'another magic', sealed(0xc9, head.slice(1), 0, 0)],
    ['ERR_VERSION', 'version 2', sealed(0xc8, 2, head.slice(2), 0, 0)],
    ['ERR_CHECKSUM', 'another checksum', Uint8Array.from([...head, 0, 0, 1, 2, 3, 4])],
    ['ERR_RESERVED', 'reserved flags', sealed(0xc8, 1, 2, head.slice(3), 0, 0)],
    ['ERR_FIELD', 'more bytes than are taken', sealed(head, 0, 0), { bytes: 32 }],
    ['ERR_FIELD', 'a creation time of NaN', sealed(head.slice(0, 19), f64(Number.NaN), 0, 0)],
    ['ERR_FIELD', 'a creation time below 0', sealed(head.slice(0, 19), f64(-1), 0, 0)],
    ['ERR_FIELD', 'a creation time without end', sealed(head.slice(0, 19), f64(Infinity), 0, 0)],
    ['ERR_TRUNCATED', 'a key that ends early', sealed(0xc8, 1, 1, head.slice(3), 9, 65)],
    [
      'ERR_VARINT',
      'a key that is too long',
      sealed(0xc8, 1, 1, head.slice(3), text('key'), 0, 0),
      { stringBytes: 2 },
    ],
    ['ERR_VARINT', 'a count of strings above the limit', sealed(head, 5, text('a'), 0), { strings: 4 }],
    ['ERR_TRUNCATED', 'strings that are not there', sealed(head, 60, 0)],
    ['ERR_TEXT', 'a string that is not UTF-8', sealed(head, 1, 1, 0xff, 1, 0, 0, 1, ONE, AGE)],
    ['ERR_TEXT', 'a surrogate in UTF-8', sealed(head, 1, 3, 0xed, 0xa0, 0x80, 1, 0, 0, 1, ONE, AGE)],
    [
      'ERR_FIELD',
      'a string that comes twice',
      sealed(head, 2, text('a'), text('a'), 1, 0, 1, 1, 1, 1, ONE, AGE),
    ],
    ['ERR_FIELD', 'a string that nothing uses', sealed(head, 1, text('a'), 0)],
    ['ERR_FIELD', 'strings in another order than that of their use', one(1, 1, 0, 2, 1, ONE, AGE)],
    [
      'ERR_FIELD',
      'a string before the one in front of it, though all are used',
      sealed(head, 2, text('a'), text('b'), 1, 1, 1, 0, 1, 1, ONE, AGE),
    ],
    ['ERR_VARINT', 'a string index beyond the table', one(0, 1, 1, 3, 1, ONE, AGE)],
    ['ERR_VARINT', 'a name where there are no strings', sealed(head, 0, 1, 0, 0, 1, ONE, AGE)],
    ['ERR_VARINT', 'a count of series above the limit', one(VALUES, ONE, AGE), { series: 0 }],
    ['ERR_TRUNCATED', 'series that are not there', sealed(head, 0, 5)],
    ['ERR_VARINT', 'a count of labels above the limit', one(VALUES, ONE, AGE), { labels: 0 }],
    ['ERR_FIELD', 'a label key that comes twice', one(0, 2, 1, 2, 1, 2, 1, ONE, AGE)],
    ['ERR_FIELD', 'label keys that descend', one(0, 2, 1, 2, 0, 2, 1, ONE, AGE)],
    ['ERR_RESERVED', 'kind 2', one(0, 1, 1, 2, 2, ONE, AGE)],
    ['ERR_FIELD', 'an empty list', one(VALUES, 0, 0, f64(0, 0), AGE)],
    ['ERR_VARINT', 'a list above the limit', one(VALUES, 5, 1, 0, 1, 84, 0, AGE), { items: 4 }],
    [
      'ERR_VARINT',
      'a list that no memory holds, whatever is taken',
      one(VALUES, [0x80, 0x80, 0x80, 0x80, 8], 1, 0, 1, 84, 0, AGE),
      { items: Infinity },
    ],
    [
      'ERR_VARINT',
      'a list of 2^27 + 1 values, whatever is taken',
      one(VALUES, [0x81, 0x80, 0x80, 0x40], 2, 0, 1, 84, 0, AGE),
      { items: Infinity },
    ],
    [
      'ERR_RESERVED',
      // The count is taken, and the codec behind it refused.
      'a list of 2^27 values in codec 2',
      one(VALUES, [0x80, 0x80, 0x80, 0x40], 2, 0, 1, 84, 0, AGE),
      { items: Infinity },
    ],
    ['ERR_RESERVED', 'values in codec 2', one(VALUES, 1, 2, 0, 1, 84, 0, AGE)],
    ['ERR_TRUNCATED', 'raw values that are not there', one(VALUES, 9, 0, f64(1, 1))],
    ['ERR_ITEMS', 'an infinity', one(VALUES, 1, 0, f64(Infinity, Infinity, Infinity), AGE)],
    ['ERR_ITEMS', 'NaN', one(VALUES, 1, 0, f64(1, 1, Number.NaN), AGE)],
    ['ERR_ITEMS', 'values that descend', one(VALUES, 2, 0, f64(2, 1, 2, 1), AGE)],
    ['ERR_ITEMS', 'a min that is not the first value', one(VALUES, 1, 0, f64(1, 2, 2), AGE)],
    ['ERR_ITEMS', 'a max that is not the last value', one(VALUES, 1, 0, f64(2, 3, 2), AGE)],
    ['ERR_PADDING', 'bits behind the values', one(VALUES, 2, 1, 0, 1, 84, 1, 0b100, AGE)],
    ['ERR_VARINT', 'an image longer than the batch', one(IMAGES, 0xff, 1, body, AGE)],
    ['ERR_TRUNCATED', 'an image cut short', one(IMAGES, body.length - 1, body.slice(0, -1), AGE)],
    ['ERR_TRAILING_BYTES', 'a byte behind an image', one(IMAGES, body.length + 1, body, 0, AGE)],
    ['ERR_TRUNCATED', 'an image of no bytes', one(IMAGES, 0, AGE)],
    ['ERR_VERSION', 'an image of another version', one(IMAGES, body.length, 0x22, body.slice(1), AGE)],
    ['ERR_VARINT', 'an image whose k is above the limit', one(IMAGES, body.length, body, AGE), { k: 199 }],
    [
      'ERR_LEVELS',
      'an image of more items than the limit',
      one(IMAGES, body.length, body, AGE),
      { items: 2 },
    ],
    ['ERR_COUNT', 'an image of a larger n than the limit', one(IMAGES, body.length, body, AGE), { n: 3 }],
    ['ERR_FIELD', 'an age below 0', one(VALUES, ONE, f64(-1))],
    ['ERR_FIELD', 'an age of NaN', one(VALUES, ONE, f64(Number.NaN))],
    ['ERR_FIELD', 'an age without end', one(VALUES, ONE, f64(Infinity))],
    ['ERR_FIELD', 'an age without end behind an image', one(IMAGES, body.length, body, f64(Infinity))],
    ['ERR_TRUNCATED', 'no age', one(VALUES, ONE)],
    ['ERR_TRAILING_BYTES', 'a byte behind the last series', one(VALUES, ONE, AGE, 0)],
  ];

  it.each(REFUSED)('%s: %s', (code, _, bytes, limits) => {
    const attempt = () => decodeBatch(bytes, { ...LIMITS, ...limits });
    expect(attempt).toThrow(SketchDataError);
    expect(attempt).toThrow(expect.objectContaining({ code }));
  });

  it('nothing when it is sound', () => {
    const found = [one(VALUES, ONE, AGE), one(IMAGES, body.length, body, AGE)].map((bytes) =>
      decodeBatch(bytes, LIMITS),
    );
    expect(found[0].series).toEqual([{ name: 'a', labels: { b: 'c' }, age: 5, values: Float64Array.of(42) }]);
    expect(found[1].series).toEqual([{ name: 'a', labels: { b: 'c' }, age: 5, image: IMAGE }]);
  });

  it('items of all series together, not of each alone', () => {
    const series = { name: 'n', labels: {}, age: 0, image: IMAGE };
    const bytes = encodeBatch(
      batchOf(series, series, { ...series, image: undefined, values: Float64Array.of(1, 2) }),
    );
    expect(decodeBatch(bytes, { ...LIMITS, items: 8 }).series).toHaveLength(3);
    expect(() => decodeBatch(bytes, { ...LIMITS, items: 7 })).toThrow(SketchDataError);
    expect(() => decodeBatch(bytes, { ...LIMITS, items: 5 })).toThrow(SketchDataError);
  });

  it('a byte more than are taken, and no byte less', () => {
    const bytes = one(VALUES, ONE, AGE);
    expect(decodeBatch(bytes, { ...LIMITS, bytes: bytes.length }).series).toHaveLength(1);
    expect(() => decodeBatch(bytes, { ...LIMITS, bytes: bytes.length - 1 })).toThrow(SketchDataError);
  });

  describe('what all series hold together', () => {
    const head = { name: 'n', labels: {}, age: 0 };
    const list = (count: number) => ({ ...head, values: Float64Array.from({ length: count }, (_, i) => i) });
    const image = (levels: number[][]) => ({ ...head, image: imageOf(levels) });
    const read = (series: Batch['series'], limits: Partial<BatchLimits>) =>
      decodeBatch(encodeBatch(batchOf(...series)), { ...LIMITS, ...limits });

    it.each([
      ['lists', [list(3), list(2), list(4)]],
      ['images', [image([[1, 2], [3]]), image([[4]]), image([[5, 6, 7, 8, 9]])]],
      ['an image between lists', [list(2), image([[1, 2, 3], [4]]), list(3)]],
      ['a list between images', [image([[1], [2]]), list(3), image([[3, 4, 5, 6]])]],
      ['a list, then an image', [list(6), image([[1, 2], [3]])]],
      ['an image, then a list', [image([[1, 2], [3]]), list(6)]],
    ])('items: %s', (_, series) => {
      expect(read(series, { items: 9 }).series).toHaveLength(series.length);
      expect(() => read(series, { items: 8 })).toThrow(SketchDataError);
    });

    /** One item on each level from 1 on: n = 2^53 - 2. */
    const most = image([[], ...Array.from({ length: 52 }, () => [1])]);
    /** n = 2^53. */
    const full = image([...Array.from({ length: 53 }, () => []), [1]]);

    it.each([
      ['one image', [full]],
      ['an image, then a list', [most, list(2)]],
      ['a list, then an image', [list(2), most]],
      ['lists around an image', [list(1), most, list(1)]],
      ['an image, then an image', [most, image([[], [7]])]],
    ])('n of 2^53, whatever is taken: %s', (_, series) => {
      for (const n of [2 ** 53, Infinity]) {
        expect(read(series, { n }).series).toHaveLength(series.length);
        // One value more, whichever kind brings it.
        for (const more of [list(1), image([[1]])]) {
          expect(() => read([...series, more], { n })).toThrow(SketchDataError);
          expect(() => read([more, ...series], { n })).toThrow(SketchDataError);
        }
      }
    });

    it('n of a series, which each may have', () => {
      for (const series of [list(4), image([[1, 2], [3]])]) {
        expect(read([series, series], { n: 4 }).series).toHaveLength(2);
        expect(() => read([series, series], { n: 3 })).toThrow(SketchDataError);
      }
    });
  });

  it('being no Uint8Array', () => {
    expect(() => decodeBatch('c8' as never, LIMITS)).toThrow(SketchArgumentError);
  });
});
