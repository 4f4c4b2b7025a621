/** Rounding before encoding: lossy, monotone, idempotent; it commutes with the sketch. */
import { SketchArgumentError } from '../core/errors.js';
import type { SketchImage } from '../core/image.js';
import { nearestScaled } from './codecs.js';

/** Either `bits`: mantissa bits to keep, 1..51 (relative error at most 2^-(bits + 1)); or `decimals`: decimals to keep, 0..22. */
export type Precision = { bits: number; decimals?: undefined } | { decimals: number; bits?: undefined };

/** @throws SketchArgumentError ERR_ARGUMENT_RANGE */
export function precisionByte(precision: Precision): number {
  const { bits, decimals } = (precision ?? {}) as {
    bits?: number | undefined;
    decimals?: number | undefined;
  };
  if (Number.isInteger(bits) && bits! >= 1 && bits! <= 51 && decimals === undefined) return bits!;
  if (Number.isInteger(decimals) && decimals! >= 0 && decimals! <= 22 && bits === undefined)
    return 0x80 + decimals!;
  throw new SketchArgumentError(
    'ERR_ARGUMENT_RANGE',
    'precision',
    '{ bits: 1..51 } or { decimals: 0..22 }',
    bits ?? decimals ?? precision,
  );
}

/**
 * A rounded copy: min, max and items; n, sum and variance stay, and there is no state any more.
 * @throws SketchArgumentError ERR_ARGUMENT_RANGE
 */
export function roundImage(image: SketchImage, precision: Precision): SketchImage {
  const byte = precisionByte(precision);
  const round = rounding(byte);
  const { state: _, ...rest } = image;
  return {
    ...rest,
    min: round(rest.min),
    max: round(rest.max),
    items: rest.items.map(round),
    precision: byte,
  };
}

/** The rounding that a precision byte stands for. */
export function rounding(byte: number): (x: number) => number {
  return byte < 0x80 ? toBits(byte) : toDecimals(byte - 0x80);
}

function toDecimals(decimals: number): (x: number) => number {
  const unit = 10 ** decimals;
  return (x) => (Math.abs(x * unit) < 2 ** 52 ? nearestScaled(x, unit) / unit + 0 : x);
}

function toBits(bits: number): (x: number) => number {
  const f64 = new Float64Array(1);
  const u64 = new BigUint64Array(f64.buffer);
  const dropped = BigInt(52 - bits);
  const half = 1n << (dropped - 1n);
  return (x) => {
    // Below the normal range bits are an absolute unit, and infinities have none: both stay.
    if (Math.abs(x) < 2 ** -1022 || !Number.isFinite(x)) return x;
    f64[0] = x;
    const exact = u64[0];
    u64[0] = ((exact + half) >> dropped) << dropped;
    // What would overflow becomes the largest double of this precision.
    if (!Number.isFinite(f64[0])) u64[0] = (exact >> dropped) << dropped;
    return f64[0];
  };
}
