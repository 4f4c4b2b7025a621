/**
 * Apache DataSketches KLL images, compact form, little-endian: the format for exchange with other systems.
 * Layout: apache/datasketches-java KllPreambleUtil, apache/datasketches-cpp kll_sketch; drawn in docs/formats.md.
 */
import { totalCapacity } from '../core/capacity.js';
import { SketchArgumentError, SketchDataError } from '../core/errors.js';
import { MAX_K, MIN_K, type SketchImage } from '../core/image.js';
import type { OwnBytes } from '../core/own-bytes.js';
import {
  checkK,
  checkMinK,
  checkWeights,
  emptyForeignImage,
  type ForeignOptions,
  foreignImage,
  statedMinK,
} from './foreign-image.js';
import { ForeignReader } from './foreign-reader.js';
import { notThisFormat } from './format-of.js';

/** Type of the items; the image does not say which it is. */
export type DataSketchesType = 'double' | 'float' | 'long';

const ITEM_BYTES: Record<DataSketchesType, number> = { double: 8, float: 4, long: 8 };
const FAMILY = 15;
const M = 8;
const SHORT_PREAMBLE = 2;
const FULL_PREAMBLE = 5;
const EMPTY = 0x01;
const LEVEL_ZERO_SORTED = 0x02;
const SINGLE_ITEM = 0x04;
const SHORT_BYTES = 8;
const FULL_BYTES = 20;
const MAX_APACHE_LEVELS = 61;

/**
 * Writes an image as other systems read it. Level 0 is written ascending, with the flag that says so; the sum, the
 * condensing variance, the tail guarantee and the state have no place in it.
 * @param image a sketch at rest that holds no more items than Apache's capacity for its k and levels
 * @param type 'double', 'float' (values and bounds are rounded) or 'long' (integers within 2^53 of zero)
 * @returns a fresh array of exactly the image
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE for another type, ERR_ARGUMENT_RANGE when the items do not fit,
 *   ERR_NOT_INTEGER for 'long', ERR_FLOAT_OVERFLOW for 'float'
 */
export function encodeDataSketches(image: SketchImage, type: DataSketchesType): OwnBytes {
  const size = itemBytes(type);
  const { k, n, items, sizes } = image;
  if (!(k >= MIN_K && k <= MAX_K)) throw new SketchArgumentError('ERR_ARGUMENT_RANGE', 'k', '8..65535', k);
  const capacity = totalCapacity(k, sizes.length);
  if (sizes.length > MAX_APACHE_LEVELS || items.length > capacity) {
    throw new SketchArgumentError(
      'ERR_ARGUMENT_RANGE',
      'image',
      `at most ${capacity} items in ${sizes.length} levels of k = ${k}`,
      items.length,
    );
  }
  const headerBytes = n < 2 ? SHORT_BYTES : FULL_BYTES + 4 * sizes.length;
  const bytes = new Uint8Array(headerBytes + (n === 0 ? 0 : n === 1 ? size : (items.length + 2) * size));
  const view = new DataView(bytes.buffer);
  bytes[0] = n < 2 ? SHORT_PREAMBLE : FULL_PREAMBLE;
  bytes[1] = n === 1 ? 2 : 1;
  bytes[2] = FAMILY;
  bytes[3] = n === 0 ? EMPTY : n === 1 ? SINGLE_ITEM : LEVEL_ZERO_SORTED;
  view.setUint16(4, k, true);
  bytes[6] = M;
  if (n >= 2) {
    view.setUint32(8, n % 2 ** 32, true);
    view.setUint32(12, Math.floor(n / 2 ** 32), true);
    view.setUint16(16, statedMinK(image), true);
    bytes[18] = sizes.length;
    let offset = capacity - items.length;
    for (let level = 0; level < sizes.length; level++) {
      view.setUint32(FULL_BYTES + 4 * level, offset, true);
      offset += sizes[level];
    }
    writeItem(view, headerBytes, image.min, type, 'min');
    writeItem(view, headerBytes + size, image.max, type, 'max');
  }
  const start = n < 2 ? headerBytes : headerBytes + 2 * size;
  for (let i = 0; i < items.length; i++) writeItem(view, start + i * size, items[i], type, 'items', i);
  return bytes;
}

