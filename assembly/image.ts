/**
 * Compact images (docs/formats.md) as sources of a merge: decoded where they were copied to, into a state in the input
 * window that `absorbState` takes. Only sound images are taken. Whatever is odd is left to the host, which decodes or
 * refuses it, and says why; so nothing here needs a word about errors, and nothing here may be laxer than the host.
 */
import {
  CHUNK, CRC, H_GUARANTEE, H_K, H_LEVELS, H_MAX, H_MIN, H_MIN_K, H_N, H_SIZES, H_SUM, H_VARIANCE, HEADER_BYTES, INPUT,
  MAX_LEVELS,
} from './layout';

/** Items that the input window has room for, beside min, max and the header. */
const MOST_ITEMS: u32 = CHUNK - 2 - <u32>(HEADER_BYTES >> 3);
/** First item; min and max lie before it, as they do in the sequence that images code. */
const ITEMS: usize = INPUT + 16;
/** 2^53. */
const EXACT: f64 = 9007199254740992;

/** Next byte of the image, and the end of its body. */
let at: usize = 0;
let end: usize = 0;
/** Whether something was not as it must be; what was read since is then rubbish, but in its range. */
let isOdd: bool = false;

function need(holds: bool): void {
  if (!holds) isOdd = true;
}

/** The next `bytes`, at most 8, as an integer. Reading behind the body is odd, and harmless. */
function fixed(bytes: usize): u64 {
  need(at + bytes <= end);
  const x = load<u64>(min(at, end));
  at += bytes;
  return bytes == 8 ? x : x & (((<u64>1) << (bytes << 3)) - 1);
}

/** Unsigned LEB128: at most 8 bytes, minimal, from `least` to `most`. */
function uv(least: u64, most: u64): u64 {
  let x: u64 = 0;
  let shift: u64 = 0;
  let byte: u64 = 0;
  do {
    byte = fixed(1);
    x |= (byte & 127) << shift;
    shift += 7;
  } while (byte > 127 && shift < 56);
  need((byte != 0 || shift == 7) && byte < 128 && x >= least && x <= most);
  return x;
}

/** A signed integer of magnitude up to 2^53 from the uv of its zigzag code. */
function zigzag(): f64 {
  const low = fixed(1);
  const half = ((low & 127) >> 1) + (low > 127 ? uv(1, ((<u64>1) << 47) - 1) << 6 : 0);
  return low & 1 ? -1 - <f64>half : <f64>half;
}

/**
 * Decodes the image of `length` bytes at `image`; the memory behind it can be read as far as the longest stream of items may
 * reach: 8 bytes for each that the input window holds, and 8 more. Returns the address of a header for `absorb`, its items
 * before it, or 0 when the host has to look at it.
 */
export function decodeImage(image: usize, length: u32): usize {
  at = image;
  end = image + length - 4;
  if (length < 9 || crc32c() != load<u32>(end)) return 0;
  isOdd = false;
  // Version 1 of doubles, with or without a sum.
  const head = fixed(2) | 0x200;
  const flags = <u32>fixed(1);
  if (head != 0x12c7) return 0;
  const guarantee = flags >> 6;
  if (flags & 4) {
    const precision = fixed(1);
    need(precision != 0 && (precision & 127) < (precision < 128 ? 52 : 23) && !(flags & 32));
  }
  const k = uv(8, 65535);
  const minK = flags & 8 ? uv(8, 65535) : k;
  const variance = flags & 16 ? <f64>reinterpret<f32>(<u32>fixed(4)) : 0;
  const hasSum = load<u8>(image, 1) & 2;
  const sum = hasSum ? reinterpret<f64>(fixed(8)) : NaN;
  need(guarantee < 3 && variance >= 0 && variance < Infinity && (!hasSum || sum == sum));

  const levels = <u32>uv(1, MAX_LEVELS);
  if (isOdd) return 0;
  let items: u32 = 0;
  let n: f64 = 0;
  let weight: f64 = 1;
  // Read once to know where the header will be, and once more into it.
  const sizesAt = at;
  for (let level: u32 = 0; level < levels; level++) {
    const size = <u32>uv(0, MOST_ITEMS);
    items += size;
    n += <f64>size * weight;
    weight *= 2;
    need(size > 0 || level < levels - 1);
  }
  need(items <= min(MOST_ITEMS, 3 * <u32>k + (guarantee ? 297 : 9) * levels) && n < EXACT);
  if (isOdd) return 0;
  const header = ITEMS + (<usize>items << 3);
  assert(header + HEADER_BYTES <= INPUT + (<usize>CHUNK << 3), 'an image larger than the window');
  memory.fill(header, 0, HEADER_BYTES);
  at = sizesAt;
  for (let level: u32 = 0; level < levels; level++) {
    store<u32>(header + H_SIZES + (<usize>level << 2), <u32>uv(0, MOST_ITEMS));
  }
  if (flags & 32) passState(levels);
  decodeValues(flags & 3, header, levels);
  need(at == end);
  if (isOdd || !isAscending(header, levels)) return 0;

  store<f64>(header + H_N, n);
  store<f64>(header + H_MIN, load<f64>(INPUT));
  store<f64>(header + H_MAX, load<f64>(INPUT, 8));
  store<f64>(header + H_SUM, sum);
  // Behind values that are all still there lies no compaction, whatever the image says of one.
  store<f64>(header + H_VARIANCE, levels > 1 ? variance : 0);
  store<u32>(header + H_K, <u32>k);
  store<u32>(header + H_MIN_K, <u32>(levels > 1 ? minK : k));
  store<u32>(header + H_LEVELS, levels);
  store<u8>(header + H_GUARANTEE, <u8>(levels > 1 ? guarantee : 0));
  return header;
}

