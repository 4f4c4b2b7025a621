import { describe, expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { seededRandom } from '../support/prng.js';
import { STREAMS } from '../support/streams.js';

const items = (sketch: KllSketch) => Array.from(sketch, ({ item }) => item);
const make = () => new KllSketch({ seed: 7 });
/** Sketches before a call: with nothing, with staged values, with levels and staged values. */
const STARTS: Record<string, () => KllSketch> = {
  'an empty sketch': make,
  'staged values': () => make().extend([5, 3, 4]),
  'levels and staged values': () => make().extend(STREAMS.shuffled(9000, 1)).extend([5, 3, 4]),
};

describe('adding', () => {
  it('gives back the sketch, so that calls chain', () => {
    const sketch = make();
    expect(sketch.add(1).add(2, 3).extend([4]).extendWeighted([5], [6])).toBe(sketch);
    expect(sketch.n).toBe(1 + 3 + 1 + 6);
  });

  it('takes typed arrays of classes of their own for what they hold', () => {
    class Samples extends Float64Array {
      /** Whoever asks it for a part gets the whole. */
      constructor(...given: [ArrayBuffer]) {
        super(given[0]);
      }
    }
    const values = STREAMS.shuffled(50_000, 1);
    const samples = new Samples(values.slice().buffer);
    expect(samples.subarray(10, 20)).toHaveLength(50_000);
    expect(make().extend(samples).toBytes()).toEqual(make().extend(values).toBytes());
    structuredClone(samples.buffer, { transfer: [samples.buffer] });
    expect(make().extend(samples).n).toBe(0);
  });

  it('finds what is no number wherever it stands among many', () => {
    const good = Array.from({ length: 5000 }, (_, i) => i);
    for (const at of [0, 1, 2, 3, 4, 4093, 4094, 4095, 4096, 4996, 4997, 4998, 4999]) {
      const sketch = make().extend(good);
      const before = sketch.toBytes();
      const bad: unknown[] = good.slice();
      bad[at] = String(at);
      expect(() => sketch.extend(bad as number[])).toThrow(
        expect.objectContaining({ code: 'ERR_VALUE_TYPE', index: at }),
      );
      expect(sketch.toBytes()).toEqual(before);
    }
  });

  it('takes every typed array but the BigInt ones, arrays and iterables', () => {
    const values = [1, 2, 3, 250];
    const wide = [
      Float32Array,
      Float64Array,
      Uint8Array,
      Uint8ClampedArray,
      Uint16Array,
      Int16Array,
      Int32Array,
    ];
    for (const Type of wide) expect(items(make().extend(new Type(values)))).toEqual(values);
    expect(items(make().extend(new Uint32Array(values)))).toEqual(values);
    expect(items(make().extend(new Int8Array([-3, 4])))).toEqual([-3, 4]);
    expect(items(make().extend(values))).toEqual(values);
    expect(items(make().extend(new Set(values)))).toEqual(values);
    expect(items(make().extend(new Map([[1, 2]]).values()))).toEqual([2]);
    expect(
      items(
        make().extend(
          (function* () {
            yield* values;
          })(),
        ),
      ),
    ).toEqual(values);
    expect(items(make().extend({ [Symbol.iterator]: () => values.values() }))).toEqual(values);
  });

  it('takes a view into a larger buffer for what it shows', () => {
    const whole = Float64Array.from({ length: 100 }, (_, i) => i);
    expect(items(make().extend(whole.subarray(10, 13)))).toEqual([10, 11, 12]);
    expect(items(make().extend(new Float32Array(whole.buffer, 8, 0)))).toEqual([]);
  });

  it('takes nothing from an empty collection', () => {
    for (const [, start] of Object.entries(STARTS)) {
      const sketch = start()
        .extend([])
        .extend(new Float64Array(0))
        .extend(new Set<number>())
        .extendWeighted([], []);
      expect(sketch.toBytes()).toEqual(start().toBytes());
    }
  });

  it('turns -0 into 0, one by one and in bulk', () => {
    const isZero = (x: number) => Object.is(x, 0);
    for (const sketch of [
      make().add(-0),
      make().add(-0, 5),
      make().add(-0, 5000),
      make().extend([-0]),
      make().extend(new Float64Array(100_000).fill(-0)),
      make().extend(Array.from({ length: 5000 }, () => -0)),
      make().extendWeighted([-0, -0], [1, 5000]),
      make().extend(new Float32Array(3000).fill(-0)),
    ]) {
      expect([sketch.min, sketch.max, sketch.sum, ...items(sketch)].every(isZero)).toBe(true);
      expect(items(KllSketch.fromBytes(sketch.toBytes())).every(isZero)).toBe(true);
    }
  });

  it('copies a shared buffer before it looks at it, and never keeps a view of it', () => {
    const shared = new Float64Array(new SharedArrayBuffer(8 * 5000));
    for (let i = 0; i < shared.length; i++) shared[i] = i;
    const sketch = make().extend(shared);
    const bytes = sketch.clone().toBytes();
    shared.fill(Number.NaN);
    expect(sketch.toBytes()).toEqual(bytes);
    expect([sketch.n, sketch.min, sketch.max]).toEqual([5000, 0, 4999]);
    expect(() => sketch.extend(shared)).toThrow(
      expect.objectContaining({ code: 'ERR_VALUE_NOT_FINITE', index: 0 }),
    );
  });

  it('reads an array whose elements are computed by code that uses other sketches', () => {
    for (const length of [30, 5000, 40_000]) {
      const values: number[] = Array.from({ length }, (_, i) => i);
      const at = length >> 1;
      Object.defineProperty(values, at, {
        get: () => (make().extend(STREAMS.shuffled(9000, 1)).median > 0 ? at : -1),
      });
      const sketch = make().extend(values);
      expect(sketch.toBytes()).toEqual(
        make()
          .extend(Float64Array.from({ length }, (_, i) => i))
          .toBytes(),
      );
    }
  });

  it('keeps no hold of the array it was given', () => {
    const values = [3, 1, 2];
    const typed = Float64Array.from(values);
    const sketch = make().extend(typed).extend(values);
    expect([values, [...typed]]).toEqual([
      [3, 1, 2],
      [3, 1, 2],
    ]);
    typed.fill(9);
    values.fill(9);
    expect(items(sketch)).toEqual([1, 1, 2, 2, 3, 3]);
  });
});

describe.each(Object.entries(STARTS))('a bulk call that fails on %s', (_, start) => {
  /** Fails at any distance: within staging, within a block, past several chunks. */
  const lengths = [0, 3, 700, 2000, 40_000];
  const untouched = (sketch: KllSketch) => {
    expect({ ...sketch.debugState(), bytes: 0 }).toEqual({ ...start().debugState(), bytes: 0 });
    // What is added later meets the same generator, counters and staging.
    expect(sketch.extend(STREAMS.shuffled(7000, 2)).toBytes()).toEqual(
      start().extend(STREAMS.shuffled(7000, 2)).toBytes(),
    );
  };

  it.each(lengths)('because an iterable throws after %d values leaves the sketch as it was', (length) => {
    const sketch = start();
    const failing = (function* () {
      for (let i = 0; i < length; i++) yield i;
      throw new RangeError('the source went away');
    })();
    expect(() => sketch.extend(failing)).toThrow(new RangeError('the source went away'));
    untouched(sketch);
  });

  it.each(lengths)('because of a NaN after %d values leaves the sketch as it was', (length) => {
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const values = Float64Array.from({ length: length + 3 }, (_, i) => (i === length ? bad : i));
      for (const given of [values, Array.from(values), Float32Array.from(values), new Set(values)]) {
        const sketch = start();
        expect(() => sketch.extend(given)).toThrow(
          expect.objectContaining({
            name: 'SketchArgumentError',
            code: 'ERR_VALUE_NOT_FINITE',
            index: length,
          }),
        );
        untouched(sketch);
      }
    }
  });

  it.each(lengths)('because of a string after %d values leaves the sketch as it was', (length) => {
    const sketch = start();
    const values: unknown[] = Array.from({ length: length + 3 }, (_, i) => i);
    values[length] = '7';
    expect(() => sketch.extend(values as number[])).toThrow(
      expect.objectContaining({ code: 'ERR_VALUE_TYPE', index: length, found: '7' }),
    );
    untouched(sketch);
  });

  it('because a weighted iterable throws leaves the sketch as it was', () => {
    const sketch = start();
    const failing = (function* () {
      yield 1;
      throw new Error('no more weights');
    })();
    expect(() => sketch.extendWeighted([1, 2], failing)).toThrow('no more weights');
    untouched(sketch);
  });

  it('because n would pass 2^53 leaves the sketch as it was', () => {
    const sketch = start();
    const overflow = expect.objectContaining({ code: 'ERR_COUNT_OVERFLOW' });
    expect(() => sketch.extendWeighted([1, 2], [2 ** 53 - 1, 2 ** 53 - 1])).toThrow(overflow);
    untouched(sketch);
  });

  it('because n would pass 2^53 by a merge leaves the sketch as it was', () => {
    const full = make().add(1, 2 ** 53 - 1);
    const overflow = expect.objectContaining({ code: 'ERR_COUNT_OVERFLOW' });
    const sketch = start().add(1).add(2);
    expect(() => sketch.merge(full)).toThrow(overflow);
    expect(() => sketch.merge(full.toBytes())).toThrow(overflow);
    expect(sketch.extend(STREAMS.shuffled(7000, 2)).toBytes()).toEqual(
      start().add(1).add(2).extend(STREAMS.shuffled(7000, 2)).toBytes(),
    );
  });
});

