/**
 * The codecs of the compact image: how doubles become integers. A scaled codec (DEC, BIN) finds the common step of
 * the values; ORD takes the ordered bits of the doubles; RAW keeps them.
 */

export const RAW = 0;
export const DEC = 1;
export const BIN = 2;
export const ORD = 3;

/** H, the integers that are coded with interpolation, stays below this. */
export const SPAN_LIMIT = 2 ** 30;
/** Scaled integers stay below this in magnitude. */
export const EXACT = 2 ** 53;

/** value = (base + step v) x unit, v in 0..span. */
export interface Scaled {
  codec: typeof DEC | typeof BIN;
  /** Decimals (DEC), or the power of two above 2^-1074 (BIN). */
  exponent: number;
  step: number;
  base: number;
  span: number;
  /** v of each value: min, max, items. */
  v: Float64Array;
}

/** v splits into H x 2^b + low: the smallest b that brings H below 2^30. */
export function lowBits(span: number): number {
  let b = 0;
  while (Math.floor(span / 2 ** b) >= SPAN_LIMIT) b++;
  return b;
}

/** The value of a scaled integer. */
export function unscale(codec: number, exponent: number): (m: number) => number {
  if (codec === DEC) {
    const unit = 10 ** exponent;
    return (m) => m / unit;
  }
  // 2^(exponent - 1074) may lie outside the doubles where the product does not: two factors.
  const [a, b] = powersOfTwo(exponent - 1074);
  return (m) => m * a * b;
}

/** Two doubles whose product is 2^e; multiplying by one after the other rounds nothing that the result can hold. */
function powersOfTwo(e: number): [number, number] {
  const half = Math.max(-1022, Math.min(1023, e));
  return [2 ** half, 2 ** (e - half)];
}

/**
 * The words of doubles: the low one of the i-th at 2i, the high one at 2i + 1. Hosts that begin with the high bytes are not served:
 * the kernel's memory, read through arrays, begins with the low ones.
 */
export function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** Zero bits at the end of a word that is not 0. */
export function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** The integer m with m / unit = x where there is one, |m| < 2^53; otherwise the nearest to x unit. */
export function nearestScaled(x: number, unit: number): number {
  const m = Math.round(x * unit);
  // From 2^51 on the product may be off by one.
  if (m / unit === x || Math.abs(m) < 2 ** 51) return m;
  return (m - 1) / unit === x ? m - 1 : (m + 1) / unit === x ? m + 1 : m;
}

/** Values as multiples of a power of ten, or nothing where that would not give back every bit. Values: min, max, items. */
export function toDecimal(values: Float64Array): Scaled | undefined {
  const m = new Float64Array(values.length);
  // The decimals that one value needs, all need: an exponent is never tried again for those that passed.
  let exponent = 0;
  let unit = 1;
  for (let i = 0; i < values.length; i++) {
    const x = values[i];
    while ((m[i] = nearestScaled(x, unit)) / unit !== x) {
      if (!(Math.abs(x * unit) < EXACT) || ++exponent > 22) return undefined;
      unit = 10 ** exponent;
      // What came before has to be read again at the finer unit.
      for (let j = 0; j < i; j++) m[j] = nearestScaled(values[j], unit);
    }
  }
  return step(DEC, exponent, m);
}

/** Values as multiples of a power of two. */
export function toBinary(values: Float64Array): Scaled | undefined {
  const words = wordsOf(values);
  let lowest = 2098;
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) continue;
    const low = words[2 * i];
    const high = words[2 * i + 1];
    const biased = (high >>> 20) & 0x7ff;
    const zeros = low ? trailingZeros(low) : 32 + trailingZeros((high & 0xfffff) | (biased ? 0x100000 : 0));
    lowest = Math.min(lowest, Math.max(biased, 1) - 1 + zeros);
    largest = Math.max(largest, biased);
    // Multiples of 2^(lowest - 1074) below 2^53 reach no further.
    if (largest - 1 > lowest) return undefined;
  }
  if (lowest === 2098) lowest = 1074;
  const [a, b] = powersOfTwo(1074 - lowest);
  return step(
    BIN,
    lowest,
    values.map((x) => x * a * b),
  );
}

/** Divides out what all distances from the least value share. */
function step(codec: typeof DEC | typeof BIN, exponent: number, m: Float64Array): Scaled | undefined {
  const base = m[0];
  // The greatest is the second: where it passes, all distances are exact.
  if (!isExactRange(base, 1, m[1] - base)) return undefined;
  let common = 0;
  for (let i = 1; i < m.length && common !== 1; i++) {
    for (let a = m[i] - base; a !== 0; ) {
      const rest = common % a;
      common = a;
      a = rest;
    }
  }
  common ||= 1;
  for (let i = 0; i < m.length; i++) m[i] = (m[i] - base) / common;
  return { codec, exponent, step: common, base, span: m[1], v: m };
}

/** Whether |base| + span x step < 2^53. Rounding never brings a sum that is not below 2^53 below it. */
export function isExactRange(base: number, step: number, span: number): boolean {
  return Math.abs(base) + span * step < EXACT;
}
