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
  /** v of each value. */
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

/** Values as multiples of a power of ten, or nothing where that would not give back every bit. `values[0]` is the least. */
export function toDecimal(values: Float64Array): Scaled | undefined {
  const m = new Float64Array(values.length);
  // The decimals that one value needs, all need: an exponent is never tried again for those that passed.
  let exponent = 0;
  let unit = 1;
  for (let i = 0; i < values.length; i++) {
    const x = values[i];
    let scaled = Math.round(x * unit);
    while (scaled / unit !== x || scaled >= EXACT || scaled <= -EXACT) {
      if (++exponent > 22) return undefined;
      unit = 10 ** exponent;
      scaled = Math.round(x * unit);
      if (!(Math.abs(scaled) < EXACT)) return undefined;
      // What came before has to be read again at the finer unit.
      for (let j = 0; j < i; j++) {
        m[j] = Math.round(values[j] * unit);
        if (m[j] / unit !== values[j] || !(Math.abs(m[j]) < EXACT)) return undefined;
      }
    }
    m[i] = scaled;
  }
  return step(DEC, exponent, m);
}

/** Values as multiples of a power of two. */
export function toBinary(values: Float64Array): Scaled | undefined {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  let lowest = 2098;
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) continue;
    const low = bits[2 * i];
    const high = bits[2 * i + 1];
    const biased = (high >>> 20) & 0x7ff;
    const mantissa = (high & 0xfffff) | (biased ? 0x100000 : 0);
    const zeros = low ? 31 - Math.clz32(low & -low) : 63 - Math.clz32(mantissa & -mantissa);
    lowest = Math.min(lowest, Math.max(biased, 1) - 1 + zeros);
    largest = Math.max(largest, biased);
    // 53 bits do not reach from the lowest to the highest.
    if (largest - 1 + 53 - lowest > 53 + 52) return undefined;
  }
  if (lowest === 2098) lowest = 1074;
  const [a, b] = powersOfTwo(1074 - lowest);
  const m = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    m[i] = values[i] * a * b;
    if (!(Math.abs(m[i]) < EXACT)) return undefined;
  }
  return step(BIN, lowest, m);
}

/** Divides out what all distances from the least value share. */
function step(codec: typeof DEC | typeof BIN, exponent: number, m: Float64Array): Scaled | undefined {
  const base = m[0];
  let common = 0;
  for (let i = 1; i < m.length && common !== 1; i++) {
    let a = m[i] - base;
    if (!(a < EXACT)) return undefined;
    while (a !== 0) {
      const rest = common % a;
      common = a;
      a = rest;
    }
  }
  common ||= 1;
  let span = 0;
  const v = m;
  for (let i = 0; i < v.length; i++) {
    v[i] = (v[i] - base) / common;
    if (v[i] > span) span = v[i];
  }
  return isExactRange(base, common, span) ? { codec, exponent, step: common, base, span, v } : undefined;
}

/** Whether |base| + span x step < 2^53, without overflow. */
export function isExactRange(base: number, step: number, span: number): boolean {
  return Math.abs(base) + span * step < EXACT && span < (EXACT - Math.abs(base)) / step;
}
