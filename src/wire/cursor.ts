/** Writing and reading bytes, little-endian, whatever the host's order. */
import { type DataErrorCode, SketchDataError } from '../core/errors.js';
import { requireBytes } from '../core/options.js';
import type { OwnBytes } from '../core/own-bytes.js';
import { crc32c } from './crc32c.js';

/**
 * Bytes that nothing changes between a check and its use, as a plain Uint8Array, whatever class they are of: shared memory is copied.
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE when they are not a Uint8Array
 */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  // Of memory that was given away to another thread no bytes are left, and no view can be made of it.
  if (!requireBytes(bytes).length) return new Uint8Array(0);
  // One that is not shared can only be changed by whoever runs: nobody does between a check and its use.
  const { buffer, byteOffset, length } = bytes;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(bytes);
}

/** Eight bytes in which numbers become bytes. */
const scratch = new DataView(new ArrayBuffer(8));

export class ByteWriter {
  /** What was written. */
  readonly bytes: number[] = [];

  get length(): number {
    return this.bytes.length;
  }
  u8(x: number): void {
    this.bytes.push(x & 255);
  }
  u32(x: number): void {
    scratch.setUint32(0, x, true);
    this.#scratch(4);
  }
  u64(x: bigint): void {
    scratch.setBigUint64(0, x, true);
    this.#scratch(8);
  }
  f32(x: number): void {
    scratch.setFloat32(0, x, true);
    this.#scratch(4);
  }
  f64(x: number): void {
    scratch.setFloat64(0, x, true);
    this.#scratch(8);
  }
  #scratch(count: number): void {
    for (let i = 0; i < count; i++) this.bytes.push(scratch.getUint8(i));
  }
  /** Unsigned LEB128 of an integer up to 2^53. */
  uv(x: number): void {
    for (; x >= 128; x = Math.floor(x / 128)) this.bytes.push((x % 128) + 128);
    this.bytes.push(x);
  }
  /** The uv of a signed integer's zigzag code, 2x or -2x - 1: it reaches 2^54, where doubles hold no odd integers. */
  zigzag(x: number): void {
    const half = x < 0 ? -x - 1 : x;
    const rest = Math.floor(half / 64);
    this.u8((half % 64) * 2 + (x < 0 ? 1 : 0) + (rest ? 128 : 0));
    if (rest) this.uv(rest);
  }
  raw(bytes: Iterable<number>): void {
    for (const byte of bytes) this.bytes.push(byte);
  }
  /** All that was written, and its CRC-32C behind it. */
  sealed(): OwnBytes {
    this.u32(crc32c(this.bytes));
    return new Uint8Array(this.bytes);
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
  /** Moves past `count` bytes; returns where they begin. */
  skip(count: number): number {
    const { at, end } = this;
    if (end - at < count) this.fail('ERR_TRUNCATED', `expected ${count} more bytes, found ${end - at}`);
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
    if (low >= 128 && !rest) this.fail('ERR_VARINT', `${name}: an over-long integer`);
    const half = rest * 64 + ((low & 127) >> 1);
    return low & 1 ? -half - 1 : half;
  }
  /** Unsigned LEB128: at most 8 bytes, minimal, from `least` to `limit` (itself at most 2^53). */
  uv(limit: number, name: string, least = 0): number {
    let x = 0;
    let unit = 1;
    let byte: number;
    let isExact: boolean;
    do {
      byte = this.u8();
      const below = x;
      const part = (byte & 127) * unit;
      x += part;
      // Above 2^53 the sum may be rounded down to the limit.
      isExact = x - part === below;
      unit *= 128;
    } while (byte > 127 && unit < 2 ** 56);
    if (byte > 127 || (byte === 0 && unit > 128)) this.fail('ERR_VARINT', `${name}: an over-long integer`);
    if (!isExact || x > limit || x < least) {
      this.fail(x < least ? 'ERR_FIELD' : 'ERR_VARINT', `${name}: expected ${least} to ${limit}, found ${x}`);
    }
    return x;
  }
}
