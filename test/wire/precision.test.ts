/** Rounding for the compact image: how near, how far it goes, and that it keeps order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SketchArgumentError } from '../../src/core/errors.js';
import { KllSketch } from '../../src/index.js';
import { decodeCompact } from '../../src/wire/compact-decode.js';
import { encodeCompact } from '../../src/wire/compact-encode.js';
import { precisionByte, roundImage, rounding } from '../../src/wire/precision.js';
import { seededRandom } from '../support/prng.js';

const toBits = (bits: number) => rounding(precisionByte({ bits }));
const toDecimals = (decimals: number) => rounding(precisionByte({ decimals }));
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const bits = fc.integer({ min: 1, max: 51 });
const decimals = fc.integer({ min: 0, max: 22 });
const either = fc.oneof(
  bits,
  decimals.map((e) => 0x80 + e),
);

/** The double that is `steps` doubles above x. */
function nextUp(x: number, steps: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(x < 0 ? -steps : steps));
  return view.getFloat64(0);
}

describe('rounding', () => {
  it('is idempotent and keeps order, for any two doubles', () => {
    fc.assert(
      fc.property(either, finite, finite, (byte, a, b) => {
        const round = rounding(byte);
        const [x, y] = a <= b ? [a, b] : [b, a];
        expect(round(round(x))).toBe(round(x));
        expect(round(x)).toBeLessThanOrEqual(round(y));
      }),
      { numRuns: 5000, seed: 1 },
    );
  });

  it('is idempotent and keeps order where decimals end, around |x| 10^e = 2^51 to 2^53, and between neighbours', () => {
    const random = seededRandom(2);
    for (let i = 0; i < 100_000; i++) {
      const e = random.below(23);
      const round = toDecimals(e);
      const near = random.below(2) ? 2 ** (51 + 2 * random.next()) : 2 ** 52 - random.below(8) / 2;
      const x = ((random.below(2) ? 1 : -1) * near) / 10 ** e;
      const y = nextUp(x, 1 + random.below(3));
      if (round(round(x)) !== round(x)) expect.fail(`not idempotent: ${x} to ${e} decimals`);
      if (Math.sign(y - x) * (round(y) - round(x)) < 0) expect.fail(`order: ${x}, ${y} to ${e} decimals`);
    }
  });

  it('to bits errs by at most 2^-(bits + 1) of the value', () => {
    fc.assert(
      fc.property(bits, finite, (p, x) => {
        const rounded = toBits(p)(x);
        // At the top there is nothing above to round to.
        if (Math.abs(x) < Number.MAX_VALUE / 4) {
          expect(Math.abs(rounded - x)).toBeLessThanOrEqual(Math.abs(x) * 2 ** -(p + 1));
        }
        expect(Number.isFinite(rounded)).toBe(true);
      }),
      { numRuns: 3000, seed: 3 },
    );
  });

  it('to bits: known answers', () => {
    expect([1, 1.24, 1.25, 1.26, 1.5, 1.75, 3.1, -1.25, -1.24].map(toBits(1))).toEqual([
      1, 1, 1.5, 1.5, 1.5, 2, 3, -1.5, -1,
    ]);
    expect([Math.PI, -Math.E, 1000, 1023].map(toBits(9))).toEqual([3.140625, -2.71875, 1000, 1023]);
    expect(toBits(51)(1 + 2 ** -52)).toBe(1 + 2 ** -51);
    // The largest double of that precision, subnormal numbers and zeros stay.
    expect(toBits(2)(Number.MAX_VALUE)).toBe(1.75 * 2 ** 1023);
    expect(toBits(2)(-Number.MAX_VALUE)).toBe(-1.75 * 2 ** 1023);
    expect(toBits(2)(7 * 2 ** -1074)).toBe(7 * 2 ** -1074);
    expect(toBits(2)(0)).toBe(0);
    expect(toBits(2)(Infinity)).toBe(Infinity);
  });

  it('to decimals: known answers', () => {
    expect([0.05, 0.15, 12.34, -12.34, -0.04, 1e300, 99.95].map(toDecimals(1))).toEqual([
      0.1, 0.2, 12.3, -12.3, 0, 1e300, 100,
    ]);
    expect([0.4, 2.5, 2 ** 52 + 1, -(2 ** 60)].map(toDecimals(0))).toEqual([0, 3, 2 ** 52 + 1, -(2 ** 60)]);
    expect(toDecimals(22)(1.23456789e-15)).toBe(1.2345679e-15);
    expect(toDecimals(3)(Infinity)).toBe(Infinity);
    // The float noise of differences of performance.now().
    expect(toDecimals(1)(1033.7000000001863 - 1000.3999999999069)).toBe(33.3);
    expect(Object.is(toDecimals(1)(-0.01), 0)).toBe(true);
  });

  it('refuses what is no precision', () => {
    const wrong = [
      { bits: 0 },
      { bits: 52 },
      { bits: 1.5 },
      { bits: '9' },
      { decimals: -1 },
      { decimals: 23 },
      { decimals: Number.NaN },
      { bits: 9, decimals: 1 },
      {},
      9,
    ];
    for (const precision of wrong) {
      expect(() => precisionByte(precision as never), JSON.stringify(precision)).toThrow(SketchArgumentError);
    }
  });
});

describe('a rounded image', () => {
  const random = seededRandom(4);
  const values = Float64Array.from({ length: 20_000 }, () => Math.exp(3 * random.normal()));
  const image = new KllSketch({ k: 200, seed: 5 }).extend(values).toImage();

  it.each([
    { bits: 1 },
    { bits: 6 },
    { bits: 51 },
    { decimals: 0 },
    { decimals: 3 },
    { decimals: 22 },
  ])('to %o is that of the rounded items, and says so', (precision) => {
    const byte = precisionByte(precision);
    const round = rounding(byte);
    const decoded = decodeCompact(encodeCompact(image, { precision }));
    const { state, ...rest } = image;
    expect(decoded).toEqual({
      ...rest,
      precision: byte,
      variance: decoded.variance,
      items: image.items.map(round),
      min: round(image.min),
      max: round(image.max),
    });
    expect(state).toBeDefined();
    expect(encodeCompact(roundImage(image, precision))).toEqual(encodeCompact(image, { precision }));
    // Once rounded, rounding again changes nothing.
    expect(encodeCompact(decoded, { precision })).toEqual(encodeCompact(decoded));
  });

  it('leaves the image it was made from as it was', () => {
    const before = image.items.slice();
    encodeCompact(image, { precision: { bits: 1 } });
    expect(image.items).toEqual(before);
    expect(image.precision).toBeUndefined();
  });
});

it('a number whose decimals a double cannot tell apart stays', () => {
  const x = 460_000_000_000_000 + 1 / 16;
  expect(rounding(0x81)(x)).toBe(x);
});
