/** Writing the compact image (docs/formats.md). */
import type { SketchImage } from '../core/image.js';
import { toFloatVariance } from '../core/variance.js';
import { RAW } from './codecs.js';
import { ByteWriter } from './cursor.js';
import { encodeValues, type ValuesEncoder } from './encode-values.js';
import { type Precision, roundImage } from './precision.js';

export const MAGIC = 0xc7;
export const VERSION = 1;

/** Flags of the third byte. */
export const FLAG = { precision: 4, minK: 8, variance: 16, state: 32 } as const;

export interface EncodeOptions {
  precision?: Precision | undefined;
  /** Whether the state block is written, where the image has one. Default true; never with a precision. */
  state?: boolean;
  /** Whether the sum is written, where it is known. Default true. */
  sum?: boolean | undefined;
}

/**
 * The compact image of a sketch.
 * @param image what satisfies the contract of `SketchImage`
 * @throws SketchArgumentError ERR_ARGUMENT_RANGE for a precision outside its range
 */
export function encodeCompact(image: SketchImage, options: EncodeOptions = {}): Uint8Array {
  const to = new ByteWriter();
  to.u8(MAGIC);
  const { precision, ...rest } = options;
  encodeBody(to, precision ? roundImage(image, precision) : image, rest, encodeValues);
  return to.sealed();
}

/** The image, rounded where it is to be, between its magic and its checksum, as it also stands in a batch. */
export function encodeBody(
  to: ByteWriter,
  image: SketchImage,
  options: Omit<EncodeOptions, 'precision'>,
  encode: ValuesEncoder,
): void {
  const { precision } = image;
  // min, max, then the items: the order in which low bits are sent.
  const values = new Float64Array(image.items.length + 2);
  values[0] = image.min;
  values[1] = image.max;
  values.set(image.items, 2);
  const levels = image.sizes.length;
  const state = options.state !== false && precision === undefined && levels > 0 ? image.state : undefined;
  const withSum = options.sum !== false && !Number.isNaN(image.sum);
  const { codec, body } = levels ? encode(values, image.sizes) : { codec: RAW, body: [] };

  to.u8((VERSION << 4) | (withSum ? 2 : 0));
  to.u8(
    codec |
      (precision === undefined ? 0 : FLAG.precision) |
      (image.minK === image.k ? 0 : FLAG.minK) |
      (image.variance ? FLAG.variance : 0) |
      (state ? FLAG.state : 0) |
      (image.tailGuarantee << 6),
  );
  if (precision !== undefined) to.u8(precision);
  to.uv(image.k);
  if (image.minK !== image.k) to.uv(image.minK);
  if (image.variance) to.f32(toFloatVariance(image.variance));
  if (withSum) to.f64(image.sum);
  to.uv(levels);
  for (const size of image.sizes) to.uv(size);
  if (state) {
    to.u64(state.generator);
    to.u64(state.seed);
    to.u8(state.tails);
    to.u8(state.pendingOffset === undefined ? 0 : 1);
    if (state.pendingOffset !== undefined) to.u64(BigInt(state.pendingOffset));
    for (let level = 0; level < levels; level++) to.uv(state.compactions[level]);
  }
  to.raw(body);
}
