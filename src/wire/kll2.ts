/** KLL2: what the Python package kll-sketch 3.x writes. Big-endian, checksummed, read only. */
import { SketchDataError } from '../core/errors.js';
import type { SketchImage } from '../core/image.js';
import { crc32 } from './crc32.js';
import { checkK, checkMinK, emptyForeignImage, type ForeignOptions, foreignImage } from './foreign-image.js';
import { ForeignReader } from './foreign-reader.js';
import { notThisFormat } from './format-of.js';
import { checkKllLevelCount, readKllLevels } from './kll-levels.js';

const MAGIC = 0x4b4c4c32;
/** Magic, payload length, checksum. */
const ENVELOPE_BYTES = 12;
/** Flags, k, minK, n, number of levels, seed, generator, compactions, retained, min, max. */
const HEADER_BYTES = 69;
const NON_EMPTY = 0x01;

/**
 * Reads a KLL2 image.
 * @param bytes exactly one image
 * @param options limits of what is accepted
 * @throws SketchDataError for bytes that are no sound image; SketchArgumentError ERR_ARGUMENT_TYPE when they are not a
 *   Uint8Array
 */
export function decodeKll2(bytes: Uint8Array, options: ForeignOptions = {}): SketchImage {
  const reader = new ForeignReader(bytes, false);
  reader.need(4, 'a magic number');
  if (reader.u32() !== MAGIC) throw notThisFormat(reader.bytes, 'a KLL2 image');
  reader.need(ENVELOPE_BYTES - 4, 'a header');
  const payloadBytes = reader.u32();
  const checksum = reader.u32();
  reader.need(payloadBytes, 'payload');
  if (reader.remaining > payloadBytes) {
    const more = reader.remaining - payloadBytes;
    const end = ENVELOPE_BYTES + payloadBytes;
    throw new SketchDataError(
      'ERR_TRAILING_BYTES',
      `expected the image to end, found ${more} more bytes`,
      end,
    );
  }
  const computed = crc32(reader.bytes.subarray(ENVELOPE_BYTES));
  if (computed !== checksum) {
    throw new SketchDataError('ERR_CHECKSUM', `CRC-32: expected ${hex(checksum)}, found ${hex(computed)}`, 8);
  }
  reader.need(HEADER_BYTES, 'a payload header');
  const flags = reader.u8();
  if (flags & ~NON_EMPTY) {
    throw new SketchDataError('ERR_RESERVED', `flags: expected 0 or 1, found ${flags}`, ENVELOPE_BYTES);
  }
  const k = reader.u32();
  checkK(k, 13, options);
  const minK = reader.u32();
  checkMinK(minK, k, 17);
  const n = reader.count('n');
  if (n > 0 !== ((flags & NON_EMPTY) !== 0)) {
    throw new SketchDataError(
      'ERR_FIELD',
      `flags ${flags} and n = ${n} contradict each other`,
      ENVELOPE_BYTES,
    );
  }
  const numLevels = reader.u32();
  checkKllLevelCount(numLevels, 29);
  reader.skip(24); // Seed, generator and compaction count: another generator's, of no use here.
  const retained = reader.count('retained items');
  const min = reader.f64();
  const max = reader.f64();
  const { sizes, items } = readKllLevels(reader, numLevels, n);
  if (retained !== items.length) {
    throw new SketchDataError('ERR_COUNT', `retained items: expected ${retained}, found ${items.length}`, 57);
  }
  if (n === 0) return emptyForeignImage(k);
  // Bounds that are finite keep every item finite.
  if (!Number.isFinite(min) || !Number.isFinite(max)) {
    throw new SketchDataError(
      'ERR_ITEMS',
      `min and max: expected finite values, found ${min} and ${max}`,
      65,
    );
  }
  return foreignImage({ k, minK, n, min, max, sizes, items });
}

function hex(checksum: number): string {
  return `0x${checksum.toString(16).padStart(8, '0')}`;
}