function writeItem(
  view: DataView,
  at: number,
  x: number,
  type: DataSketchesType,
  argument: string,
  index?: number,
): void {
  requireItem(x, type, argument, index);
  if (type === 'double') {
    view.setFloat64(at, x, true);
  } else if (type === 'float') {
    view.setFloat32(at, x, true);
  } else {
    const high = Math.floor(x / 2 ** 32);
    view.setUint32(at, x - high * 2 ** 32, true);
    view.setInt32(at + 4, high, true);
  }
}

/** @throws SketchArgumentError when an item of this type cannot be x: ERR_FLOAT_OVERFLOW, ERR_NOT_INTEGER */
export function requireItem(x: number, type: DataSketchesType, argument: string, index?: number): void {
  // An infinity is written as one; a finite value never becomes one.
  if (type === 'float' && Number.isFinite(x) && !Number.isFinite(Math.fround(x))) {
    const expected = 'values that a 32-bit float can hold';
    throw new SketchArgumentError('ERR_FLOAT_OVERFLOW', argument, expected, x, index);
  }
  if (type === 'long' && !(Number.isInteger(x) && Math.abs(x) <= 2 ** 53)) {
    throw new SketchArgumentError('ERR_NOT_INTEGER', argument, 'integers within 2^53 of zero', x, index);
  }
}

/**
 * Reads an image that an Apache DataSketches library wrote. Everything is checked before anything is allocated, then
 * the items: nothing of the input is trusted, not even the flag that says level 0 is sorted.
 * @param bytes exactly one image
 * @param type the type it was written with. A wrong one of another size is noticed; longs read as doubles are not.
 * @param options limits of what is accepted
 * @throws SketchDataError for bytes that are no sound image; SketchArgumentError ERR_ARGUMENT_TYPE for another type or
 *   bytes that are not a Uint8Array
 */
export function decodeDataSketches(
  bytes: Uint8Array,
  type: DataSketchesType,
  options: ForeignOptions = {},
): SketchImage {
  const size = itemBytes(type);
  const reader = new ForeignReader(bytes, true);
  reader.need(SHORT_BYTES, 'a preamble');
  const preambleInts = reader.u8();
  const serialVersion = reader.u8();
  if (reader.u8() !== FAMILY) throw notThisFormat(reader.bytes, 'an Apache DataSketches KLL image');
  if (serialVersion === 3) {
    throw new SketchDataError(
      'ERR_VERSION',
      "serial version 3 is Java's updatable form, which is not for exchange: write the sketch with toByteArray()",
      1,
    );
  }
  if (serialVersion !== 1 && serialVersion !== 2) {
    throw new SketchDataError('ERR_VERSION', `serial version: expected 1 or 2, found ${serialVersion}`, 1);
  }
  const form = reader.u8() & (EMPTY | SINGLE_ITEM);
  const isFull = form === 0 && preambleInts === FULL_PREAMBLE && serialVersion === 1;
  const isEmpty = form === EMPTY && preambleInts === SHORT_PREAMBLE && serialVersion === 1;
  const isSingle = form === SINGLE_ITEM && preambleInts === SHORT_PREAMBLE && serialVersion === 2;
  if (!isFull && !isEmpty && !isSingle) {
    throw new SketchDataError(
      'ERR_FIELD',
      `preamble of ${preambleInts} ints, serial version ${serialVersion} and flags ${form} contradict each other`,
      0,
    );
  }
  const k = reader.u16();
  checkK(k, 4, options);
  const m = reader.u8();
  if (m !== M) throw new SketchDataError('ERR_FIELD', `m: expected ${M}, found ${m}`, 6);
  reader.skip(1);
  if (isEmpty) {
    reader.end();
    return emptyForeignImage(k);
  }
  if (isSingle) {
    reader.need(size, 'an item');
    const item = readItem(reader, type);
    reader.end();
    const items = Float64Array.of(item);
    return foreignImage({ k, minK: k, n: 1, min: item, max: item, sizes: [1], items });
  }
  return readFull(reader, k, type, size);
}