describe("with invalid: 'skip'", () => {
  it('what is no finite number is left out and counted', () => {
    const mixed = [1, Number.NaN, 2, Infinity, '3', null, undefined, 4n, -Infinity, {}, 5, Symbol('six')];
    for (const given of [mixed, new Set(mixed)]) {
      const sketch = make().extend(given as number[], { invalid: 'skip' });
      expect(items(sketch)).toEqual([1, 2, 5]);
      expect(sketch.numRejected).toBe(9);
    }
    const typed = make().extend(Float32Array.of(1, Number.NaN, Infinity, 2), { invalid: 'skip' });
    expect([items(typed), typed.numRejected]).toEqual([[1, 2], 2]);
  });

  it('what is left is taken as if it had been alone', () => {
    const random = seededRandom(3);
    const good = Float64Array.from({ length: 30_000 }, () => random.next());
    const mixed = Array.from(good).flatMap((x, i) => (i % 3 ? [x] : [x, Number.NaN]));
    const sketch = make().extend(mixed, { invalid: 'skip' });
    expect(sketch.toBytes()).toEqual(make().extend(good).toBytes());
    expect(sketch.numRejected).toBe(10_000);
  });

  it('an iterable that throws still throws and changes nothing', () => {
    const sketch = make();
    const failing = (function* () {
      yield Number.NaN;
      throw new Error('gone');
    })();
    expect(() => sketch.extend(failing, { invalid: 'skip' })).toThrow('gone');
    expect([sketch.n, sketch.numRejected]).toEqual([0, 0]);
  });
});

