/** Reading the compact image (docs/formats.md): every check before anything is allocated, then every invariant. */
import { SketchDataError } from '../core/errors.js';
import {
  MAX_K,
  MAX_LEVELS,
  MAX_N,
  MIN_K,
  type SketchImage,
  type StateBlock,
  type TailsCode,
} from '../core/image.js';
import { BIN, DEC, EXACT, isExactRange, lowBits, RAW, SPAN_LIMIT, unscale } from './codecs.js';
import { FLAG, MAGIC, VERSION } from './compact-encode.js';
import { crc32c } from './crc32c.js';
import { ByteReader } from './cursor.js';
import { notThisFormat } from './format-of.js';
import { BitReader } from './interpolative.js';
import { fromOrdered } from './ordered.js';

/** The longest empty image: header of 3, precision, k, minK, variance, sum, L, CRC. */
const SHORTEST = 9;

export interface DecodeOptions {
  /** Largest k accepted; default 65535. */
  maxK?: number;
}

/** @throws SketchDataError */
export function decodeCompact(bytes: Uint8Array, options: DecodeOptions = {}): SketchImage {
  requireMagic(bytes);
  const end = bytes.length - 4;
  if (bytes.length < SHORTEST) {
    throw new SketchDataError(
      'ERR_TRUNCATED',
      `expected at least ${SHORTEST} bytes, found ${bytes.length}`,
      bytes.length,
    );
  }
  if (bytes[1] >> 4 !== VERSION) {
    throw new SketchDataError('ERR_VERSION', `expected version ${VERSION}, found ${bytes[1] >> 4}`, 1);
  }
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true);
  const computed = crc32c(bytes, 0, end);
  if (stored !== computed) {
    const hex = (x: number) => x.toString(16).padStart(8, '0');
    throw new SketchDataError(
      'ERR_CHECKSUM',
      `expected checksum ${hex(computed)}, found ${hex(stored)}`,
      end,
    );
  }
  return decodeBody(bytes, 1, end, options);
}

/** The image between its magic and its checksum, as it also stands in a batch. */
export function decodeBody(
  bytes: Uint8Array,
  start: number,
  end: number,
  options: DecodeOptions = {},
): SketchImage {
  const from = new ByteReader(bytes, start, end);
  const head = from.u8();
  if (head >> 4 !== VERSION) from.fail('ERR_VERSION', `expected version ${VERSION}, found ${head >> 4}`);
  if (head & 0b1101) from.fail('ERR_RESERVED', `reserved header bits ${head & 0b1101}`);
  const flags = from.u8();
  const codec = flags & 3;
  const tailGuarantee = (flags >> 6) as TailsCode;
  if (flags >> 6 === 3) from.fail('ERR_RESERVED', 'tail guarantee 3');
  const precision = flags & FLAG.precision ? from.u8() : undefined;
  if (
    precision !== undefined &&
    !(precision >= 1 && precision <= 51) &&
    !(precision >= 0x80 && precision <= 0x96)
  ) {
    from.fail('ERR_FIELD', `precision ${precision}`);
  }
  const maxK = options.maxK ?? MAX_K;
  const k = from.uv(maxK, 'k');
  if (k < MIN_K) from.fail('ERR_FIELD', `k: expected at least ${MIN_K}, found ${k}`);
  const minK = flags & FLAG.minK ? from.uv(MAX_K, 'minK') : k;
  if (minK < MIN_K) from.fail('ERR_FIELD', `minK: expected at least ${MIN_K}, found ${minK}`);
  const variance = flags & FLAG.variance ? from.f32() : 0;
  if (!(variance >= 0 && variance < Infinity)) from.fail('ERR_FIELD', `variance ${variance}`);
  const sum = head & 2 ? from.f64() : Number.NaN;
  if (head & 2 && sum !== sum) from.fail('ERR_FIELD', 'a sum that is not a number');
  const levels = from.uv(MAX_LEVELS, 'levels');
  if (levels === 0) return emptyImage(from, flags, { k, minK, sum, variance, tailGuarantee, precision });

  const limit = 3 * k + 9 * levels + (tailGuarantee ? 288 * levels : 0);
  const sizes = new Uint32Array(levels);
  let retained = 0;
  let n = 0;
  for (let level = 0; level < levels; level++) {
    sizes[level] = from.uv(limit, 'level size');
    retained += sizes[level];
    n += sizes[level] * 2 ** level;
  }
  if (sizes[levels - 1] === 0) from.fail('ERR_LEVELS', 'the top level is empty');
  if (retained > limit) from.fail('ERR_LEVELS', `expected at most ${limit} items, found ${retained}`);
  if (n > MAX_N) from.fail('ERR_COUNT', `n: expected at most 2^53, found ${n}`);
  const state = flags & FLAG.state ? readState(from, levels) : undefined;
  const values = new Float64Array(retained + 2);
  readValues(from, codec, values, sizes);
  const [min, max] = values;
  const items = values.slice(2);
  checkItems(items, sizes, min, max);
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
    ...(precision === undefined ? {} : { precision }),
    ...(state ? { state } : {}),
  };
}

/** k of an image, for choosing one before decoding; undefined where the bytes do not say. */
export function peekK(bytes: Uint8Array): number | undefined {
  if (bytes[0] !== MAGIC) return undefined;
  try {
    return new ByteReader(bytes, bytes[2] & FLAG.precision ? 4 : 3, bytes.length).uv(MAX_K, 'k');
  } catch {
    return undefined;
  }
}

function requireMagic(bytes: Uint8Array): void {
  if (bytes.length === 0)
    throw new SketchDataError('ERR_TRUNCATED', 'expected a compact image, found no bytes', 0);
  if (bytes[0] !== MAGIC) throw notThisFormat(bytes, 'compact');
}

