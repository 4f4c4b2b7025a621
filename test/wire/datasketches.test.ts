import { describe, expect, it } from 'vitest';
import { SketchArgumentError, SketchDataError } from '../../src/core/errors.js';
import type { SketchImage } from '../../src/core/image.js';
import {
  type DataSketchesType,
  decodeDataSketches,
  encodeDataSketches,
} from '../../src/wire/datasketches.js';
import { ApacheCascade, alternatingCoin, apacheCapacity, randomCoin } from '../support/apache-cascade.js';
import { type ApacheFields, writeFullApacheImage } from '../support/apache-image.js';
import { BAD_FOREIGN_BYTES, SOUND_APACHE, soundApacheImage } from '../support/bad-foreign-bytes.js';
import { foreignVariance } from '../support/foreign-variance.js';
import { assertImageInvariants } from '../support/image-invariants.js';
import { seededRandom } from '../support/prng.js';

const TYPES: DataSketchesType[] = ['double', 'float', 'long'];
const COUNTS = [0, 1, 2, 10, 100, 1e3, 1e4, 1e5, 1e6];

function cascadeOf(n: number, k = 200, seed = 1, scale = 2 ** 20): ApacheCascade {
  const random = seededRandom(seed);
  const sketch = new ApacheCascade(k, randomCoin(seed));
  sketch.updateAll(Float64Array.from({ length: n }, () => Math.floor((random.next() - 0.5) * scale)));
  return sketch;
}

/** An image of values at weight 1. */
function exactImage(values: number[], k = 200): SketchImage {
  const sketch = new ApacheCascade(k, alternatingCoin());
  for (const x of values) sketch.update(x);
  return sketch.toImage();
}