/** A merge keeps its receiver's state: that of an image is looked at and passed over. */
function passState(levels: u32): void {
  at += 16;
  uv(0, 2);
  if (uv(0, 1)) need(fixed(8) < <u64>EXACT);
  for (; levels > 0; levels--) uv(0, 0xffffffff);
}

/** Min, max and the items, to INPUT. */
function decodeValues(codec: u32, header: usize, levels: u32): void {
  if (codec == 0) {
    const bytes = header - INPUT;
    need(end - at == bytes);
    if (!isOdd) memory.copy(INPUT, at, bytes);
    at = end;
  } else if (codec == 3) {
    decodeOrdered(header, levels);
  } else {
    decodeScaled(codec == 2, header, levels);
  }
}

/** (base + step v) / 10^e, or times 2^(e - 1074). */
function decodeScaled(isBinary: bool, header: usize, levels: u32): void {
  const exponent = <i32>uv(0, isBinary ? 2097 : 22);
  const step = <f64>uv(1, <u64>EXACT);
  const base = zigzag();
  const span = uv(0, <u64>EXACT - 1);
  need(Math.abs(base) + step * <f64>span < EXACT);
  // What follows counts on their ranges.
  if (isOdd) return;
  // Powers of ten to 10^22 are exact; those of two are split where one alone would be subnormal.
  let ten: f64 = 1;
  let two: f64 = 1;
  let more: f64 = 1;
  if (isBinary) {
    const power = max(-1022, exponent - 1074);
    two = reinterpret<f64>(<u64>(power + 1023) << 52);
    more = reinterpret<f64>(<u64>(exponent - 1074 - power + 1023) << 52);
  } else {
    for (let i = 0; i < exponent; i++) ten *= 10;
  }
  need(Math.abs(base * two * more) < Infinity && Math.abs((base + step * <f64>span) * two * more) < Infinity);
  if (isOdd) return;
  let split: u64 = 0;
  while (span >> split >= <u64>(1 << 30)) split++;
  openBits();
  interpolateLevels(header, levels, <u32>(span >> split));
  if (!split && !isBinary) {
    // By two, as 32-bit integers. The last may be that of the header's n, which is written later.
    const bases = f64x2.splat(base);
    const steps = f64x2.splat(step);
    const tens = f64x2.splat(ten);
    for (let to = INPUT; to < header; to += 16) {
      const v = f64x2.convert_low_i32x4_u(v128.shuffle<i32>(v128.load(to), v128.load(to), 0, 2, 0, 2));
      v128.store(to, f64x2.div(f64x2.add(bases, f64x2.mul(steps, v)), tens));
    }
    closeBits();
    return;
  }
  for (let to = INPUT; to < header; to += 8) {
    const v = (load<u64>(to) << split) | bits(<u32>split);
    need(v <= span);
    const m = base + step * <f64>v;
    store<f64>(to, isBinary ? m * two * more : m / ten);
  }
  closeBits();
}

/** Doubles by the order-preserving 64-bit image of theirs. */
function decodeOrdered(header: usize, levels: u32): void {
  const dropped = uv(0, 63);
  const split = uv(0, dropped > 31 ? 0 : 2);
  const base = uv(0, 0xffffffff);
  const span = uv(0, (1 << 30) - 1);
  const shift = dropped > 31 ? dropped - 32 : split;
  need(base > 0 && ((base + span) << shift) <= 0xffffffff);
  if (isOdd) return;
  openBits();
  interpolateLevels(header, levels, <u32>span);
  // The low bits of every value and those of its high word that go with them: none where more than a word is dropped.
  const lowBits: u64 = dropped > 31 ? 0 : 32 - dropped;
  const lows = (<u64>1 << lowBits) - 1;
  const all = (<u64>1 << (lowBits + split)) - 1;
  let place = bitsRead;
  for (let to = INPUT; to < header; to += 8) {
    const x = peek(place) & all;
    place += <usize>(lowBits + split);
    const order = (load<u64>(to) + base) << (32 + shift) | (x & lows) << dropped | (x >> lowBits) << 32;
    const sign = (<u64>1) << 63;
    store<u64>(to, order & sign ? order ^ sign : (sign - order) | sign);
  }
  bitsRead = place;
  closeBits();
}

