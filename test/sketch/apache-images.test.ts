import { describe, expect, it } from 'vitest';
import { totalCapacity } from '../../src/core/capacity.js';
import { type DataSketchesType, fromAny, fromDataSketches, toDataSketches } from '../../src/formats.js';
import { KllSketch, type SketchImage, type Tails } from '../../src/index.js';
import { ApacheCascade, apacheCapacity, randomCoin } from '../support/apache-cascade.js';
import { writeApacheImage } from '../support/apache-image.js';
import { ApacheSortedView } from '../support/apache-sorted-view.js';
import { maxRankError, STREAMS } from '../support/streams.js';
import { describeWithVectors, readVector, vectorNames } from '../support/vectors.js';

const TYPES: DataSketchesType[] = ['double', 'float', 'long'];
const COUNTS = [0, 1, 2, 10, 100, 1e3, 1e4, 1e5, 1e6];

/** What the reference writes for a state: its own capacities, its own writer. Level 0 ascending, and saying so. */
function referenceBytes(image: SketchImage, type: DataSketchesType): Uint8Array {
  const capacity = apacheCapacity(image.k, Math.max(1, image.sizes.length));
  let at = capacity - image.items.length;
  const offsets = Array.from(image.sizes, (size) => (at += size) - size);
  return writeApacheImage(type, {
    k: image.k,
    minK: Math.min(image.minK, image.k),
    n: BigInt(image.n),
    offsets,
    min: image.min,
    max: image.max,
    items: image.items,
    levelZeroSorted: true,
  });
}

/** Values that all three types hold. */
const integers = (n: number) => STREAMS.shuffled(n, n % 97);

describe('an Apache image of a sketch', () => {
  describe.each(TYPES)('as %s', (type) => {
    it.each(COUNTS)('has the exact bytes the reference gives for the same state, n = %d', (n) => {
      for (const tails of ['none', 'high', 'both'] as Tails[]) {
        const sketch = new KllSketch({ k: 200, tails, seed: 1 }).extend(integers(n));
        const bytes = toDataSketches(sketch, type);
        // The flush is over: the state that was written can be seen. At k = 200 protected tails fit the Apache budget.
        const image = sketch.toImage();
        expect(image.items.length).toBeLessThanOrEqual(totalCapacity(200, Math.max(1, image.sizes.length)));
        expect(bytes).toEqual(referenceBytes(image, type));
        const back = fromDataSketches(bytes, type, { seed: 1 });
        expect([back.n, back.k, back.min, back.max]).toEqual([n, 200, sketch.min, sketch.max]);
        expect([...back]).toEqual([...sketch]);
        expect(back.tailGuarantee).toBe('none');
        if (n > 0) expect(back.sum).toBeNaN();
      }
    });
  });

  it.each([
    8, 100, 1024, 1536, 4096,
  ])('fits the Apache capacity of its k, whatever the tails: k = %d', (k) => {
    for (const tails of ['none', 'high', 'both'] as Tails[]) {
      const values = integers(200_000);
      const sketch = new KllSketch({ k, tails, seed: 1 }).extend(values);
      const bytes = toDataSketches(sketch);
      const view = new DataView(bytes.buffer);
      const levels = bytes[18];
      const retained = (bytes.length - 20 - 4 * levels) / 8 - 2;
      expect([view.getUint16(4, true), view.getUint16(16, true)]).toEqual([k, k]);
      expect(retained).toBeLessThanOrEqual(apacheCapacity(k, levels));
      const back = fromDataSketches(bytes);
      expect([back.n, back.min, back.max]).toEqual([sketch.n, sketch.min, sketch.max]);
      expect(maxRankError(back, values)).toBeLessThanOrEqual(back.rankError());
      // The sketch itself keeps its tails.
      expect([sketch.tails, sketch.tailGuarantee]).toEqual([tails, tails]);
    }
  });

  it('leaves the sketch as it was: compacting to fit is done on a copy', () => {
    const make = () => new KllSketch({ k: 1536, tails: 'high', seed: 1 }).extend(integers(300_000));
    const sketch = make();
    toDataSketches(sketch);
    expect(sketch.toBytes()).toEqual(make().toBytes());
    expect(sketch.numRetained).toBeGreaterThan(0);
  });

  it('of a condensed copy is the copy', () => {
    const condensed = new KllSketch({ k: 1024, tails: 'high', seed: 1 })
      .extend(integers(300_000))
      .condense(200);
    const bytes = toDataSketches(condensed);
    expect(bytes).toEqual(referenceBytes(condensed.toImage(), 'double'));
    expect([...fromDataSketches(bytes)]).toEqual([...condensed]);
  });

  it('says the smallest k behind the data, never more than its own', () => {
    const minKOf = (sketch: KllSketch) => new DataView(toDataSketches(sketch).buffer).getUint16(16, true);
    const large = () => new KllSketch({ k: 400, seed: 1 }).extend(integers(20_000));
    expect(minKOf(large())).toBe(400);
    expect(minKOf(large().merge(new KllSketch({ k: 100, seed: 1 }).extend(integers(20_000))))).toBe(100);
    expect(minKOf(large().condense(50))).toBe(50);
  });

  it('says the k that it was read with, however often it is read and written', () => {
    const changed: number[] = [];
    for (let k = 8; k <= 65_535; k = k < 500 ? k + 1 : Math.ceil(k * 1.02)) {
      const start = apacheCapacity(k, 2) - k;
      const items = Array.from({ length: k }, (_, i) => i);
      const offsets = [start, start];
      const bytes = writeApacheImage('double', { k, n: BigInt(2 * k), offsets, min: 0, max: k, items });
      const again = toDataSketches(fromDataSketches(bytes));
      if (again[16] + 256 * again[17] !== k) changed.push(k);
    }
    expect(changed).toEqual([]);
  });

  it('says a smaller k where condensing has added more error than an Apache sketch of its own k has', () => {
    const copies = Array.from({ length: 50 }, (_, seed) =>
      new KllSketch({ k: 1024, seed }).extend(integers(1000)).condense(8).toBytes(),
    );
    const merged = KllSketch.mergeAll(copies, { k: 1024, seed: 1 });
    expect(merged.minK).toBe(1024);
    const bytes = toDataSketches(merged);
    const minK = new DataView(bytes.buffer).getUint16(16, true);
    // KllHelper.getNormalizedRankError
    expect(2.296 / minK ** 0.9723).toBeGreaterThan(0.98 * merged.rankError());
    expect(2.296 / (minK + 2) ** 0.9723).toBeLessThan(1.1 * merged.rankError());
    expect(fromDataSketches(bytes).rankError() / merged.rankError()).toBeCloseTo(1, 1);
  });

  it.each([
    ['float', [1, 3.5e38], 'ERR_FLOAT_OVERFLOW'],
    ['float', [-1e300], 'ERR_FLOAT_OVERFLOW'],
    ['long', [1, 2.5], 'ERR_NOT_INTEGER'],
    ['long', [2 ** 53 + 2], 'ERR_NOT_INTEGER'],
  ] as const)('as %s refuses %j with %s', (type, values, code) => {
    const sketch = new KllSketch({ seed: 1 }).extend([...values]);
    expect(() => toDataSketches(sketch, type)).toThrow(
      expect.objectContaining({ name: 'SketchArgumentError', code }),
    );
    expect([...sketch].map(({ item }) => item)).toEqual([...values].sort((a, b) => a - b));
  });
});