/** The error a call throws, or undefined. */
function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('an Apache image that we write', () => {
  describe.each(TYPES)('as %s', (type) => {
    it.each(COUNTS)('is byte for byte what the reference writes for the same state, n = %d', (n) => {
      const sketch = cascadeOf(n);
      const image = sketch.toImage();
      const bytes = encodeDataSketches(image, type);
      expect(bytes).toEqual(sketch.toBytes(type, { sortLevelZero: true }));
      const read = { ...image, variance: expect.closeTo(foreignVariance(image), 15) };
      expect(decodeDataSketches(bytes, type)).toEqual(read);
      // Newest first and without the flag it is the same state.
      expect(decodeDataSketches(sketch.toBytes(type), type)).toEqual(read);
    });
  });

  it.each([8, 9, 100, 1024, 4096, 65535])('is that of the reference for k = %d', (k) => {
    const sketch = cascadeOf(20_000, k);
    expect(encodeDataSketches(sketch.toImage(), 'double')).toEqual(
      sketch.toBytes('double', { sortLevelZero: true }),
    );
  });

  it('is the documented one for an empty sketch', () => {
    expect([...encodeDataSketches(exactImage([]), 'long')]).toEqual([2, 1, 15, 1, 200, 0, 8, 0]);
  });

  it('says minK, but never more than k', () => {
    const image = cascadeOf(1000).toImage();
    expect(decodeDataSketches(encodeDataSketches({ ...image, minK: 50 }, 'double'), 'double').minK).toBe(50);
    expect(decodeDataSketches(encodeDataSketches({ ...image, minK: 1000 }, 'double'), 'double').minK).toBe(
      200,
    );
  });

  it('holds a count above 2^32, and 2^53', () => {
    for (const level of [33, 53]) {
      const sizes = new Uint32Array(level + 1);
      sizes[level] = 1;
      const image = { ...exactImage([5]), n: 2 ** level, sizes };
      const bytes = encodeDataSketches(image, 'double');
      expect(new DataView(bytes.buffer).getBigUint64(8, true)).toBe(2n ** BigInt(level));
      expect(decodeDataSketches(bytes, 'double')).toEqual({
        ...image,
        sum: Number.NaN,
        variance: expect.closeTo(foreignVariance(image), 15),
      });
    }
  });

  it('keeps -0, infinities, the smallest and the largest doubles', () => {
    const values = [-Infinity, -Number.MAX_VALUE, -5e-324, -0, 0, 5e-324, Number.MAX_VALUE, Infinity];
    const { items, min, max } = decodeDataSketches(
      encodeDataSketches(exactImage(values), 'double'),
      'double',
    );
    expect([...items]).toEqual(values);
    expect([min, max]).toEqual([-Infinity, Infinity]);
  });

  it('rounds to floats in order, bounds too, and keeps -0 and infinities', () => {
    const values = [-Infinity, -1e-60, -0, 0.1, 1 + 2 ** -30, 16777217, 3.4e38, Infinity];
    const image = decodeDataSketches(encodeDataSketches(exactImage(values), 'float'), 'float');
    assertImageInvariants(image);
    expect([...image.items]).toEqual(values.map(Math.fround));
    const tight = decodeDataSketches(encodeDataSketches(exactImage([0.1, 0.3]), 'float'), 'float');
    expect([tight.min, tight.max]).toEqual([Math.fround(0.1), Math.fround(0.3)]);
  });

  it('holds integers up to 2^53 on both sides as longs', () => {
    const values = [-(2 ** 53), -(2 ** 32) - 1, -1, 0, 1, 2 ** 31, 2 ** 32, 2 ** 53];
    const bytes = encodeDataSketches(exactImage(values), 'long');
    const view = new DataView(bytes.buffer);
    expect(values.map((_, i) => Number(view.getBigInt64(24 + 16 + 8 * i, true)))).toEqual(values);
    expect([...decodeDataSketches(bytes, 'long').items]).toEqual(values);
    expect([...encodeDataSketches(exactImage([-0]), 'long').subarray(8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it.each([
    ['a fraction as long', 'long', [1, 2.5], 'ERR_NOT_INTEGER'],
    ['a single fraction as long', 'long', [2.5], 'ERR_NOT_INTEGER'],
    ['an integer beyond 2^53 as long', 'long', [1, 2 ** 53 + 2], 'ERR_NOT_INTEGER'],
    ['an infinity as long', 'long', [1, Infinity], 'ERR_NOT_INTEGER'],
    ['a double above every float', 'float', [1, 3.5e38], 'ERR_FLOAT_OVERFLOW'],
    ['a double that rounds to an infinite float', 'float', [1, 3.4028235677973366e38], 'ERR_FLOAT_OVERFLOW'],
    ['a double below every float', 'float', [-1e39, 2, 3], 'ERR_FLOAT_OVERFLOW'],
  ] as const)('refuses %s', (_, type, values, code) => {
    const error = errorOf(() => encodeDataSketches(exactImage([...values]), type));
    expect(error).toBeInstanceOf(SketchArgumentError);
    expect(error).toMatchObject({ code });
  });

  it.each([7, 65536, Number.NaN])('refuses k = %d', (k) => {
    expect(errorOf(() => encodeDataSketches({ ...exactImage([1]), k }, 'double'))).toMatchObject({
      name: 'SketchArgumentError',
      code: 'ERR_ARGUMENT_RANGE',
      argument: 'k',
    });
  });

  it('refuses more levels than its readers take', () => {
    const sizes = Uint32Array.from({ length: 62 }, (_, level) => (level === 61 ? 1 : 0));
    const image = { ...exactImage([1]), n: 2 ** 61, sizes };
    expect(errorOf(() => encodeDataSketches(image, 'double'))).toMatchObject({
      name: 'SketchArgumentError',
      code: 'ERR_ARGUMENT_RANGE',
    });
  });

  it('refuses more items than the capacity of its k, and writes as many as that', () => {
    const values = Array.from({ length: 12 }, (_, i) => i);
    const image = { ...exactImage(values), k: 8 };
    const error = errorOf(() => encodeDataSketches(image, 'double'));
    expect(error).toBeInstanceOf(SketchArgumentError);
    expect(error).toMatchObject({ code: 'ERR_ARGUMENT_RANGE', argument: 'image', found: 12 });
    const full = exactImage(values.slice(0, 8), 8);
    expect(decodeDataSketches(encodeDataSketches(full, 'double'), 'double')).toEqual(full);
  });
});

describe('reading an Apache image', () => {
  it.each(TYPES)('takes the sound image that the bad ones are made from (%s)', (type) => {
    const image = decodeDataSketches(soundApacheImage(type), type);
    assertImageInvariants(image);
    expect(image).toMatchObject({ k: 200, minK: 200, n: 11, min: 1, max: 11 });
    expect([...image.sizes]).toEqual([3, 2, 1]);
    expect([...image.items]).toEqual([1, 9, 11, 4, 6, 5]);
  });

  it.each(
    BAD_FOREIGN_BYTES.filter(({ format }) => format === 'datasketches'),
  )('refuses $wrong ($type): $code', ({ bytes, type, code }) => {
    const before = bytes.slice();
    const error = errorOf(() => decodeDataSketches(bytes, type));
    expect(error).toBeInstanceOf(SketchDataError);
    expect(error).toMatchObject({ code });
    expect(bytes).toEqual(before);
  });

  it.each(TYPES)('refuses every truncation (%s)', (type) => {
    for (const n of [0, 1, 2, 300]) {
      const bytes = cascadeOf(n).toBytes(type);
      for (let length = 0; length < bytes.length; length++) {
        const error = errorOf(() => decodeDataSketches(bytes.subarray(0, length), type));
        expect(error).toMatchObject({ name: 'SketchDataError', code: 'ERR_TRUNCATED' });
      }
    }
  });

  it('sorts level 0 whatever the flag says of it', () => {
    const bytes = soundApacheImage('double');
    const expected = decodeDataSketches(bytes, 'double');
    bytes[3] = 0x02;
    expect(decodeDataSketches(bytes, 'double')).toEqual(expected);
  });

  it('ignores other flags and the unused bytes', () => {
    const bytes = soundApacheImage('double');
    const expected = decodeDataSketches(bytes, 'double');
    bytes[3] = 0xfa;
    bytes[7] = 1;
    bytes[19] = 1;
    expect(decodeDataSketches(bytes, 'double')).toEqual(expected);
  });

  it('drops empty levels at the top', () => {
    const offsets = [541, 544, 546, 547, 547, 547];
    const bytes = writeFullApacheImage('double', {
      k: 200,
      n: 11n,
      offsets,
      min: 1,
      max: 11,
      items: [9, 11, 1, 4, 6, 5],
    });
    const { sizes, ...rest } = decodeDataSketches(bytes, 'double');
    expect([...sizes]).toEqual([3, 2, 1]);
    assertImageInvariants({ sizes, ...rest });
  });

  it('takes bytes inside a larger buffer and bytes in shared memory', () => {
    const bytes = soundApacheImage('double');
    const expected = decodeDataSketches(bytes, 'double');
    const inside = new Uint8Array(bytes.length + 7).subarray(3, 3 + bytes.length);
    inside.set(bytes);
    expect(decodeDataSketches(inside, 'double')).toEqual(expected);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    expect(decodeDataSketches(shared, 'double')).toEqual(expected);
  });

  it('refuses n and weights that doubles would round to each other', () => {
    const top = apacheCapacity(200, 54);
    const offsets = (below: number) => Array.from({ length: 54 }, (_, i) => top - (i ? 1 : 1 + below));
    const bytes = (n: bigint, below: number) =>
      writeFullApacheImage('double', {
        k: 200,
        n,
        offsets: offsets(below),
        min: 1,
        max: 1,
        items: Array<number>(1 + below).fill(1),
      });
    expect(decodeDataSketches(bytes(2n ** 53n, 0), 'double').n).toBe(2 ** 53);
    for (const [n, below] of [
      [2n ** 53n + 1n, 0],
      [2n ** 53n, 1],
    ] as const) {
      expect(errorOf(() => decodeDataSketches(bytes(n, below), 'double'))).toMatchObject({
        code: 'ERR_COUNT',
      });
    }
  });

  it.each([
    [10n, 'more'],
    [12n, 'less'],
  ])('says of an n of %d beside weights of 11 that these are %s', (n, found) => {
    const bytes = writeFullApacheImage('double', { ...SOUND_APACHE, n });
    expect(errorOf(() => decodeDataSketches(bytes, 'double'))).toMatchObject({
      code: 'ERR_COUNT',
      what: `weights: expected a sum of n = ${n}, found ${found}`,
    });
  });

  it.each([1n, 2n ** 32n, 2n ** 33n, 2n ** 62n])('refuses a long of 2^53 + %d, and its negative', (more) => {
    const far = 2n ** 53n + more;
    for (const bounds of [{ max: far }, { min: -far }]) {
      const bytes = writeFullApacheImage('long', { ...SOUND_APACHE, ...bounds });
      expect(errorOf(() => decodeDataSketches(bytes, 'long'))).toMatchObject({ code: 'ERR_ITEMS' });
    }
  });

  it('takes 61 levels', () => {
    const top = apacheCapacity(200, 61);
    const offsets = [top - 2, ...Array<number>(60).fill(top)];
    const bytes = writeFullApacheImage('double', { k: 200, n: 2n, offsets, min: 1, max: 2, items: [2, 1] });
    const image = decodeDataSketches(bytes, 'double');
    assertImageInvariants(image);
    expect([...image.items]).toEqual([1, 2]);
  });

  it('takes equal items and levels that begin below the one before them', () => {
    const bytes = writeFullApacheImage('double', { ...SOUND_APACHE, items: [9, 11, 10, 4, 4, 1] });
    expect([...decodeDataSketches(bytes, 'double').items]).toEqual([9, 10, 11, 4, 4, 1]);
  });

  it.each([
    ['k', { k: 7, minK: 7 }, 'double', 4],
    ['n', { n: 2n ** 54n }, 'double', 8],
    ['minK', { minK: 7 }, 'double', 16],
    ['levels', { numLevels: 62 }, 'double', 18],
    ['an offset of a level', { offsets: [416, 421, 419] }, 'double', 28],
    ['a long', { max: 2n ** 54n }, 'long', 40],
    ['an item that descends', { items: [9, 11, 1, 6, 4, 5] }, 'double', 80],
    ['a float that descends', { items: [9, 11, 1, 6, 4, 5] }, 'float', 56],
  ] as const)('a refusal says where the field is: %s', (_, change, type, offset) => {
    const bytes = writeFullApacheImage(type, { ...SOUND_APACHE, ...(change as Partial<ApacheFields>) });
    expect(errorOf(() => decodeDataSketches(bytes, type))).toMatchObject({ name: 'SketchDataError', offset });
  });

  it('refuses a k above the limit given', () => {
    const bytes = soundApacheImage('double');
    expect(decodeDataSketches(bytes, 'double', { maxK: 200 }).k).toBe(200);
    expect(errorOf(() => decodeDataSketches(bytes, 'double', { maxK: 199 }))).toMatchObject({
      code: 'ERR_FIELD',
    });
  });

  it('names the types whose length fits when another is asked for', () => {
    const { message: asDouble } = errorOf(() =>
      decodeDataSketches(soundApacheImage('float'), 'double'),
    ) as Error;
    expect(asDouble).toContain('it fits float');
    const { message: asFloat } = errorOf(() =>
      decodeDataSketches(soundApacheImage('long'), 'float'),
    ) as Error;
    expect(asFloat).toContain('it fits double and long');
  });

  it('names the function that reads the bytes when they are in another format', () => {
    const kll1 = BAD_FOREIGN_BYTES.find(({ wrong }) => wrong === 'a KLL1 image')!;
    expect((errorOf(() => decodeDataSketches(kll1.bytes, 'double')) as Error).message).toContain('fromKll1');
  });

  it.each([undefined, 'int', 'toString', 3])('refuses %s as a type', (type) => {
    for (const call of [
      () => decodeDataSketches(soundApacheImage('double'), type as DataSketchesType),
      () => encodeDataSketches(exactImage([1]), type as DataSketchesType),
    ]) {
      expect(errorOf(call)).toMatchObject({
        name: 'SketchArgumentError',
        code: 'ERR_ARGUMENT_TYPE',
        argument: 'type',
      });
    }
  });

  it.each([
    undefined,
    null,
    'AgEPAcgACAA=',
    [2, 1, 15, 1, 200, 0, 8, 0],
    new ArrayBuffer(8),
  ])('refuses %s in the place of bytes', (bytes) => {
    expect(errorOf(() => decodeDataSketches(bytes as unknown as Uint8Array, 'double'))).toMatchObject({
      name: 'SketchArgumentError',
      code: 'ERR_ARGUMENT_TYPE',
      argument: 'bytes',
    });
  });
});
