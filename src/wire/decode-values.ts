/** Reading values: codec parameters and bit stream, every bound before its use. */
import { DEC, EXACT, isExactRange, lowBits, ORD, RAW, SPAN_LIMIT, unscale, wordsOf } from './codecs.js';
import type { ByteReader } from './cursor.js';
import { BitReader } from './interpolative.js';
import { fromOrdered } from './ordered.js';

/**
 * Codec parameters and bit stream to values; the reader stands behind them then.
 * @param length items to come, min and max counted
 * @param sizes items of each level
 * @returns min, max, then the items; that they ascend is not checked yet
 * @throws SketchDataError
 */
export function decodeValues(
  from: ByteReader,
  codec: number,
  length: number,
  sizes: ArrayLike<number>,
): Float64Array {
  if (codec === ORD) return readOrdered(from, length, sizes);
  if (codec !== RAW) return readScaled(from, codec, length, sizes);
  // All must be there before any is made room for.
  from.at = from.skip(length * 8);
  return new Float64Array(length).map(() => from.f64());
}

function readScaled(from: ByteReader, codec: number, length: number, sizes: ArrayLike<number>): Float64Array {
  const exponent = from.uv(codec === DEC ? 22 : 2097, 'exponent');
  const step = from.uv(EXACT, 'step', 1);
  const base = from.zigzag('base');
  const span = from.uv(EXACT - 1, 'span');
  const value = unscale(codec, exponent);
  const ends = [base, base + step * span].map(value);
  if (!isExactRange(base, step, span) || !ends.every(Number.isFinite)) {
    from.fail('ERR_CODEC', `beyond 2^53 or the largest double: ${ends}`);
  }
  const b = lowBits(span);
  const unit = 2 ** b;
  const top = Math.floor(span / unit);
  const bits = new BitReader(from);
  const values = new Float64Array(length);
  const h = readLevels(bits, values, sizes, top);
  for (let i = 0; i < length; i++) {
    const v = b ? h[i] * unit + bits.bits(b) : h[i];
    if (v > span) from.fail('ERR_CODEC', `a value beyond the span, ${v} > ${span}`);
    values[i] = value(base + step * v);
  }
  bits.finish();
  return values;
}

function readOrdered(from: ByteReader, length: number, sizes: ArrayLike<number>): Float64Array {
  const dropped = from.uv(63, 'dropped bits');
  const split = from.uv(dropped > 31 ? 0 : 2, 'split bits');
  const base = from.uv(0xffffffff, 'base');
  const span = from.uv(SPAN_LIMIT - 1, 'span');
  const shift = dropped > 31 ? dropped - 32 : split;
  // Of a base of 0 only what is not a number, or -0, would come.
  if (base === 0 || (base + span) * 2 ** shift > 0xffffffff) {
    from.fail('ERR_CODEC', `base ${base} and span ${span}: not those of doubles`);
  }
  const bits = new BitReader(from);
  const values = new Float64Array(length);
  const h = readLevels(bits, values, sizes, span);
  const words = wordsOf(values);
  const [highUnit, lowUnit] = [2 ** shift, 2 ** dropped];
  for (let i = 0; i < length; i++) {
    let low = 0;
    let high = (h[i] + base) * highUnit;
    if (dropped < 32) {
      low = bits.bits(32 - dropped) * lowUnit;
      high += bits.bits(split);
    }
    fromOrdered(high, low, words, i);
  }
  bits.finish();
  return values;
}

/** H of min, max and all items, in the second half of the room for the values: they overtake it at the last one. */
function readLevels(
  bits: BitReader,
  values: Float64Array,
  sizes: ArrayLike<number>,
  top: number,
): Uint32Array {
  const h = new Uint32Array(values.buffer, values.length * 4);
  h[1] = top;
  let at = 2;
  for (let level = 0; level < sizes.length; level++) {
    bits.interpolate(h, at, at + sizes[level], 0, top);
    at += sizes[level];
  }
  return h;
}
