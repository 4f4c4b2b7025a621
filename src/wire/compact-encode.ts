/** Writing the compact image (docs/formats.md). */
import type { SketchImage } from '../core/image.js';
import type { OwnBytes } from '../core/own-bytes.js';
import { toFloatVariance } from '../core/variance.js';
import { RAW } from './codecs.js';
import { ByteWriter } from './cursor.js';
import { encodeValues, type ValuesEncoder } from './encode-values.js';
import { type Precision, roundImage } from './precision.js';

export const MAGIC = 0xc7;
export const VERSION = 1;

/** Flags of the third byte. A constant enum: every use becomes the number. */
export enum FLAG {
  precision = 4,
  minK = 8,
  variance = 16,
  state = 32,
}

export interface EncodeOptions {
  precision?: Precision | undefined;
  /** Whether the state block is written, where the image has one. Default true; never with a precision. */
  state?: boolean | undefined;
  /** Whether the sum is written, where it is known. Default true. */
  sum?: boolean | undefined;
}

/**
 * The compact image of a sketch.
 * @param image what satisfies the contract of `SketchImage`
 * @throws SketchArgumentError ERR_ARGUMENT_RANGE for a precision outside its range
 */
export function encodeCompact(image: SketchImage, options: EncodeOptions = {}): OwnBytes {
  const to = new ByteWriter();
  to.u8(MAGIC);
  const { precision, state, sum } = options;
  const rounded = precision ? roundImage(image, precision) : image;
  encodeBody(to, rounded, encodeValues, sum, state !== false);
  return to.sealed();
}

/**
 * The image, rounded where it is to be, between its magic and its checksum, as it also stands in a batch.
 * @param withSum whether the sum is written, where it is known
 * @param withState whether the state block is written, where the image has one
 */
export function encodeBody(
  to: ByteWriter,
  image: SketchImage,
  encode: ValuesEncoder,
  withSum = true,
  withState = false,
): void {
  const { precision, k, minK, sizes, variance } = image;
  // min, max, then the items: the order in which low bits are sent.
  const values = new Float64Array(image.items.length + 2);
  values[0] = image.min;
  values[1] = image.max;
  values.set(image.items, 2);
  const levels = sizes.length;
  const state = withState && !precision && levels > 0 && image.state;
  const hasSum = withSum && !Number.isNaN(image.sum);
  const { codec, body } = levels ? encode(values, sizes) : { codec: RAW, body: [] };

  to.u8((VERSION << 4) | (hasSum ? 2 : 0));
  to.u8(
    codec |
      (precision ? FLAG.precision : 0) |
      (minK === k ? 0 : FLAG.minK) |
      (variance ? FLAG.variance : 0) |
      (state ? FLAG.state : 0) |
      (image.tailGuarantee << 6),
  );
  if (precision) to.u8(precision);
  to.uv(k);
  if (minK !== k) to.uv(minK);
  if (variance) to.f32(toFloatVariance(variance));
  if (hasSum) to.f64(image.sum);
  to.uv(levels);
  for (const size of sizes) to.uv(size);
  if (state) {
    const { pendingOffset } = state;
    to.u64(state.generator);
    to.u64(state.seed);
    to.u8(state.tails);
    to.u8(pendingOffset === undefined ? 0 : 1);
    if (pendingOffset !== undefined) to.u64(BigInt(pendingOffset));
    for (let level = 0; level < levels; level++) to.uv(state.compactions[level]);
  }
  to.raw(body);
}
