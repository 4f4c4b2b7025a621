/** Writing the compact image (docs/formats.md). */
import type { SketchImage } from '../core/image.js';
import { toFloatVariance } from '../core/variance.js';
import { BIN, DEC, lowBits, ORD, RAW, type Scaled, toBinary, toDecimal } from './codecs.js';
import { crc32c } from './crc32c.js';
import { ByteWriter } from './cursor.js';
import { BitWriter } from './interpolative.js';
import { type Ordered, toOrdered } from './ordered.js';
import { type Precision, precisionByte, rounding } from './precision.js';

export const MAGIC = 0xc7;
export const VERSION = 1;

/** Flags of the third byte. */
export const FLAG = { precision: 4, minK: 8, variance: 16, state: 32 } as const;

export interface EncodeOptions {
  precision?: Precision;
  /** Whether the state block is written, where the image has one. Default true; never with a precision. */
  state?: boolean;
  /** Whether the sum is written, where it is known. Default true. */
  sum?: boolean;
}

/** @throws SketchArgumentError ERR_ARGUMENT_RANGE for a precision outside its range */
export function encodeCompact(image: SketchImage, options: EncodeOptions = {}): Uint8Array {
  const precision = options.precision ? precisionByte(options.precision) : image.precision;
  // min, max, then the items: the order in which low bits are sent.
  const values = new Float64Array(image.items.length + 2);
  values[0] = image.min;
  values[1] = image.max;
  values.set(image.items, 2);
  if (options.precision) {
    const round = rounding(precision!);
    for (let i = 0; i < values.length; i++) values[i] = round(values[i]);
  }
  const levels = image.sizes.length;
  const state = options.state !== false && !options.precision && levels > 0 ? image.state : undefined;
  const withSum = options.sum !== false && !Number.isNaN(image.sum);
  const { codec, body } = levels ? encodeValues(values, image.sizes) : { codec: RAW, body: undefined };

  const to = new ByteWriter();
  to.u8(MAGIC);
  to.u8((VERSION << 4) | (withSum ? 2 : 0));
  to.u8(
    codec |
      (precision === undefined ? 0 : FLAG.precision) |
      (image.minK === image.k ? 0 : FLAG.minK) |
      (image.variance ? FLAG.variance : 0) |
      (state ? FLAG.state : 0) |
      (image.tailGuarantee << 6),
  );
  if (precision !== undefined) to.u8(precision);
  to.uv(image.k);
  if (image.minK !== image.k) to.uv(image.minK);
  if (image.variance) to.f32(toFloatVariance(image.variance));
  if (withSum) to.f64(image.sum);
  to.uv(levels);
  for (const size of image.sizes) to.uv(size);
  if (state) {
    to.u64(state.generator);
    to.u64(state.seed);
    to.u8(state.tails);
    to.u8(state.pendingOffset === undefined ? 0 : 1);
    if (state.pendingOffset !== undefined) to.u64(BigInt(state.pendingOffset));
    for (let level = 0; level < levels; level++) to.uv(state.compactions[level]);
  }
  if (body) to.raw(body);
  to.u32(crc32c(to.written));
  return to.written.slice();
}

/** Codec parameters and bit stream in the smallest codec that gives back every bit. Values: min, max, items. */
export function encodeValues(
  values: Float64Array,
  sizes: ArrayLike<number>,
): { codec: number; body: Uint8Array } {
  const rawLength = values.length * 8;
  let best: { codec: number; body: Uint8Array } | undefined;
  const offer = (codec: number, body: Uint8Array) => {
    if (body.length < (best?.body.length ?? rawLength)) best = { codec, body };
  };
  if (!values.some((x) => Object.is(x, -0))) {
    const isFinite =
      values[1] - values[0] === values[1] - values[0] &&
      Math.abs(values[0]) < Infinity &&
      Math.abs(values[1]) < Infinity;
    const decimal = isFinite ? toDecimal(values) : undefined;
    const binary = isFinite ? toBinary(values) : undefined;
    if (decimal) offer(DEC, scaledBody(decimal, sizes));
    // The same span costs the same bits, and decimals have the shorter header.
    if (binary && !(decimal && binary.span >= decimal.span)) offer(BIN, scaledBody(binary, sizes));
    const ordered = toOrdered(values);
    // With low words in use, a scaled codec below 2^30 is smaller whatever the values are.
    if (ordered.dropped > 31 || !best) offer(ORD, orderedBody(ordered, sizes));
  }
  return best ?? { codec: RAW, body: rawBody(values) };
}

function rawBody(values: Float64Array): Uint8Array {
  const to = new ByteWriter();
  for (const x of values) to.f64(x);
  return to.written.slice();
}

function scaledBody(scaled: Scaled, sizes: ArrayLike<number>): Uint8Array {
  const to = new ByteWriter();
  to.uv(scaled.exponent);
  to.uv(scaled.step);
  to.zigzag(scaled.base);
  to.uv(scaled.span);
  const { v } = scaled;
  const b = lowBits(scaled.span);
  const unit = 2 ** b;
  const h = new Uint32Array(v.length);
  for (let i = 0; i < v.length; i++) h[i] = b ? Math.floor(v[i] / unit) : v[i];
  const bits = new BitWriter();
  writeLevels(bits, h, sizes, Math.floor(scaled.span / unit));
  if (b) for (let i = 0; i < v.length; i++) bits.bits(v[i] - h[i] * unit, b);
  to.raw(bits.finish());
  return to.written.slice();
}

function orderedBody(ordered: Ordered, sizes: ArrayLike<number>): Uint8Array {
  const { dropped, split, base, span, high, low } = ordered;
  const to = new ByteWriter();
  to.uv(dropped);
  to.uv(split);
  to.uv(base);
  to.uv(span);
  const shift = dropped > 31 ? dropped - 32 : split;
  const bits = new BitWriter();
  writeLevels(
    bits,
    high.map((word) => (word >>> shift) - base),
    sizes,
    span,
  );
  if (dropped < 32) {
    for (let i = 0; i < high.length; i++) {
      bits.bits(low[i] >>> dropped, 32 - dropped);
      bits.bits(high[i] & ((1 << split) - 1), split);
    }
  }
  to.raw(bits.finish());
  return to.written.slice();
}

/** Levels of H, from the third on; the first two are the bounds of all. */
function writeLevels(bits: BitWriter, h: Uint32Array, sizes: ArrayLike<number>, top: number): void {
  let at = 2;
  for (let level = 0; level < sizes.length; level++) {
    bits.interpolate(h, at, at + sizes[level], 0, top);
    at += sizes[level];
  }
}
