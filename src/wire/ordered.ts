/** The ORD codec: the bits of doubles as unsigned 64-bit integers in the order of the doubles, as two words. */
import { SPAN_LIMIT, trailingZeros, wordsOf } from './codecs.js';

export interface Ordered {
  /** Zero bits at the end that all values share and that are not sent. */
  dropped: number;
  /** Bits of the high word that go with the low bits. */
  split: number;
  base: number;
  span: number;
  high: Uint32Array;
  low: Uint32Array;
}

/** Zero bits at the end that all values share: the same before and after they are put in order. */
export function sharedZeros(values: Float64Array): number {
  const words = wordsOf(values);
  let low = 0;
  let high = 0;
  for (let i = 0; i < words.length && !(low & 1); i += 2) {
    low |= words[i];
    high |= words[i + 1];
  }
  high &= 0x7fffffff;
  return low ? trailingZeros(low) : high ? 32 + trailingZeros(high) : 63;
}

/**
 * 2^63 + bits for x >= 0, 2^63 - magnitude below.
 * @param values min, max, items
 * @param zeros what `sharedZeros` found
 */
export function toOrdered(values: Float64Array, zeros: number): Ordered {
  const words = wordsOf(values);
  const high = new Uint32Array(values.length);
  const low = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const l = words[2 * i];
    const h = words[2 * i + 1];
    if (h >>> 31) {
      low[i] = -l;
      high[i] = 0x80000000 - (h & 0x7fffffff) - (l ? 1 : 0);
    } else {
      low[i] = l;
      high[i] = h | 0x80000000;
    }
  }
  const spanAt = (shift: number) => (high[1] >>> shift) - (high[0] >>> shift);
  const dropped = zeros > 31 && spanAt(zeros - 32) >= SPAN_LIMIT ? 31 : zeros;
  let shift = Math.max(0, dropped - 32);
  if (dropped < 32) while (spanAt(shift) >= SPAN_LIMIT) shift++;
  return {
    dropped,
    split: dropped < 32 ? shift : 0,
    base: high[0] >>> shift,
    span: spanAt(shift),
    high,
    low,
  };
}

/** Writes the words of the i-th double from its ordered pair of words. */
export function fromOrdered(high: number, low: number, words: Uint32Array, i: number): void {
  const isPositive = high >>> 31;
  words[2 * i] = isPositive ? low : -low;
  words[2 * i + 1] = isPositive ? high & 0x7fffffff : (0x80000000 - high - (low ? 1 : 0)) | 0x80000000;
}