describe('weights', () => {
  it('count as so many values, at most of the small ones as exactly those', () => {
    const weighted = make().add(3, 4).add(1, 2).add(2);
    expect(weighted.toBytes()).toEqual(make().extend([3, 3, 3, 3, 1, 1, 2]).toBytes());
    const large = make().add(3, 4_000_000).add(1, 2_000_000).add(2, 1_000_000);
    expect([large.n, large.sum, large.mean, large.min, large.max]).toEqual([7e6, 16e6, 16 / 7, 1, 3]);
    expect([large.rank(1), large.rank(2), large.rank(3)]).toEqual([2 / 7, 3 / 7, 1]);
  });

  it('give the distribution that repeating the values gives', () => {
    const values = Float64Array.from({ length: 2000 }, (_, i) => i);
    const weights = values.map((x) => 1 + (x % 100));
    const sketch = make().extendWeighted(values, weights);
    const total = weights.reduce((a, b) => a + b);
    expect(sketch.n).toBe(total);
    let below = 0;
    for (const x of values) {
      below += weights[x];
      expect(Math.abs(sketch.rank(x) - below / total)).toBeLessThan(sketch.rankError());
    }
    const sum = values.reduce((a, x) => a + x * weights[x], 0);
    expect(sketch.sum).toBe(sum);
  });

  it('are taken from arrays, typed arrays and iterables alike', () => {
    const expected = make().extendWeighted([1, 2], [30, 40]).toBytes();
    expect(make().extendWeighted(Float64Array.of(1, 2), Uint8Array.of(30, 40)).toBytes()).toEqual(expected);
    expect(
      make()
        .extendWeighted(new Set([1, 2]), new Set([30, 40]))
        .toBytes(),
    ).toEqual(expected);
  });

  it('reach n = 2^53 and no further', () => {
    const sketch = make().add(1, 2 ** 53 - 1);
    expect(sketch.n).toBe(2 ** 53 - 1);
    sketch.add(2);
    expect(sketch.n).toBe(2 ** 53);
    const overflow = expect.objectContaining({ name: 'SketchArgumentError', code: 'ERR_COUNT_OVERFLOW' });
    const bytes = sketch.toBytes();
    expect(() => sketch.add(3)).toThrow(overflow);
    expect(() => sketch.add(3, 2)).toThrow(overflow);
    expect(() => sketch.extend([3])).toThrow(overflow);
    expect(() => sketch.extendWeighted([3], [1])).toThrow(overflow);
    expect(() => sketch.merge(make().add(3))).toThrow(overflow);
    expect(() => sketch.merge(sketch)).toThrow(overflow);
    expect(() => KllSketch.mergeAll([sketch, make().add(3)])).toThrow(overflow);
    expect(sketch.toBytes()).toEqual(bytes);
    expect([sketch.n, sketch.min, sketch.max, sketch.quantile(1), sketch.median]).toEqual([
      2 ** 53,
      1,
      2,
      2,
      1,
    ]);
    expect(KllSketch.fromBytes(bytes).n).toBe(2 ** 53);
  });
});

