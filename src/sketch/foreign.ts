/** Sketches from and to foreign formats. */
import { SketchArgumentError } from '../core/errors.js';
import type { SketchImage } from '../core/image.js';
import { watchedDecode } from '../core/notify.js';
import { type LoadOptions, requireBytes, requireOptions, toMaxK } from '../core/options.js';
import type { OwnBytes } from '../core/own-bytes.js';
import { ownBytes } from '../wire/cursor.js';
import {
  type DataSketchesType,
  decodeDataSketches,
  encodeDataSketches,
  requireItem,
} from '../wire/datasketches.js';
import { notThisFormat } from '../wire/format-of.js';
import { decodeKll1 } from '../wire/kll1.js';
import { decodeKll2 } from '../wire/kll2.js';
import { KllSketch } from './sketch.js';

const TYPES: readonly DataSketchesType[] = ['double', 'float', 'long'];

function toType(type: unknown): DataSketchesType {
  if (TYPES.includes(type as DataSketchesType)) return type as DataSketchesType;
  throw new SketchArgumentError('ERR_ARGUMENT_RANGE', 'type', "'double', 'float' or 'long'", type);
}

/** The sketch of bytes; whoever watches is told how reading them went. */
function read(
  bytes: Uint8Array,
  decode: (limits: { maxK: number }) => SketchImage,
  options: LoadOptions,
): KllSketch {
  requireBytes(bytes);
  const limits = { maxK: toMaxK(options) };
  return KllSketch.fromImage(
    watchedDecode(bytes, () => decode(limits), options.observer),
    options,
  );
}

/**
 * The Apache DataSketches KLL image of a sketch, for Spark, Druid, DuckDB and others. A sketch that holds more than
 * the Apache capacity of its k is compacted in a copy, after it was brought to the form that `toBytes` gives it; of more than k
 * values that needs WebAssembly. Loses the sum, the tail guarantee and the variance: the image has no
 * place for them.
 * @param type item type that the reader expects; the image does not say it. 'long' takes integers only
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE, ERR_NOT_INTEGER, ERR_FLOAT_OVERFLOW
 */
export function toDataSketches(sketch: KllSketch, type: DataSketchesType = 'double'): OwnBytes {
  if (!(sketch instanceof KllSketch)) {
    throw new SketchArgumentError('ERR_ARGUMENT_TYPE', 'sketch', 'a KllSketch', sketch);
  }
  toType(type);
  // Before the sketch is brought to rest for it: what is refused changes nothing.
  if (type !== 'double') {
    if (sketch.n > 1) {
      requireItem(sketch.min, type, 'min');
      requireItem(sketch.max, type, 'max');
    }
    let index = 0;
    for (const { item } of sketch) requireItem(item, type, 'items', index++);
  }
  return encodeDataSketches(sketch.toApacheImage(), type);
}

/**
 * The sketch of an Apache DataSketches KLL image.
 * @param type item type of the image, which does not say it
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
 * @throws SketchDataError
 */
export function fromDataSketches(
  bytes: Uint8Array,
  type: DataSketchesType = 'double',
  options: LoadOptions = {},
): KllSketch {
  toType(type);
  return read(bytes, (limits) => decodeDataSketches(bytes, type, limits), options);
}

/**
 * The sketch of a KLL1 blob (Python kll-sketch 1.x).
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
 * @throws SketchDataError
 */
export function fromKll1(bytes: Uint8Array, options: LoadOptions = {}): KllSketch {
  return read(bytes, (limits) => decodeKll1(bytes, limits), options);
}

/**
 * The sketch of a KLL2 blob (Python kll-sketch 3.x).
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
 * @throws SketchDataError
 */
export function fromKll2(bytes: Uint8Array, options: LoadOptions = {}): KllSketch {
  return read(bytes, (limits) => decodeKll2(bytes, limits), options);
}

/**
 * The sketch of any image this library reads, told by its first bytes.
 * @param options type: item type, should it be an Apache image; default 'double'
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
 * @throws SketchDataError ERR_MAGIC when it is none of them, ERR_FOREIGN_FORMAT when it is another known one, and those of each format
 */
export function fromAny(
  bytes: Uint8Array,
  options: LoadOptions & { type?: DataSketchesType | undefined } = {},
): KllSketch {
  const first = ownBytes(bytes).subarray(0, 4);
  requireOptions(options);
  if (first[0] === 0xc7) return KllSketch.fromBytes(bytes, options);
  const text = String.fromCharCode(...first);
  if (text === 'KLL1') return fromKll1(bytes, options);
  if (text === 'KLL2') return fromKll2(bytes, options);
  if (first[2] === 15) return fromDataSketches(bytes, options.type ?? 'double', options);
  throw notThisFormat(ownBytes(bytes), 'a compact image, an Apache KLL image, KLL1 or KLL2');
}
