import { describe, expect, it } from 'vitest';
import {
  type DataSketchesType,
  decodeDataSketches,
  encodeDataSketches,
} from '../../src/wire/datasketches.js';
import { decodeKll1 } from '../../src/wire/kll1.js';
import { ApacheCascade, alternatingCoin } from '../support/apache-cascade.js';
import { ApacheSortedView } from '../support/apache-sorted-view.js';
import { foreignVariance } from '../support/foreign-variance.js';
import { assertImageInvariants } from '../support/image-invariants.js';
import { describeWithVectors, readVector, readVectorText, vectorNames } from '../support/vectors.js';

const cascades = new Map<number, ApacheCascade>();
/** The stream 1..n under the alternating coin. The coin decides which items stay, never how many at which level. */
function ascending(n: number): ApacheCascade {
  let sketch = cascades.get(n);
  if (!sketch) {
    cascades.set(n, (sketch = new ApacheCascade(200, alternatingCoin())));
    sketch.updateAll(Float64Array.from({ length: n }, (_, i) => i + 1));
  }
  return sketch;
}

describeWithVectors('Apache files of the stream 1..N', () => {
  const names = vectorNames(/^kll_(double|float|long)_n\d+_(go|java|cpp)\.sk$/);

  it('are all there', () => expect(names).toHaveLength(60));

  it.each(names)('%s is read to its n, bounds, item count and weights', (name) => {
    const [, type, count] = name.split(/[_.]/);
    const n = Number(count.slice(1));
    const image = decodeDataSketches(readVector(name), type as DataSketchesType);
    assertImageInvariants(image);
    expect([image.k, image.minK, image.n]).toEqual([200, 200, n]);
    expect([image.min, image.max]).toEqual(n === 0 ? [Number.NaN, Number.NaN] : [1, n]);
    expect(image.sum).toBe(n === 0 ? 0 : Number.NaN);
    expect([image.tailGuarantee, image.state]).toEqual([0, undefined]);
    expect(image.variance).toBeCloseTo(foreignVariance(image), 15);
    const expected = ascending(n).toImage();
    expect(image.sizes).toEqual(expected.sizes);
    expect(image.items.length).toBe(expected.items.length);
    expect(image.items.every((item) => Number.isInteger(item))).toBe(true);
  });

  it.each(
    names.filter((name) => name.includes('_go')),
  )('%s is written back with level 0 ascending', (name) => {
    const [, type, count] = name.split(/[_.]/);
    const image = decodeDataSketches(readVector(name), type as DataSketchesType);
    const expected = ascending(Number(count.slice(1)));
    expect(image).toEqual({
      ...expected.toImage(),
      variance: expect.closeTo(foreignVariance(image), 15),
    });
    expect(encodeDataSketches(image, type as DataSketchesType)).toEqual(
      expected.toBytes(type as DataSketchesType, { sortLevelZero: true }),
    );
  });

  it('reads one item in the historical full form and writes it in the short one', () => {
    const image = decodeDataSketches(readVector('kll_sketch_float_one_item_v1.sk'), 'float');
    assertImageInvariants(image);
    expect(image).toMatchObject({ k: 200, minK: 200, n: 1, min: 1, max: 1 });
    expect([...image.items]).toEqual([1]);
    expect(encodeDataSketches(image, 'float')).toEqual(readVector('kll_float_n1_cpp.sk'));
  });
});

interface Kll1Facts {
  n: number;
  k: number;
  levels: number[];
  retained: number;
  quantiles: Record<string, number>;
  min: number | null;
  max: number | null;
}

describeWithVectors('KLL1 files', () => {
  const facts: Record<string, Kll1Facts> = JSON.parse(readVectorText('kll1_expected.json'));

  it('are all described', () =>
    expect(Object.keys(facts).sort()).toEqual(vectorNames(/^kll1_.*\.bin$/).sort()));

  describe.each(Object.entries(facts))('%s', (name, expected) => {
    const image = decodeKll1(readVector(name));

    it('is read to its n, k, bounds, item count and level sizes', () => {
      assertImageInvariants(image);
      expect([image.n, image.k, image.minK]).toEqual([expected.n, expected.k, expected.k]);
      expect([image.min, image.max]).toEqual([expected.min ?? Number.NaN, expected.max ?? Number.NaN]);
      expect([...image.sizes]).toEqual(expected.n === 0 ? [] : expected.levels);
      expect(image.items).toHaveLength(expected.retained);
    });

    it('gives the quantiles its writer gives, within the weight of one item', () => {
      const view = new ApacheSortedView(image);
      const slack = 2 ** (image.sizes.length - 1) / image.n;
      for (const [rank, value] of Object.entries(expected.quantiles)) {
        expect(image.items).toContain(value);
        expect(view.rank(value, false)).toBeLessThanOrEqual(Number(rank) + slack);
        expect(view.rank(value, true)).toBeGreaterThanOrEqual(Number(rank) - slack);
      }
      expect(
        Object.keys(expected.quantiles).length > 0 || expected.n === 0 || name.includes('weighted'),
      ).toBe(true);
    });
  });
});
