/**
 * Ingestion: values come in blocks. A block is sorted, sampled at a stride of 2^j, and the picks go straight to
 * the level whose weight they carry, so that the cascade of small compactions below that level never happens.
 * For large n one uniform value first stands for each 2^s consecutive ones.
 */
import {
  BLOCK, COMING, H_CARRY, H_K, H_MAX, H_MIN, H_N, H_OFFSET, H_PHASE, H_SUM, H_TAILS, INPUT, PICKS, SAMPLE, SCRATCH, header,
} from './layout';
import { draw } from './coin';
import { SCHEDULE_K } from './capacity';
import { compress } from './compact';
import { growTo, mergeComing, mergeInto, numLevels } from './levels';
import { groupBlock } from './group';
import { insertionSort } from './sort';

/** Share of the error budget that sampling blocks may take, x 12: the variance of a uniform offset is stride^2 / 12. */
const BLOCK_SHARE: f64 = 12 * 0.05;
/** Largest window of the sampler, in units of eps^2 n. */
const SAMPLER_SHARE: f64 = 0.4;

/** Where sampled values wait to be a block: the scratch of sorting is free until then. */
const SAMPLED: usize = SCRATCH;

/**
 * eps: 0.003 sqrt(200 / k) up to k = 1024, and from there on falling as the error of compactions falls, as 1 / k:
 * falling as the root, sampling would be the larger part at k = 4096 (0.067 % of n instead of 0.04 at n = 2e5).
 */
// @ts-ignore: decorator
@inline
function epsilon(): f64 {
  const k = <f64>load<u32>(header + H_K);
  return 0.003 * Math.sqrt((200 / k) * Math.min(1, 1024 / k));
}

/**
 * Looks at `count` values in the input window: min, max, sum. Returns false, having changed nothing, if one is
 * not finite.
 */
export function scan(count: i32): bool {
  let low: f64 = Infinity;
  let high: f64 = -Infinity;
  let sum = load<f64>(header + H_SUM);
  let carry = load<f64>(header + H_CARRY);
  const end = INPUT + (<usize>count << 3);
  let at = INPUT;
  while (at < end) {
    // Four lanes add up at most 512 values each part; parts are added with compensation (Neumaier 1974).
    const stop = min(at + 4096, end);
    let min0 = f64x2.splat(Infinity), min1 = min0;
    let max0 = f64x2.splat(-Infinity), max1 = max0;
    let sum0 = f64x2.splat(0), sum1 = sum0;
    for (; at + 32 <= stop; at += 32) {
      const x = v128.load(at);
      const y = v128.load(at, 16);
      min0 = f64x2.pmin(min0, x);
      min1 = f64x2.pmin(min1, y);
      max0 = f64x2.pmax(max0, x);
      max1 = f64x2.pmax(max1, y);
      sum0 = f64x2.add(sum0, x);
      sum1 = f64x2.add(sum1, y);
    }
    let part = 0.0;
    for (; at < stop; at += 8) {
      const x = load<f64>(at);
      low = x < low ? x : low;
      high = x > high ? x : high;
      part += x;
    }
    min0 = f64x2.pmin(min0, min1);
    max0 = f64x2.pmax(max0, max1);
    sum0 = f64x2.add(sum0, sum1);
    low = Math.min(low, Math.min(f64x2.extract_lane(min0, 0), f64x2.extract_lane(min0, 1)));
    high = Math.max(high, Math.max(f64x2.extract_lane(max0, 0), f64x2.extract_lane(max0, 1)));
    part += f64x2.extract_lane(sum0, 0) + f64x2.extract_lane(sum0, 1);
    const total = sum + part;
    carry += Math.abs(sum) >= Math.abs(part) ? sum - total + part : part - total + sum;
    sum = total;
  }
  // pmin and pmax pass over NaN, the sum does not: only where it is not finite every value needs a look.
  if (low == -Infinity || high == Infinity) return false;
  if (!(Math.abs(sum) < Infinity) && hasNaN(end)) return false;
  if (low < load<f64>(header + H_MIN) || isNaN(load<f64>(header + H_MIN))) store<f64>(header + H_MIN, low + 0.0);
  if (high > load<f64>(header + H_MAX) || isNaN(load<f64>(header + H_MAX))) store<f64>(header + H_MAX, high + 0.0);
  store<f64>(header + H_SUM, sum);
  // Past the largest double there is nothing to compensate.
  if (Math.abs(sum) < Infinity) store<f64>(header + H_CARRY, carry);
  return true;
}

