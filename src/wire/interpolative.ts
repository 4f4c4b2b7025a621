/**
 * Binary interpolative coding (Moffat, Stuiver 2000) of ascending integers below 2^30, and the bit stream it is
 * written to, least significant bit first. The middle item is coded within its bounds, then both halves within theirs.
 */
import type { ByteReader, ByteWriter } from './cursor.js';

export class BitWriter {
  #held = 0;
  #count = 0;
  /** @param to where the stream goes, byte by byte as bytes are full */
  constructor(readonly to: ByteWriter) {}

  /** The `width` (0..32) low bits of x. */
  bits(x: number, width: number): void {
    if (width > 24) {
      this.bits(x & 0xffffff, 24);
      x >>>= 24;
      width -= 24;
    }
    this.#held |= x << this.#count;
    for (this.#count += width; this.#count >= 8; this.#count -= 8) {
      this.to.u8(this.#held);
      this.#held >>>= 8;
    }
  }

  /** Fills the last byte with zeros. */
  finish(): void {
    if (this.#count) this.bits(0, 8 - this.#count);
  }

  /** Items i..j-1 of `h`, all within lo..hi, in the centred minimal binary code: the middle values take a bit less. */
  interpolate(h: Uint32Array, i: number, j: number, lo: number, hi: number): void {
    while (i < j && lo < hi) {
      const m = (i + j) >> 1;
      const N = hi - lo + 1;
      const w = 31 - Math.clz32(N - 1);
      const short = (2 << w) - N;
      const x = h[m];
      let r = x - lo - ((N - short) >> 1);
      if (r < 0) r += N;
      if (r < short) {
        this.bits(r, w);
      } else {
        r += short;
        this.bits((r >> 1) | ((r & 1) << w), w + 1);
      }
      this.interpolate(h, i, m, lo, x);
      i = m + 1;
      lo = x;
    }
  }
}

export class BitReader {
  readonly #view: DataView;
  /** Bits of the stream that were read. */
  #at = 0;
  /** Bits that there are, and one: a code is read with the bit behind it, and `finish` sees whether it was there. */
  readonly #end: number;
  /** @param from where the stream begins; `finish` moves it behind the last byte that was needed */
  constructor(readonly from: ByteReader) {
    this.#view = new DataView(from.bytes.buffer, from.bytes.byteOffset + from.at);
    this.#end = (from.end - from.at) * 8 + 1;
  }

  /** The next `width` (0..32) bits: a load of four bytes, seldom one more, for a checksum of four follows every stream. */
  bits(width: number): number {
    const at = this.#at;
    const [byte, shift] = [at >> 3, at & 7];
    this.#at += width;
    // Another byte than there is, so that the reader says what is missing.
    if (this.#at > this.#end) this.from.skip((this.#at + 7) >> 3);
    let x = this.#view.getUint32(byte, true) >>> shift;
    if (shift + width > 32) x |= this.#view.getUint8(byte + 4) << (32 - shift);
    return width < 32 ? x & ((1 << width) - 1) : x >>> 0;
  }

  /** Checks that only zero bits are left of the last byte. */
  finish(): void {
    const { from } = this;
    const isZero = this.bits(-this.#at & 7) === 0;
    from.at += this.#at >> 3;
    if (!isZero) from.fail('ERR_PADDING', 'expected zero bits at the end');
  }

  /** What `BitWriter.interpolate` wrote. What a bit says no processor foresees: nothing branches on one. */
  interpolate(h: Uint32Array, i: number, j: number, lo: number, hi: number): void {
    while (i < j) {
      const m = (i + j) >> 1;
      const N = hi - lo + 1;
      if (N < 2) {
        h.fill(lo, i, j);
        return;
      }
      const w = 31 - Math.clz32(N - 1);
      const short = (2 << w) - N;
      const x = this.bits(w + 1);
      let r = x & ((1 << w) - 1);
      // -1 where the last bit belongs to it, 0 where it is the next one's.
      const long = (short - 1 - r) >> 31;
      this.#at += ~long;
      r += ((x >> w) + r - short) & long;
      r += (N - short) >> 1;
      r -= N & ((N - 1 - r) >> 31);
      h[m] = lo + r;
      if (i < m) this.interpolate(h, i, m, lo, lo + r);
      i = m + 1;
      lo += r;
    }
  }
}
