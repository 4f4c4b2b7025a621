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

  /** Items i..j-1 of `h`, all within lo..hi. */
  interpolate(h: Uint32Array, i: number, j: number, lo: number, hi: number): void {
    while (i < j && lo < hi) {
      const m = (i + j) >> 1;
      this.#centred(h[m] - lo, hi - lo + 1);
      this.interpolate(h, i, m, lo, h[m]);
      i = m + 1;
      lo = h[m];
    }
  }

  /** x of 0..N-1 in the centred minimal binary code: the middle values take a bit less. */
  #centred(x: number, N: number): void {
    const w = 32 - Math.clz32(N - 1);
    const short = (1 << w) - N;
    let r = x - ((N - short) >> 1);
    if (r < 0) r += N;
    if (r < short) {
      this.bits(r, w - 1);
    } else {
      r += short;
      this.bits((r >> 1) | ((r & 1) << (w - 1)), w);
    }
  }
}

export class BitReader {
  readonly #view: DataView;
  /** Bits of the stream that were read, and that there are. */
  #at = 0;
  readonly #end: number;
  /** @param from where the stream begins; `finish` moves it behind the last byte that was needed */
  constructor(readonly from: ByteReader) {
    this.#view = new DataView(from.bytes.buffer, from.bytes.byteOffset + from.at);
    this.#end = (from.end - from.at) * 8;
  }

  /** The next `width` (0..32) bits: a load of four bytes and of one, for a checksum of four follows every stream. */
  bits(width: number): number {
    const at = this.#at;
    const [byte, shift] = [at >> 3, at & 7];
    this.#at += width;
    // Another byte than there is, so that the reader says what is missing.
    if (this.#at > this.#end) this.from.skip((this.#at + 7) >> 3);
    if (!width) return 0;
    const x =
      (this.#view.getUint32(byte, true) >>> shift) | ((this.#view.getUint8(byte + 4) << (31 - shift)) << 1);
    return width < 32 ? x & ((1 << width) - 1) : x >>> 0;
  }

  /** Checks that only zero bits are left of the last byte. */
  finish(): void {
    const { from } = this;
    const isZero = this.bits(-this.#at & 7) === 0;
    from.at += this.#at >> 3;
    if (!isZero) from.fail('ERR_PADDING', 'expected zero bits at the end of the stream');
  }

  interpolate(h: Uint32Array, i: number, j: number, lo: number, hi: number): void {
    while (i < j) {
      if (lo === hi) {
        h.fill(lo, i, j);
        return;
      }
      const m = (i + j) >> 1;
      const x = lo + this.#centred(hi - lo + 1);
      h[m] = x;
      if (i < m) this.interpolate(h, i, m, lo, x);
      i = m + 1;
      lo = x;
    }
  }

  #centred(N: number): number {
    const w = 32 - Math.clz32(N - 1);
    const short = (1 << w) - N;
    let r = this.bits(w - 1);
    if (r >= short) r = 2 * r + this.bits(1) - short;
    r += (N - short) >> 1;
    return r < N ? r : r - N;
  }
}