describe('a sketch from an Apache image', () => {
  it('answers as the reference answers', () => {
    for (const n of [1, 2, 100, 1000, 100_000]) {
      const cascade = new ApacheCascade(200, randomCoin(n));
      cascade.updateAll(STREAMS['long tail'](n, n));
      const sketch = fromDataSketches(cascade.toBytes('double'), 'double', { seed: 1 });
      const view = new ApacheSortedView(cascade.toImage());
      for (let i = 1; i < 300; i++) {
        expect(sketch.quantile(i / 300)).toBe(view.quantile(i / 300));
        expect(sketch.quantile(i / 300, { inclusive: false })).toBe(view.quantile(i / 300, false));
      }
      expect([...sketch.ranks(view.items)]).toEqual(Array.from(view.items, (x) => view.rank(x)));
    }
  });

  it('takes further values and merges, inside the bound', () => {
    const values = STREAMS.shuffled(60_000, 1);
    const cascade = new ApacheCascade(200, randomCoin(1));
    cascade.updateAll(values.subarray(0, 30_000));
    const sketch = fromDataSketches(cascade.toBytes('double'), 'double', { seed: 1, tails: 'high' });
    sketch.extend(values.subarray(30_000, 45_000));
    sketch.merge(new KllSketch({ seed: 2 }).extend(values.subarray(45_000)));
    expect([sketch.n, sketch.min, sketch.max]).toEqual([60_000, 0, 59_999]);
    expect(sketch.tailGuarantee).toBe('none');
    expect(maxRankError(sketch, values)).toBeLessThanOrEqual(sketch.rankError());
  });
});

describeWithVectors('a sketch from the file', () => {
  it.each(vectorNames(/^kll_(double|float|long)_n\d+_(go|java|cpp)\.sk$/))('%s answers right', (name) => {
    const [, type, count] = name.split(/[_.]/);
    const n = Number(count.slice(1));
    const stream = Float64Array.from({ length: n }, (_, i) => i + 1);
    for (const sketch of [
      fromDataSketches(readVector(name), type as DataSketchesType, { seed: 1 }),
      fromAny(readVector(name), { type: type as DataSketchesType, seed: 1 }),
    ]) {
      expect([sketch.n, sketch.k]).toEqual([n, 200]);
      if (n === 0) {
        expect(sketch.median).toBeNaN();
        continue;
      }
      // The stream 1..n: the quantile of a rank is n times the rank.
      expect([sketch.min, sketch.max, sketch.quantile(0), sketch.quantile(1)]).toEqual([1, n, 1, n]);
      expect(maxRankError(sketch, stream)).toBeLessThanOrEqual(n <= 200 ? 0 : sketch.rankError());
      let weight = 0;
      for (const one of sketch) weight += one.weight;
      expect(weight).toBe(n);
      // Stored in our form and in theirs, it is still the same.
      expect([...KllSketch.fromBytes(sketch.toBytes())]).toEqual([...sketch]);
      expect([
        ...fromDataSketches(toDataSketches(sketch, type as DataSketchesType), type as DataSketchesType),
      ]).toEqual([...sketch]);
    }
  });

  it.each(vectorNames(/^kll1_n\d+_k\d+\.bin$/))('%s is recognised and read', (name) => {
    const [, count, k] = name.split(/[_.]/);
    const sketch = fromAny(readVector(name), { seed: 1 });
    expect([sketch.n, sketch.k]).toEqual([Number(count.slice(1)), Number(k.slice(1))]);
    expect(KllSketch.fromBytes(sketch.toBytes()).quantiles(9)).toEqual(sketch.quantiles(9));
  });
});
