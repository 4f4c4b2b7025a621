/** KLL1: what the Python package kll-sketch 1.x writes. Big-endian, read only. */
import { SketchDataError } from '../core/errors.js';
import type { SketchImage } from '../core/image.js';
import { checkK, emptyForeignImage, type ForeignOptions, foreignImage } from './foreign-image.js';
import { ForeignReader } from './foreign-reader.js';
import { notThisFormat } from './format-of.js';
import { checkKllLevelCount, readKllLevels } from './kll-levels.js';

const MAGIC = 0x4b4c4c31;
/** Magic, k, n, number of levels, seed. */
const HEADER_BYTES = 28;

/**
 * Reads a KLL1 image. It carries no min, max or checksum: min and max are those of the retained items.
 * @param bytes exactly one image
 * @param options limits of what is accepted
 * @throws SketchDataError for bytes that are no sound image; SketchArgumentError ERR_ARGUMENT_TYPE when they are not a
 *   Uint8Array
 */
export function decodeKll1(bytes: Uint8Array, options: ForeignOptions = {}): SketchImage {
  const reader = new ForeignReader(bytes, false);
  reader.need(4, 'a magic number');
  if (reader.u32() !== MAGIC) throw notThisFormat(reader.bytes, 'a KLL1 image');
  reader.need(HEADER_BYTES - 4, 'a header');
  const k = reader.u32();
  checkK(k, 4, options);
  const n = reader.count('n');
  const numLevels = reader.u32();
  checkKllLevelCount(numLevels, 16);
  reader.skip(8); // The seed of another generator is of no use here.
  const { sizes, items } = readKllLevels(reader, numLevels, n);
  if (n === 0) return emptyForeignImage(k);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    if (Number.isNaN(item))
      throw new SketchDataError('ERR_ITEMS', 'expected numbers, found NaN among the items');
    if (item < min) min = item;
    if (item > max) max = item;
  }
  return foreignImage({ k, minK: k, n, min, max, sizes, items });
}