function hasNaN(end: usize): bool {
  for (let at = INPUT; at < end; at += 8) if (isNaN(load<f64>(at))) return true;
  return false;
}

/** Takes `count` scanned values of the input window into the state. */
export function ingest(count: i32): void {
  if (!count) return;
  const n = load<f64>(header + H_N) + <f64>count;
  const shift = samplerShift(n);
  if (shift == 0) {
    let done = 0;
    while (done < count) {
      const size = min(BLOCK, count - done);
      takeBlock(INPUT + (<usize>done << 3), size, 0);
      done += size;
    }
    return;
  }
  sampleInput(count, shift);
}

/**
 * s, where one value stands for 2^s: the largest with 2^s <= 0.4 eps^2 n. Where tails follow the schedule it is 0: the
 * sampler knows no tails, and would be the largest error at p99.9.
 */
function samplerShift(n: f64): i32 {
  const eps = epsilon();
  if (load<u8>(header + H_TAILS) && load<u32>(header + H_K) >= SCHEDULE_K) return 0;
  const limit = SAMPLER_SHARE * eps * eps * n;
  let shift = 0;
  while (shift < 14 && <f64>(2 << shift) <= limit) shift++;
  return shift;
}

/** Sampled values that wait for their block to be full, and what each stands for, as a power of two. */
let waiting: i32 = 0;
let waitingShift: i32 = 0;

/** Forgets what waits. */
export function dropWaiting(): void {
  waiting = 0;
}

/** Takes what waits into the state: where the sampling changes, and at the end of a call. */
export function takeWaiting(): void {
  if (waiting) takeBlock(SAMPLED, waiting, waitingShift);
  waiting = 0;
}

/**
 * One uniform value of each window of 2^shift enters with that weight; what is left over enters by the bits of its length.
 * Blocks are filled across calls: at n = 1e8 one part of the input gives 64 values, and a block of those costs as much as one of 2048.
 */
function sampleInput(count: i32, shift: i32): void {
  if (shift != waitingShift) takeWaiting();
  waitingShift = shift;
  const mask = (<u64>1 << shift) - 1;
  let at = INPUT;
  let bits: u64 = 0;
  let left = 0;
  for (let windows = count >> shift; windows > 0; ) {
    const size = min(BLOCK - waiting, windows);
    let to = SAMPLED + (<usize>waiting << 3);
    for (const end = to + (<usize>size << 3); to < end; to += 8) {
      if (left < shift) {
        bits = draw();
        left = 64;
      }
      store<f64>(to, load<f64>(at + (<usize>(bits & mask) << 3)));
      bits >>= <u64>shift;
      left -= shift;
      at += <usize>8 << shift;
    }
    windows -= size;
    waiting += size;
    if (waiting == BLOCK) takeWaiting();
  }
  for (let bit = shift - 1; bit >= 0; bit--) {
    if (!(count & (1 << bit))) continue;
    // What waits lies where blocks are sorted.
    takeWaiting();
    takeBlock(at + (<usize>(draw() & ((1 << bit) - 1)) << 3), 1, bit);
    at += <usize>8 << bit;
  }
}

/** From this stride on (as a power of two) a pick may be any item of its cell. */
const LOOSE: i32 = 2;

/**
 * Takes `count` items at `from` into the state, each with weight 2^base: puts them in order, samples them, and
 * merges the picks into their levels.
 *
 * Chunks of equal size cover the ordered block from end to end and give one item each; `f` chunks of every smaller
 * size stand at each protected end, so that the tail is sampled as finely as it is sparse.
 *
 *    | f of 1, f of 2, .. (both)  |  q chunks of 2^j  |  .. f of 2, f of 1 (high, both) |
 */
