/** The ORD codec: the bits of doubles as unsigned 64-bit integers in the order of the doubles, as two words. */
import { SPAN_LIMIT } from './codecs.js';

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

/** 2^63 + bits for x >= 0, 2^63 - magnitude below. `values[0]` is the least, `values[1]` the greatest. */
export function toOrdered(values: Float64Array): Ordered {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const high = new Uint32Array(values.length);
  const low = new Uint32Array(values.length);
  let anyLow = 0;
  let anyHigh = 0;
  for (let i = 0; i < values.length; i++) {
    const l = bits[2 * i];
    const h = bits[2 * i + 1];
    if (h >>> 31) {
      low[i] = -l;
      high[i] = 0x80000000 - (h & 0x7fffffff) - (l ? 1 : 0);
    } else {
      low[i] = l;
      high[i] = h | 0x80000000;
    }
    anyLow |= low[i];
    anyHigh |= high[i];
  }
  let dropped = anyLow ? zeros(anyLow) : anyHigh ? 32 + zeros(anyHigh) : 63;
  let split = 0;
  const spanAt = (shift: number) => (high[1] >>> shift) - (high[0] >>> shift);
  if (dropped > 31 && spanAt(dropped - 32) >= SPAN_LIMIT) dropped = 31;
  if (dropped < 32) while (spanAt(split) >= SPAN_LIMIT) split++;
  const shift = dropped > 31 ? dropped - 32 : split;
  return { dropped, split, base: high[0] >>> shift, span: spanAt(shift), high, low };
}

function zeros(x: number): number {
  return 31 - Math.clz32(x & -x);
}

/** The double of an ordered pair of words. */
export function fromOrdered(high: number, low: number, words: Uint32Array, f64: Float64Array): number {
  if (high >>> 31) {
    words[0] = low;
    words[1] = high & 0x7fffffff;
  } else {
    words[0] = -low;
    words[1] = (0x80000000 - high - (low ? 1 : 0)) | 0x80000000;
  }
  return f64[0];
}
