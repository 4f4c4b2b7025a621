/** Reading the compact image (docs/formats.md): every check before anything is allocated, then every invariant. */
import {
  MAX_K,
  MAX_LEVELS,
  MAX_N,
  MIN_K,
  type SketchImage,
  type StateBlock,
  type TailsCode,
} from '../core/image.js';
import { FLAG, MAGIC, VERSION } from './compact-encode.js';
import { requireChecksum } from './crc32c.js';
import { ByteReader, ownBytes } from './cursor.js';
import { decodeValues } from './decode-values.js';
import { notThisFormat } from './format-of.js';

/** The shortest image, an empty one: header of 3, k, L, CRC. */
const SHORTEST = 9;

export interface DecodeOptions {
  /** Largest k accepted; default 65535. */
  maxK?: number | undefined;
  /** Most items accepted; default what the format allows. */
  maxItems?: number | undefined;
  /** Largest n accepted; default 2^53. */
  maxN?: number | undefined;
}

/**
 * Reads a compact image.
 * @param source exactly one image
 * @throws SketchDataError for bytes that are no sound image; SketchArgumentError ERR_ARGUMENT_TYPE when they are not a
 *   Uint8Array
 */
export function decodeCompact(source: Uint8Array, options: DecodeOptions = {}): SketchImage {
  const bytes = ownBytes(source);
  requireWhole(bytes);
  return decodeBody(bytes, 1, bytes.length - 4, options);
}

/** Magic, version and checksum are right: what lies between them is as it was written. */
function requireWhole(bytes: Uint8Array): void {
  const { length } = bytes;
  if (length && bytes[0] !== MAGIC) throw notThisFormat(bytes, 'a compact image');
  const from = new ByteReader(bytes, 0, length);
  from.skip(SHORTEST);
  from.at = 1;
  requireVersion(from);
  requireChecksum(bytes);
}

/** The byte of version and sum flag; moves past it. */
function requireVersion(from: ByteReader): number {
  const head = from.u8();
  if (head >> 4 !== VERSION) from.fail('ERR_VERSION', `expected version ${VERSION}, found ${head >> 4}`);
  return head;
}

/** The image between its magic and its checksum, as it also stands in a batch. */
export function decodeBody(
  bytes: Uint8Array,
  start: number,
  end: number,
  options: DecodeOptions = {},
): SketchImage {
  const from = new ByteReader(bytes, start, end);
  const head = requireVersion(from);
  const flags = from.u8();
  const codec = flags & 3;
  const tailGuarantee = (flags >> 6) as TailsCode;
  if (head & 0b1101 || flags >> 6 === 3) from.fail('ERR_RESERVED', `reserved bits in ${head} or ${flags}`);
  const precision = flags & FLAG.precision ? from.u8() : undefined;
  // 1..51 mantissa bits, 128..150 decimals.
  if (
    precision !== undefined &&
    (flags & FLAG.state || !((precision & 127) < (precision < 128 ? 52 : 23)) || !precision)
  ) {
    from.fail('ERR_FIELD', `precision ${precision}, or a state beside it`);
  }
  const k = from.uv(Math.min(options.maxK ?? MAX_K, MAX_K), 'k', MIN_K);
  const minK = flags & FLAG.minK ? from.uv(MAX_K, 'minK', MIN_K) : k;
  const variance = flags & FLAG.variance ? from.f32() : 0;
  if (!(variance >= 0 && variance < Infinity)) from.fail('ERR_FIELD', `variance ${variance}`);
  const sum = head & 2 ? from.f64() : Number.NaN;
  if (head & 2 && Number.isNaN(sum)) from.fail('ERR_FIELD', 'sum NaN');
  const levels = from.uv(MAX_LEVELS, 'levels');
  if (levels === 0 && flags & (3 | FLAG.state))
    from.fail('ERR_FIELD', 'an empty image with a codec or a state');

  const limit = Math.min(3 * k + (tailGuarantee ? 297 : 9) * levels, options.maxItems ?? Infinity);
  const maxN = Math.min(options.maxN ?? MAX_N, MAX_N);
  const sizes = new Uint32Array(levels);
  let retained = 0;
  let n = 0;
  for (let level = 0; level < levels; level++) {
    sizes[level] = from.uv(limit, 'level size');
    retained += sizes[level];
    const weight = sizes[level] * 2 ** level;
    // Compared before they are added, for the sum may be rounded down to the limit.
    if (weight > maxN - n) from.fail('ERR_COUNT', `n: expected at most ${maxN}, found more`);
    n += weight;
  }
  if (levels > 0 && sizes[levels - 1] === 0) from.fail('ERR_LEVELS', 'the top level is empty');
  if (retained > limit) from.fail('ERR_LEVELS', `expected at most ${limit} items, found ${retained}`);
  const state = flags & FLAG.state ? readState(from, levels) : undefined;
  const values =
    levels === 0 ? Float64Array.of(Number.NaN, Number.NaN) : decodeValues(from, codec, retained + 2, sizes);
  if (from.at !== from.end)
    from.fail('ERR_TRAILING_BYTES', `${from.end - from.at} bytes behind the last item`);
  const [min, max] = values;
  const items = values.subarray(2);
  if (levels > 0) checkItems(from, items, sizes, min, max);
  return {
    k,
    minK,
    n,
    sum,
    min,
    max,
    sizes,
    items,
    tailGuarantee,
    variance,
    ...(precision && { precision }),
    ...(state && { state }),
  };
}

/**
 * The larger of `least` and of the k of an image, for choosing one before decoding. Damaged bytes, and a k above `most`,
 * count for nothing; the checksum is looked at where it matters alone.
 */
export function peekLargerK(bytes: Uint8Array, least: number, most: number): number {
  try {
    const k = new ByteReader(bytes, bytes[2] & FLAG.precision ? 4 : 3, bytes.length).uv(most, 'k', MIN_K);
    if (k > least) {
      requireWhole(bytes);
      return k;
    }
  } catch {
    // Whoever decodes them says why.
  }
  return least;
}

function readState(from: ByteReader, levels: number): StateBlock {
  const generator = from.u64();
  const seed = from.u64();
  const tails = from.uv(2, 'tails policy') as TailsCode;
  const pending = from.uv(1, 'block phase') ? { pendingOffset: Number(from.u64()) } : {};
  if (pending.pendingOffset! >= 2 ** 53) from.fail('ERR_FIELD', `pending offset ${pending.pendingOffset}`);
  const compactions = new Uint32Array(levels).map(() => from.uv(0xffffffff, 'compactions'));
  return { generator, seed, tails, ...pending, compactions };
}

/** Every level ascends within [min, max], and nothing is NaN. */
function checkItems(
  from: ByteReader,
  items: Float64Array,
  sizes: Uint32Array,
  min: number,
  max: number,
): void {
  if (!(min <= max)) from.fail('ERR_ITEMS', `min ${min} and max ${max}`);
  let at = 0;
  for (const size of sizes) {
    let before = min;
    for (const end = at + size; at < end; at++) {
      const x = items[at];
      if (!(x >= before && x <= max)) {
        from.fail('ERR_ITEMS', `item ${at}, ${x}, is not between ${before} and ${max}`);
      }
      before = x;
    }
  }
}