describe('the sum', () => {
  it('is compensated: small values are not lost beside large ones', () => {
    const sketch = make();
    for (let i = 0; i < 500_000; i++) sketch.add(i % 2 ? 1e9 : 1e-3);
    // Each part of 512 values is added plainly, the parts with compensation: 2^-44 of the sum at most.
    expect(Math.abs(sketch.sum - (250_000 * 1e9 + 250))).toBeLessThan(250_000 * 1e9 * 2 ** -44);
    const tenths = make().extend(new Float64Array(100_000).fill(0.1));
    expect(Math.abs(tenths.sum - 10_000)).toBeLessThan(1e-9);
    expect(tenths.mean).toBeCloseTo(0.1, 12);
  });

  it('is an infinity where it passes the largest double, and values stay', () => {
    const sketch = make().extend([Number.MAX_VALUE, Number.MAX_VALUE]);
    expect([sketch.sum, sketch.max]).toEqual([Infinity, Number.MAX_VALUE]);
    const bulk = make().extend(new Float64Array(5000).fill(-Number.MAX_VALUE));
    expect([bulk.sum, bulk.min]).toEqual([-Infinity, -Number.MAX_VALUE]);
    // Partial sums of both signs are not a NaN among the values.
    const both = Float64Array.from({ length: 50_000 }, (_, i) => (i % 2 ? 1 : -1) * Number.MAX_VALUE);
    expect(make().extend(both.sort()).n).toBe(50_000);
  });
});
