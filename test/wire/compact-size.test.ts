/** How small the compact image is: the figures that are promised, and never above the Apache image. */
import { describe, expect, it } from 'vitest';
import type { SketchImage } from '../../src/core/image.js';
import { KllSketch } from '../../src/index.js';
import { encodeCompact } from '../../src/wire/compact-encode.js';
import { ApacheCascade, randomCoin } from '../support/apache-cascade.js';
import { seededRandom } from '../support/prng.js';

/** Page latencies in tenths of a millisecond: lognormal, median 110 ms, 5 % above 450 ms. */
function latencies(n: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  return Float64Array.from({ length: n }, () => Math.round(Math.exp(4.7 + 0.85 * random.normal()) * 10) / 10);
}
const sketchOf = (values: Float64Array, seed: number) =>
  new KllSketch({ k: 200, seed, tails: 'none' }).extend(values).toImage();
const bare = (image: SketchImage) => encodeCompact(image, { state: false, sum: false }).length;
const withState = (image: SketchImage) => encodeCompact(image, { sum: false }).length;
/** 20 + 4 L + 8 (R + 2): docs/formats.md, Apache DataSketches. */
const apacheLength = ({ sizes, items }: SketchImage) => 20 + 4 * sizes.length + 8 * (items.length + 2);

describe('k = 200, latencies in tenths of a millisecond, no sum', () => {
  it.each([1, 2, 3, 4, 5])('n = 1000 fits in 300 bytes, 325 with its state (seed %d)', (seed) => {
    const image = sketchOf(latencies(1000, seed), seed);
    expect(bare(image)).toBeLessThanOrEqual(300);
    expect(withState(image)).toBeLessThanOrEqual(325);
  });

  it('any n up to 2e6 fits in 680 bytes, 720 with its state', () => {
    const values = latencies(2_000_000, 6);
    const sketch = new KllSketch({ k: 200, seed: 6, tails: 'none' });
    for (let n = 0; n < values.length; ) {
      const next = Math.min(values.length, Math.max(n + 500, Math.floor(n * 1.03)));
      sketch.extend(values.subarray(n, next));
      n = next;
      const image = sketch.toImage();
      expect(bare(image), `n = ${n}`).toBeLessThanOrEqual(680);
      expect(withState(image), `n = ${n}`).toBeLessThanOrEqual(720);
    }
  });

  it('as many items as the Apache cascade keeps fit too', () => {
    for (const [n, most] of [
      [1000, 310],
      [1_000_000, 600],
    ]) {
      const cascade = new ApacheCascade(200, randomCoin(7));
      cascade.updateAll(latencies(n, 7));
      const image = cascade.toImage();
      expect(image.items.length).toBeGreaterThan(300);
      expect(bare(image), `n = ${n}`).toBeLessThanOrEqual(most);
    }
  });
});

describe('full doubles, sum included', () => {
  it('take no more than the Apache image of the same levels, from n = 2 on', () => {
    const random = seededRandom(8);
    for (const n of [2, 3, 4, 5, 6, 7, 8, 10, 16, 30, 100, 199, 200, 201, 500, 1e3, 1e4, 1e5]) {
      const image = sketchOf(
        Float64Array.from({ length: n }, () => random.normal()),
        n,
      );
      expect(encodeCompact(image, { state: false }).length, `n = ${n}`).toBeLessThanOrEqual(
        apacheLength(image),
      );
    }
  });

  it('take at most four fifths of the Apache image at n = 1000', () => {
    const random = seededRandom(9);
    const image = sketchOf(
      Float64Array.from({ length: 1000 }, () => Math.exp(random.normal())),
      1,
    );
    expect(encodeCompact(image, { state: false }).length).toBeLessThanOrEqual(0.8 * apacheLength(image));
  });
});

it('rounding to 9 mantissa bits brings full doubles down to the size of tenths', () => {
  const random = seededRandom(10);
  const image = sketchOf(
    Float64Array.from({ length: 1e6 }, () => Math.exp(4.7 + 0.85 * random.normal())),
    1,
  );
  expect(encodeCompact(image, { state: false, precision: { bits: 9 } }).length).toBeLessThanOrEqual(600);
  expect(encodeCompact(image, { state: false, precision: { bits: 6 } }).length).toBeLessThanOrEqual(350);
});