/** The bit stream: its first byte, and the bits read of it. */
let stream: usize = 0;
let bitsRead: usize = 0;

function openBits(): void {
  stream = at;
  bitsRead = 0;
}

/** The stream from bit `from` on: 57 bits at least. Behind its end it is rubbish, of which the caller gives as much as there may be bits. */
// @ts-ignore: decorator
@inline
function peek(from: usize): u64 {
  return load<u64>(stream + (from >> 3)) >> <u64>(from & 7);
}

/** The next `count` bits, at most 32, LSB first. */
// @ts-ignore: decorator
@inline
function bits(count: u32): u64 {
  const x = peek(bitsRead) & (((<u64>1) << <u64>count) - 1);
  bitsRead += count;
  return x;
}

/** The stream ends in the body, and zero bits fill its last byte. */
function closeBits(): void {
  at = stream + ((bitsRead + 7) >> 3);
  need(at <= end && bits(<u32>(-bitsRead & 7)) == 0);
}

/** The interpolative code of every level, 0 to `top` each, as integers of 8 bytes; min is 0 and max is `top`. */
function interpolateLevels(header: usize, levels: u32, top: u32): void {
  store<u64>(INPUT, 0);
  store<u64>(INPUT, top, 8);
  let from = ITEMS;
  for (let level: u32 = 0; level < levels; level++) {
    const to = from + (<usize>load<u32>(header + H_SIZES + (<usize>level << 2)) << 3);
    bitsRead = interpolate(from, to, 0, top, bitsRead);
    from = to;
  }
}

/**
 * The items of [from, to), which lie in low..high: the middle one, those before it, those behind it. The place in the
 * stream is handed on and returned: every item waits for it, and in memory it would be found four cycles later.
 */
function interpolate(from: usize, to: usize, low: u32, high: u32, place: usize): usize {
  while (from < to) {
    if (low == high) {
      for (; from < to; from += 8) store<u64>(from, low);
      break;
    }
    const middle = from + (((to - from) >> 4) << 3);
    // Centred minimal binary: `short` of the `count` values take a bit less, those in the middle.
    const count = high - low + 1;
    const width = 32 - clz(count - 1);
    const short: u32 = (1 << width) - count;
    const next = peek(place);
    let code = <u32>next & ((1 << (width - 1)) - 1);
    // No branch on what a bit says: nothing foresees it.
    const isLong = <u32>(code >= short);
    code += (code + (<u32>(next >> <u64>(width - 1)) & 1) - short) & -isLong;
    place += width - 1 + isLong;
    code += (count - short) >> 1;
    const item = low + code - (count & -<u32>(code >= count));
    store<u64>(middle, item);
    if (from < middle) place = interpolate(from, middle, low, item, place);
    from = middle + 8;
    low = item;
  }
  return place;
}

/** Whether every level ascends within [min, max], and nothing is NaN. */
function isAscending(header: usize, levels: u32): bool {
  const least = load<f64>(INPUT);
  const most = load<f64>(INPUT, 8);
  let holds = least <= most;
  let from = ITEMS;
  for (let level: u32 = 0; level < levels; level++) {
    const to = from + (<usize>load<u32>(header + H_SIZES + (<usize>level << 2)) << 3);
    let before = least;
    for (; from < to; from += 8) {
      const x = load<f64>(from);
      holds = holds & (x >= before) & (x <= most);
      before = x;
    }
  }
  return holds;
}

/** What four bytes do to the checksum, by four of the tables. */
// @ts-ignore: decorator
@inline
function sliced(bytes: u32, tables: usize): u32 {
  return load<u32>(tables + ((bytes & 255) << 2), 3072) ^ load<u32>(tables + ((bytes >> 6) & 1020), 2048)
    ^ load<u32>(tables + ((bytes >> 14) & 1020), 1024) ^ load<u32>(tables + ((bytes >> 22) & 1020));
}

/** CRC-32C of the bytes from `at` to `end`, 16 bytes a step (Sarwate 1988, sliced as by Kounavis and Berry 2005). */
function crc32c(): u32 {
  if (!load<u32>(CRC, 4)) {
    for (let i: u32 = 0; i < 4096; i++) {
      // 16 tables: each goes on one byte further than the one before it.
      let crc = i < 256 ? i : load<u32>(CRC + ((i - 256) << 2));
      for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (<u32>0x82f63b78 & -(crc & 1));
      store<u32>(CRC + (i << 2), crc);
    }
  }
  let crc: u32 = -1;
  let from = at;
  for (; from + 16 <= end; from += 16) {
    crc = sliced(crc ^ load<u32>(from), CRC + 12288) ^ sliced(load<u32>(from, 4), CRC + 8192)
      ^ sliced(load<u32>(from, 8), CRC + 4096) ^ sliced(load<u32>(from, 12), CRC);
  }
  for (; from < end; from++) crc = load<u32>(CRC + (((crc ^ load<u8>(from)) & 255) << 2)) ^ (crc >> 8);
  return ~crc;
}
