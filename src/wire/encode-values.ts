/** Writing values: the codec that gives back every bit in the fewest bytes, its parameters and its bit stream. */
import { lowBits, ORD, RAW, type Scaled, toBinary, toDecimal } from './codecs.js';
import { ByteWriter } from './cursor.js';
import { BitWriter } from './interpolative.js';
import { type Ordered, sharedZeros, toOrdered } from './ordered.js';

export interface EncodedValues {
  codec: number;
  /** Parameters and bit stream. */
  body: readonly number[];
}

/** How values become a codec and its bytes: min, max, then the items, level 0 first, each level ascending. */
export type ValuesEncoder = (values: Float64Array, sizes: ArrayLike<number>) => EncodedValues;

/** The smallest of what is offered: of two that take the same, RAW, then the one offered first. */
class Smallest {
  length: number;
  #best: EncodedValues | undefined;

  constructor(
    readonly values: Float64Array,
    readonly sizes: ArrayLike<number>,
  ) {
    this.length = values.length * 8;
  }

  offer(codec: number, to: ByteWriter, b: number, write: (bits: BitWriter) => void): void {
    // The low bits alone may be too many.
    if (to.length + (this.values.length * b) / 8 >= this.length) return;
    const bits = new BitWriter(to);
    write(bits);
    bits.finish();
    if (to.length >= this.length) return;
    this.length = to.length;
    this.#best = { codec, body: to.bytes };
  }

  offerScaled(scaled: Scaled | undefined): void {
    if (!scaled) return;
    const b = lowBits(scaled.span);
    this.offer(scaled.codec, parameters(scaled), b, (bits) => writeScaled(bits, scaled, b, this.sizes));
  }

  get best(): EncodedValues {
    return this.#best ?? { codec: RAW, body: rawBody(this.values) };
  }
}

/** Only RAW keeps a -0. */
function hasNegativeZero(values: Float64Array): boolean {
  return values[0] <= 0 && values.some((x) => x === 0 && 1 / x < 0);
}

function hasFiniteBounds([min, max]: Float64Array): boolean {
  return min > -Infinity && max < Infinity;
}

/** The smaller of RAW and DEC, of which every bit comes back: all that values in a batch may be. */
export function encodeDecimal(values: Float64Array, sizes: ArrayLike<number>): EncodedValues {
  const smallest = new Smallest(values, sizes);
  if (!hasNegativeZero(values) && hasFiniteBounds(values)) smallest.offerScaled(toDecimal(values));
  return smallest.best;
}

/** The smallest of all codecs that reproduce every bit. */
export function encodeValues(values: Float64Array, sizes: ArrayLike<number>): EncodedValues {
  const smallest = new Smallest(values, sizes);
  if (hasNegativeZero(values)) return smallest.best;
  if (hasFiniteBounds(values)) {
    const decimal = toDecimal(values);
    const binary = toBinary(values);
    // The same integers take the same bits: only the parameters differ then.
    if (decimal && binary?.v.every((v, i) => v === decimal.v[i])) {
      smallest.offerScaled(parameters(binary).length < parameters(decimal).length ? binary : decimal);
    } else {
      smallest.offerScaled(decimal);
      smallest.offerScaled(binary);
    }
  }
  const zeros = sharedZeros(values);
  if ((values.length * (32 - zeros)) / 8 < smallest.length) {
    const ordered = toOrdered(values, zeros);
    const { dropped, split, base, span } = ordered;
    const to = new ByteWriter();
    to.uv(dropped);
    to.uv(split);
    to.uv(base);
    to.uv(span);
    const b = Math.max(0, 32 - dropped + split);
    smallest.offer(ORD, to, b, (bits) => writeOrdered(bits, ordered, sizes));
  }
  return smallest.best;
}

function rawBody(values: Float64Array): number[] {
  const to = new ByteWriter();
  for (const x of values) to.f64(x);
  return to.bytes;
}

function parameters({ exponent, step, base, span }: Scaled): ByteWriter {
  const to = new ByteWriter();
  to.uv(exponent);
  to.uv(step);
  to.zigzag(base);
  to.uv(span);
  return to;
}

function writeScaled(bits: BitWriter, { v, span }: Scaled, b: number, sizes: ArrayLike<number>): void {
  const unit = 2 ** b;
  const h = new Uint32Array(v.length);
  for (let i = 0; i < v.length; i++) h[i] = b ? Math.floor(v[i] / unit) : v[i];
  writeLevels(bits, h, sizes, Math.floor(span / unit));
  if (b) for (let i = 0; i < v.length; i++) bits.bits(v[i] - h[i] * unit, b);
}

function writeOrdered(bits: BitWriter, ordered: Ordered, sizes: ArrayLike<number>): void {
  const { dropped, split, base, span, high, low } = ordered;
  const shift = dropped > 31 ? dropped - 32 : split;
  const h = high.map((word) => (word >>> shift) - base);
  writeLevels(bits, h, sizes, span);
  if (dropped > 31) return;
  for (let i = 0; i < high.length; i++) {
    bits.bits(low[i] >>> dropped, 32 - dropped);
    bits.bits(high[i] & ((1 << split) - 1), split);
  }
}

/** Levels of H, from the third on; the first two are the bounds of all. */
function writeLevels(bits: BitWriter, h: Uint32Array, sizes: ArrayLike<number>, top: number): void {
  let at = 2;
  for (let level = 0; level < sizes.length; level++) {
    bits.interpolate(h, at, at + sizes[level], 0, top);
    at += sizes[level];
  }
}
