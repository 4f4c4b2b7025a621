/** Writing and reading bytes, little-endian, whatever the host's order. */
import { type DataErrorCode, SketchArgumentError, SketchDataError } from '../core/errors.js';

/**
 * Bytes that nothing changes between a check and its use: shared memory is copied, other bytes are taken as they are.
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE when they are not a Uint8Array
 */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  if (!(bytes instanceof Uint8Array)) {
    throw new SketchArgumentError('ERR_ARGUMENT_TYPE', 'bytes', 'a Uint8Array', bytes);
  }
  const isShared = typeof SharedArrayBuffer === 'function' && bytes.buffer instanceof SharedArrayBuffer;
  return isShared ? new Uint8Array(bytes) : bytes;
}

export class ByteWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  /** Makes room for `count` bytes and moves past them; returns where they begin. */
  #claim(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
  u8(x: number): void {
    const at = this.#claim(1);
    this.#bytes[at] = x;
  }
  u32(x: number): void {
    const at = this.#claim(4);
    this.#view.setUint32(at, x, true);
  }
  u64(x: bigint): void {
    const at = this.#claim(8);
    this.#view.setBigUint64(at, x, true);
  }
  f32(x: number): void {
    const at = this.#claim(4);
    this.#view.setFloat32(at, x, true);
  }
  f64(x: number): void {
    const at = this.#claim(8);
    this.#view.setFloat64(at, x, true);
  }
  /** Unsigned LEB128 of an integer up to 2^53. */
  uv(x: number): void {
    for (; x >= 128; x = Math.floor(x / 128)) this.u8((x % 128) + 128);
    this.u8(x);
  }
  /** The uv of a signed integer's zigzag code, 2x or -2x - 1: it reaches 2^54, where doubles hold no odd integers. */
  zigzag(x: number): void {
    const half = x < 0 ? -x - 1 : x;
    const rest = Math.floor(half / 64);
    this.u8((half % 64) * 2 + (x < 0 ? 1 : 0) + (rest ? 128 : 0));
    if (rest) this.uv(rest);
  }
  raw(bytes: Uint8Array): void {
    const at = this.#claim(bytes.length);
    this.#bytes.set(bytes, at);
  }
  /** What was written: a view, to be copied before more is. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

export class ByteReader {
  readonly #view: DataView;
  /**
   * @param bytes what is read
   * @param at where reading begins
   * @param end where the readable part ends
   */
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
    readonly end: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(code: DataErrorCode, what: string): never {
    throw new SketchDataError(code, what, this.at);
  }
  /** Refuses to go on with fewer than `count` bytes left. */
  need(count: number): void {
    if (this.end - this.at < count)
      this.fail('ERR_TRUNCATED', `expected ${count} more bytes, found ${this.end - this.at}`);
  }
  /** Moves past `count` bytes; returns where they begin. */
  skip(count: number): number {
    this.need(count);
    const at = this.at;
    this.at += count;
    return at;
  }
  u8(): number {
    return this.bytes[this.skip(1)];
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.skip(8), true);
  }
  f32(): number {
    return this.#view.getFloat32(this.skip(4), true);
  }
  f64(): number {
    return this.#view.getFloat64(this.skip(8), true);
  }
  /** A signed integer of magnitude up to 2^53 from the uv of its zigzag code. */
  zigzag(name: string): number {
    const low = this.u8();
    const rest = low < 128 ? 0 : this.uv(2 ** 47 - 1, name);
    if (low >= 128 && rest === 0) this.fail('ERR_VARINT', `${name}: an over-long integer`);
    const half = rest * 64 + ((low & 127) >> 1);
    return low & 1 ? -half - 1 : half;
  }
  /** Unsigned LEB128: at most 8 bytes, minimal, at most `limit` (itself at most 2^53). */
  uv(limit: number, name: string): number {
    let x = 0;
    for (let i = 0, unit = 1; i < 8; i++, unit *= 128) {
      const byte = this.u8();
      const below = x;
      x += (byte & 127) * unit;
      if (byte < 128) {
        if (byte === 0 && i > 0) this.fail('ERR_VARINT', `${name}: an over-long integer`);
        // Above 2^53 the sum may be rounded down to the limit.
        if (x > limit || x - byte * unit !== below) {
          this.fail('ERR_VARINT', `${name}: expected at most ${limit}, found ${x}`);
        }
        return x;
      }
    }
    return this.fail('ERR_VARINT', `${name}: an integer of more than 8 bytes`);
  }
}
