/** Writing values: the codec that gives back every bit in the fewest bytes, its parameters and its bit stream. */
import { DEC, lowBits, ORD, RAW, type Scaled, toBinary, toDecimal } from './codecs.js';
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

/** The smallest of the codecs that reproduce every bit: of two that take the same, RAW, then the lower number. */
export function encodeValues(values: Float64Array, sizes: ArrayLike<number>): EncodedValues {
  const [min, max] = values;
  let best: EncodedValues | undefined;
  let length = values.length * 8;
  const offer = (codec: number, to: ByteWriter, b: number, write: (bits: BitWriter) => void) => {
    // The low bits alone may be too many.
    if (to.length + (values.length * b) / 8 >= length) return;
    const bits = new BitWriter(to);
    write(bits);
    bits.finish();
    if (to.length >= length) return;
    length = to.length;
    best = { codec, body: to.bytes };
  };
  const offerScaled = (scaled: Scaled | undefined) => {
    if (!scaled) return;
    const b = lowBits(scaled.span);
    offer(scaled.codec, parameters(scaled), b, (bits) => writeScaled(bits, scaled, b, sizes));
  };

  // Only RAW keeps a -0.
  if (!(min <= 0 && values.some((x) => x === 0 && 1 / x < 0))) {
    if (min > -Infinity && max < Infinity) {
      const decimal = toDecimal(values);
      const binary = toBinary(values);
      // The same integers take the same bits: only the parameters differ then.
      if (decimal && binary?.v.every((v, i) => v === decimal.v[i])) {
        offerScaled(parameters(binary).length < parameters(decimal).length ? binary : decimal);
      } else {
        offerScaled(decimal);
        offerScaled(binary);
      }
    }
    const zeros = sharedZeros(values);
    if ((values.length * (32 - zeros)) / 8 < length) {
      const ordered = toOrdered(values, zeros);
      const { dropped, split, base, span } = ordered;
      const to = new ByteWriter();
      to.uv(dropped);
      to.uv(split);
      to.uv(base);
      to.uv(span);
      const b = Math.max(0, 32 - dropped + split);
      offer(ORD, to, b, (bits) => writeOrdered(bits, ordered, sizes));
    }
  }
  return best ?? rawValues(values);
}

/** The smaller of RAW and DEC, of finite values without a -0: all that plain values in a batch may be. */
export function encodeDecimal(values: Float64Array, sizes: ArrayLike<number>): EncodedValues {
  const scaled = toDecimal(values);
  if (scaled) {
    const to = parameters(scaled);
    const bits = new BitWriter(to);
    writeScaled(bits, scaled, lowBits(scaled.span), sizes);
    bits.finish();
    if (to.length < values.length * 8) return { codec: DEC, body: to.bytes };
  }
  return rawValues(values);
}

function rawValues(values: Float64Array): EncodedValues {
  const to = new ByteWriter();
  for (const x of values) to.f64(x);
  return { codec: RAW, body: to.bytes };
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
  for (let i = 0; i < v.length; i++) h[i] = Math.floor(v[i] / unit);
  writeLevels(bits, h, sizes, Math.floor(span / unit));
  if (b) for (let i = 0; i < v.length; i++) bits.bits(v[i] - h[i] * unit, b);
}

function writeOrdered(bits: BitWriter, ordered: Ordered, sizes: ArrayLike<number>): void {
  const { dropped, split, base, span, high, low } = ordered;
  const shift = dropped > 31 ? dropped - 32 : split;
  writeLevels(
    bits,
    high.map((word) => (word >>> shift) - base),
    sizes,
    span,
  );
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