export function takeBlock(from: usize, count: i32, base: i32): void {
  const weight = <f64>count * <f64>(<u64>1 << base);
  const n = load<f64>(header + H_N) + weight;
  store<f64>(header + H_N, n);
  growTo(base);
  const sides = <i32>load<u8>(header + H_TAILS);
  const f = sides ? rampItems() : 0;
  const stride = strideOf(count, base, n);
  if (stride == 0) {
    groupBlock(from, count, 0);
    // Adding 0 turns -0 into 0; here and in `pick` only what is kept pays for it.
    for (let i = 0; i < count; i++) {
      const at = SAMPLE + (<usize>i << 3);
      store<f64>(at, load<f64>(at) + 0.0);
    }
    mergeInto(base, SAMPLE, count);
    compress();
    return;
  }
  const loose = stride >= LOOSE;
  groupBlock(from, count, loose ? 1 << (stride - 1) : 0);
  const ramp = sides * rampOf(stride);
  if (loose && sides) sortEnds(count, f * 7, sides == 2);
  const offset = nextOffset();
  const rest = count - ramp;
  // Both ends of the block move inward, from the chunks of 1 to those of 2^stride.
  let low = SAMPLE;
  let high = SAMPLE + (<usize>count << 3);
  let to = PICKS;
  for (let j = 0; j < stride; j++) {
    const first = to;
    if (sides == 2) {
      to = pick(to, low, f, j, offset);
      low += <usize>f << (3 + j);
    }
    const chunks = (sides ? f : 0) + ((rest >> j) & 1);
    high -= <usize>chunks << (3 + j);
    to = pick(to, high, chunks, j, offset);
    come(base + j, first, to);
  }
  come(base + stride, to, pick(to, low, rest >> stride, stride, offset));
  assert(low + (<usize>(rest >> stride) << (3 + stride)) == high, 'chunks do not cover the block');
  mergeComing(base, base + stride, PICKS);
  compress();
}

/** Has the picks of [first, end) come to a level. */
// @ts-ignore: decorator
@inline
function come(level: i32, first: usize, end: usize): void {
  store<u32>(COMING + (<usize>level << 2), <u32>((end - first) >> 3));
}

/** The stride at which `count` items of weight 2^base are sampled, as a power of two: what `targetLevel` allows, and they are enough for. */
export function strideOf(count: i32, base: i32, n: f64): i32 {
  const sides = <i32>load<u8>(header + H_TAILS);
  let stride = targetLevel(<f64>count * <f64>(<u64>1 << base), n, base) - base;
  while (stride > 0 && sides * rampOf(stride) + (1 << stride) > count) stride--;
  return stride;
}

/**
 * The level that a block is sampled for: 2^h with h the largest level with
 * 2^h <= sqrt(12 x 0.05 x weight x n) eps, at least the base level, at most the top level.
 */
function targetLevel(weight: f64, n: f64, base: i32): i32 {
  const limit = Math.sqrt(BLOCK_SHARE * weight * n) * epsilon();
  const top = numLevels() - 1;
  let level = base;
  let unit = <f64>(<u64>1 << base) * 2;
  while (level < top && unit <= limit) {
    level++;
    unit *= 2;
  }
  return level;
}

/** Sorts the protected ends of a grouped block exactly: the chunks of 1, 2 and 4 there, and a margin of groups. */
function sortEnds(count: i32, items: i32, both: bool): void {
  const size = <usize>min(count, items + 32) << 3;
  const end = SAMPLE + (<usize>count << 3);
  insertionSort(end - size, end);
  if (both) insertionSort(SAMPLE, SAMPLE + size);
}

/**
 * Chunks of each smaller size at a protected end of a block: k / 50, at most 8. At p99 a block of 2048 is then sampled
 * at a stride of 2, which adds 0.0013 % of n at n = 1e6; more would be finer and slower (16: 0.7 ns an item).
 */
function rampItems(): i32 {
  return <i32>min<u32>(8, max<u32>(1, (load<u32>(header + H_K) + 25) / 50));
}

/** Items that lie in the chunks of sizes smaller than 2^stride at a protected end. */
export function rampOf(stride: i32): i32 {
  return rampItems() * ((1 << stride) - 1);
}

/** Picks one item of each of `chunks` chunks of 2^stride items at `from` and puts them to `to`. Returns their end. */
function pick(to: usize, from: usize, chunks: i32, stride: i32, offset: u64): usize {
  const first = to;
  from += <usize>(offset >> <u64>(53 - stride)) << 3;
  for (let i = 0; i < chunks; i++) {
    store<f64>(to, load<f64>(from) + 0.0);
    from += <usize>8 << stride;
    to += 8;
  }
  // Of a grouped block, picks of neighbouring chunks may come from one group.
  insertionSort(first, to);
  return to;
}

/** The offset of a block's picks as a 53-bit fraction of the stride: blocks come in pairs, u then 1 - u. */
export function nextOffset(): u64 {
  if (load<u8>(header + H_PHASE)) {
    store<u8>(header + H_PHASE, 0);
    const pending = load<u64>(header + H_OFFSET);
    store<u64>(header + H_OFFSET, 0);
    return pending;
  }
  const offset = draw() >> 11;
  store<u8>(header + H_PHASE, 1);
  store<u64>(header + H_OFFSET, 0x1fffffffffffff - offset);
  return offset;
}