function readFull(reader: ForeignReader, k: number, type: DataSketchesType, size: number): SketchImage {
  reader.need(FULL_BYTES - SHORT_BYTES, 'a full preamble');
  const n = reader.count('n');
  if (n === 0) throw new SketchDataError('ERR_COUNT', 'n: expected at least 1 in the full form, found 0', 8);
  const minK = reader.u16();
  checkMinK(minK, k, 16);
  const numLevels = reader.u8();
  if (numLevels < 1 || numLevels > MAX_APACHE_LEVELS) {
    throw new SketchDataError(
      'ERR_LEVELS',
      `levels: expected 1..${MAX_APACHE_LEVELS}, found ${numLevels}`,
      18,
    );
  }
  reader.skip(1);
  reader.need(4 * numLevels, 'level offsets');
  const capacity = totalCapacity(k, numLevels);
  const offsets: number[] = [];
  for (let level = 0; level < numLevels; level++) {
    const offset = reader.u32();
    if (offset > capacity || (level > 0 && offset < offsets[level - 1])) {
      throw new SketchDataError(
        'ERR_LEVELS',
        `offset of level ${level}: expected ${level > 0 ? offsets[level - 1] : 0}..${capacity}, found ${offset}`,
        reader.offset - 4,
      );
    }
    offsets.push(offset);
  }
  const sizes = offsets.map((offset, level) => (offsets[level + 1] ?? capacity) - offset);
  const numRetained = capacity - offsets[0];
  checkLength(reader, type, numRetained + 2);
  checkWeights(sizes, n);

  const min = readItem(reader, type);
  const max = readItem(reader, type);
  const items = new Float64Array(numRetained);
  const start = reader.offset;
  for (let i = 0; i < numRetained; i++) items[i] = readItem(reader, type);
  for (let level = 1, at = sizes[0]; level < numLevels; at += sizes[level++]) {
    for (let i = at + 1; i < at + sizes[level]; i++) {
      if (items[i] < items[i - 1]) {
        throw new SketchDataError(
          'ERR_ITEMS',
          `level ${level}: expected ascending items, found ${items[i]} behind ${items[i - 1]}`,
          start + i * size,
        );
      }
    }
  }
  items.subarray(0, sizes[0]).sort();
  return foreignImage({ k, minK, n, min, max, sizes, items });
}

/** Refuses another length than that of so many items; where the other item size would fit, it says so. */
function checkLength(reader: ForeignReader, type: DataSketchesType, count: number): void {
  const size = ITEM_BYTES[type];
  const found = reader.remaining;
  if (found === count * size) return;
  const others = size === 8 ? ['float'] : ['double', 'long'];
  const hint =
    found === (count * ITEM_BYTES.double * ITEM_BYTES.float) / size
      ? ` (it fits ${others.join(' and ')})`
      : '';
  throw new SketchDataError(
    found < count * size ? 'ERR_TRUNCATED' : 'ERR_TRAILING_BYTES',
    `min, max and items of type ${type}: expected ${count * size} bytes, found ${found}${hint}`,
    reader.offset,
  );
}

function readItem(reader: ForeignReader, type: DataSketchesType): number {
  return type === 'double' ? reader.f64() : type === 'float' ? reader.f32() : reader.i64();
}

function itemBytes(type: DataSketchesType): number {
  if (!Object.hasOwn(ITEM_BYTES, type)) {
    throw new SketchArgumentError('ERR_ARGUMENT_TYPE', 'type', "'double', 'float' or 'long'", type);
  }
  return ITEM_BYTES[type];
}
