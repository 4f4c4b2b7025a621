/** Reads fixed-width fields one after the other; every read is checked against what is there. */
import { SketchDataError } from '../core/errors.js';
import { MAX_N } from '../core/image.js';
import { ownBytes } from './cursor.js';

const TWO_32 = 2 ** 32;

export class ForeignReader {
  offset = 0;
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  /**
   * @param bytes the image; shared memory is copied, for nothing may change between a check and its use
   * @param littleEndian order of the bytes of every field
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE when it is not a Uint8Array
   */
  constructor(
    bytes: Uint8Array,
    private readonly littleEndian: boolean,
  ) {
    this.bytes = ownBytes(bytes);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  /** Refuses to go on with fewer bytes left. */
  need(count: number, what: string): void {
    if (this.remaining < count) {
      throw new SketchDataError(
        'ERR_TRUNCATED',
        `expected ${count} bytes of ${what}, found ${this.remaining}`,
        this.offset,
      );
    }
  }

  /** Refuses bytes behind the end of the form. */
  end(): void {
    if (this.remaining > 0) {
      throw new SketchDataError(
        'ERR_TRAILING_BYTES',
        `expected the image to end, found ${this.remaining} more bytes`,
        this.offset,
      );
    }
  }

  u8(): number {
    this.need(1, 'a field');
    return this.view.getUint8(this.offset++);
  }
  u16(): number {
    return this.view.getUint16(this.advance(2), this.littleEndian);
  }
  u32(): number {
    return this.view.getUint32(this.advance(4), this.littleEndian);
  }
  f32(): number {
    return this.view.getFloat32(this.advance(4), this.littleEndian);
  }
  f64(): number {
    return this.view.getFloat64(this.advance(8), this.littleEndian);
  }
  skip(count: number): void {
    this.advance(count);
  }

  /** A u64 that counts: at most 2^53, or it is refused. */
  count(what: string): number {
    const { high, low } = this.halves();
    const count = high * TWO_32 + low;
    if (count > MAX_N || (count === MAX_N && low !== 0)) {
      throw new SketchDataError(
        'ERR_COUNT',
        `${what}: expected at most 2^53, found about ${count}`,
        this.offset - 8,
      );
    }
    return count;
  }

  /** An i64 item: within 2^53 of zero, or a double could not hold it. */
  i64(): number {
    const { high, low } = this.halves();
    const signed = high | 0;
    // The halves are compared, for their sum may round to 2^53.
    if (signed < -(2 ** 21) || signed > 2 ** 21 || (signed === 2 ** 21 && low !== 0)) {
      throw new SketchDataError(
        'ERR_ITEMS',
        `expected integers within 2^53 of zero, found about ${signed * TWO_32 + low}`,
        this.offset - 8,
      );
    }
    return signed * TWO_32 + low;
  }

  private halves(): { high: number; low: number } {
    const at = this.advance(8);
    const first = this.view.getUint32(at, this.littleEndian);
    const second = this.view.getUint32(at + 4, this.littleEndian);
    return this.littleEndian ? { high: second, low: first } : { high: first, low: second };
  }

  private advance(count: number): number {
    this.need(count, 'a field');
    const at = this.offset;
    this.offset += count;
    return at;
  }
}