type Head = Pick<SketchImage, 'k' | 'minK' | 'sum' | 'variance' | 'tailGuarantee'> & {
  precision: number | undefined;
};

function emptyImage(from: ByteReader, flags: number, head: Head): SketchImage {
  if (flags & (3 | FLAG.state)) from.fail('ERR_FIELD', 'an empty image with a codec or a state');
  if (from.at !== from.end)
    from.fail('ERR_TRAILING_BYTES', `${from.end - from.at} bytes behind an empty image`);
  const { precision, ...rest } = head;
  return {
    ...rest,
    n: 0,
    min: Number.NaN,
    max: Number.NaN,
    sizes: new Uint32Array(0),
    items: new Float64Array(0),
    ...(precision === undefined ? {} : { precision }),
  };
}

function readState(from: ByteReader, levels: number): StateBlock {
  const generator = from.u64();
  const seed = from.u64();
  const tails = from.u8();
  if (tails > 2) from.fail('ERR_FIELD', `tails policy ${tails}`);
  const phase = from.u8();
  if (phase > 1) from.fail('ERR_FIELD', `block phase ${phase}`);
  const offset = phase ? from.u64() : 0n;
  if (offset >= 1n << 53n) from.fail('ERR_FIELD', `pending offset ${offset}`);
  const compactions = new Uint32Array(levels);
  for (let level = 0; level < levels; level++) compactions[level] = from.uv(0x7fffffff, 'compactions');
  return {
    generator,
    seed,
    tails: tails as TailsCode,
    ...(phase ? { pendingOffset: Number(offset) } : {}),
    compactions,
  };
}

/** Codec parameters and bit stream to values: min, max, items. */
export function readValues(
  from: ByteReader,
  codec: number,
  values: Float64Array,
  sizes: ArrayLike<number>,
): void {
  if (codec === RAW) {
    const need = values.length * 8;
    const left = from.end - from.at;
    if (left !== need) {
      from.fail(
        left < need ? 'ERR_TRUNCATED' : 'ERR_TRAILING_BYTES',
        `expected ${need} bytes of items, found ${left}`,
      );
    }
    for (let i = 0; i < values.length; i++) values[i] = from.f64();
  } else if (codec === DEC || codec === BIN) {
    readScaled(from, codec, values, sizes);
  } else {
    readOrdered(from, values, sizes);
  }
}

function readScaled(from: ByteReader, codec: number, values: Float64Array, sizes: ArrayLike<number>): void {
  const exponent = from.uv(codec === DEC ? 22 : 2097, 'exponent');
  const step = from.uv(EXACT, 'step');
  if (step === 0) from.fail('ERR_CODEC', 'a step of 0');
  const base = from.zigzag('base');
  const span = from.uv(EXACT, 'span');
  if (!isExactRange(base, step, span)) from.fail('ERR_CODEC', 'base and span reach beyond 2^53');
  const value = unscale(codec, exponent);
  if (!Number.isFinite(value(base)) || !Number.isFinite(value(base + step * span))) {
    from.fail('ERR_CODEC', 'values beyond the largest double');
  }
  const b = lowBits(span);
  const unit = 2 ** b;
  const top = Math.floor(span / unit);
  const bits = new BitReader(from.bytes, from.at, from.end);
  const h = readLevels(bits, values.length, sizes, top);
  for (let i = 0; i < values.length; i++) {
    const v = b ? h[i] * unit + bits.bits(b) : h[i];
    if (v > span) throw new SketchDataError('ERR_CODEC', `a value beyond the span: ${v} > ${span}`, bits.at);
    values[i] = value(base + step * v);
  }
  bits.finish();
}

function readOrdered(from: ByteReader, values: Float64Array, sizes: ArrayLike<number>): void {
  const dropped = from.uv(63, 'dropped bits');
  const split = from.uv(dropped > 31 ? 0 : 2, 'split bits');
  const base = from.uv(0xffffffff, 'base');
  const span = from.uv(SPAN_LIMIT - 1, 'span');
  const shift = dropped > 31 ? dropped - 32 : split;
  if ((base + span) * 2 ** shift > 0xffffffff) from.fail('ERR_CODEC', 'base and span reach beyond 32 bits');
  const bits = new BitReader(from.bytes, from.at, from.end);
  const h = readLevels(bits, values.length, sizes, span);
  const f64 = new Float64Array(1);
  const words = new Uint32Array(f64.buffer);
  for (let i = 0; i < values.length; i++) {
    let low = 0;
    let high = (h[i] + base) * 2 ** shift;
    if (dropped < 32) {
      low = bits.bits(32 - dropped) * 2 ** dropped;
      high += bits.bits(split);
    }
    values[i] = fromOrdered(high, low, words, f64);
  }
  bits.finish();
}

/** H of min, max and all items. */
function readLevels(bits: BitReader, length: number, sizes: ArrayLike<number>, top: number): Uint32Array {
  const h = new Uint32Array(length);
  h[1] = top;
  let at = 2;
  for (let level = 0; level < sizes.length; level++) {
    bits.interpolate(h, at, at + sizes[level], 0, top);
    at += sizes[level];
  }
  return h;
}

/** Every level ascends within [min, max], and nothing is NaN. */
function checkItems(items: Float64Array, sizes: Uint32Array, min: number, max: number): void {
  if (!(min <= max)) throw new SketchDataError('ERR_ITEMS', `min ${min} and max ${max}`);
  let at = 0;
  for (const size of sizes) {
    let before = min;
    for (const end = at + size; at < end; at++) {
      if (!(items[at] >= before && items[at] <= max)) {
        throw new SketchDataError(
          'ERR_ITEMS',
          `item ${at}, ${items[at]}, is not between ${before} and ${max}`,
        );
      }
      before = items[at];
    }
  }
}
