/**
 * Merging many: each source's levels, sampled where they are finer than the result needs, are appended to a buffer of
 * their level; a full buffer is a block like any other, at the weight of its level. So a thousand small sketches cost
 * one sketch's worth of compaction error.
 */
import {
  FILL, H_CARRY, H_GUARANTEE, H_LEVELS, H_MAX, H_MIN, H_MIN_K, H_N, H_SIZES, H_SUM, H_TAILS, H_VARIANCE, INPUT,
  H_KEY, KEY_BYTES, MAX_LEVELS, MERGE_BLOCK, header, mergeBuffers, mergeKeys,
} from './layout';
import { draw } from './coin';
import { forgetKey, useKey } from './group';
import { rampOf, scan, strideOf, takeBlock } from './ingest';

/** What sampling the levels of sources may add to the error's variance, as a part of what sampling blocks may. */
let runShare: f64 = 0.5;

/** Benchmarks' seam: at 0 levels go to the buffers whole. No export of the release build, where this is a constant. */
export function setRunShare(share: f64): void {
  runShare = share;
}

/** n of the result so far, and its condensing variance times n^2. */
let mergedN: f64 = 0;
let mergedVariance: f64 = 0;
/** A bit for each level whose key is of this merge. */
let learnedLevels: u64 = 0;

/** Empties the buffers. */
export function beginMerge(): void {
  memory.fill(FILL, 0, 256);
  learnedLevels = 0;
  mergedN = load<f64>(header + H_N);
  mergedVariance = load<f64>(header + H_VARIANCE) * mergedN * mergedN;
}

// @ts-ignore: decorator
@inline
function bufferOf(level: i32): usize {
  return mergeBuffers() + <usize>level * (MERGE_BLOCK << 3);
}

/** The key of a level's blocks: where tails are protected, low levels hold those alone, and one key would serve none. */
// @ts-ignore: decorator
@inline
function keyOf(level: i32): usize {
  return mergeKeys() + <usize>(level * KEY_BYTES);
}

/**
 * Takes a whole source, copied in as its state is: its header at `source`, its items before it. What stands in both
 * headers is joined, its levels go to the buffers.
 */
export function absorbState(source: usize): void {
  const n = load<f64>(source + H_N);
  const variance = load<f64>(source + H_VARIANCE);
  const levels = <i32>load<u32>(source + H_LEVELS);
  if (!levels) {
    // Nothing but staged values, which come by themselves; but a sum that is not known stays so.
    addToSum(load<f64>(source + H_SUM));
    return;
  }
  mergedN += n;
  mergedVariance += variance * n * n;
  if (levels > 1) {
    store<u32>(header + H_MIN_K, min(load<u32>(header + H_MIN_K), load<u32>(source + H_MIN_K)));
    store<u8>(header + H_GUARANTEE, min(load<u8>(header + H_GUARANTEE), load<u8>(source + H_GUARANTEE)));
  }
  addToSum(load<f64>(source + H_SUM));
  addToSum(load<f64>(source + H_CARRY));
  include(load<f64>(source + H_MIN));
  include(load<f64>(source + H_MAX));
  // A condensed copy was sampled as far as it may be: its levels go whole, and those between two protected ends as well.
  const sampledN = variance || load<u8>(header + H_TAILS) == 2 ? 0 : mergedN * runShare;
  let end = source;
  for (let level = levels - 1; level >= 0; level--) {
    const size = <i32>load<u32>(source + H_SIZES + (<usize>level << 2));
    end -= <usize>size << 3;
    takeRun(level, end, size, sampledN);
  }
}

/** Takes `count` finite values of the input window, each of weight 1. */
export function absorbValues(count: i32): void {
  scan(count);
  mergedN += <f64>count;
  append(0, INPUT, count, 0);
}

/**
 * Takes `count` ascending items of a level. They are sampled as a block of their weight would be in a sketch of n values (0:
 * not at all), before anything is moved: one item of each chunk goes up, and what is left over stays, as does what a block
 * would sample more finely at its protected high end.
 *
 *    | chunks of 2^stride | left over | ramp (high) |
 */
function takeRun(level: i32, from: usize, count: i32, n: f64): void {
  const stride = strideOf(count, level, n);
  if (stride) {
    const chunks = (count - <i32>load<u8>(header + H_TAILS) * rampOf(stride)) >> stride;
    // An offset of its own: of the pair that blocks draw, the other one may fall to the block that these items go to, and with
    // opposite offsets the same places of every four would be kept for ever.
    append(level + stride, from + (<usize>(draw() >> <u64>(64 - stride)) << 3), chunks, stride);
    from += <usize>chunks << (3 + stride);
    count -= chunks << stride;
  }
  append(level, from, count, 0);
}

/** Adds to the sum with compensation (Neumaier 1974). */
function addToSum(x: f64): void {
  const sum = load<f64>(header + H_SUM);
  const total = sum + x;
  const carry = Math.abs(sum) >= Math.abs(x) ? sum - total + x : x - total + sum;
  store<f64>(header + H_SUM, total);
  // Past the largest double there is nothing to compensate.
  if (Math.abs(total) < Infinity) store<f64>(header + H_CARRY, load<f64>(header + H_CARRY) + carry);
}

/** Widens min and max. Adding 0 turns -0 into 0. */
function include(x: f64): void {
  x += 0.0;
  if (!(load<f64>(header + H_MIN) <= x)) store<f64>(header + H_MIN, x);
  if (!(load<f64>(header + H_MAX) >= x)) store<f64>(header + H_MAX, x);
}

/** Appends `count` items to a level's buffer, each 2^shift places behind the one before. */
function append(level: i32, from: usize, count: i32, shift: i32): void {
  assert(level < MAX_LEVELS, 'a level above the last');
  const fillAt = FILL + (<usize>level << 2);
  const buffer = bufferOf(level);
  let to = buffer + (<usize>load<u32>(fillAt) << 3);
  for (; count > 0; count--) {
    store<f64>(to, load<f64>(from));
    from += <usize>8 << shift;
    to += 8;
    if (to < buffer + (MERGE_BLOCK << 3)) continue;
    flush(level, MERGE_BLOCK);
    to = buffer;
  }
  store<u32>(fillAt, <u32>((to - buffer) >> 3));
}

/** Takes `count` values of the input window with their weights, f64 integers below 2^53, which lie `count` values on. */
export function absorbWeighted(count: i32): void {
  for (let i = 0; i < count; i++) {
    const at = INPUT + (<usize>i << 3);
    const x = load<f64>(at);
    const w = load<f64>(at + (<usize>count << 3));
    mergedN += w;
    addToSum(x * w);
    include(x);
    for (let bits = <u64>w; bits; bits &= bits - 1) append(<i32>ctz(bits), at, 1, 0);
  }
}

/** Takes what waits in the buffers into the state, heaviest first, so that the levels it may go to exist. */
export function finishMerge(): void {
  for (let level = MAX_LEVELS - 1; level >= 0; level--) {
    const fill = <i32>load<u32>(FILL + (<usize>level << 2));
    if (fill) flush(level, fill);
  }
  if (mergedVariance) store<f64>(header + H_VARIANCE, mergedVariance / (mergedN * mergedN));
  assert(mergedN == load<f64>(header + H_N), 'the sources do not sum to n');
}

function flush(level: i32, count: i32): void {
  const bit = <u64>1 << level;
  useKey(keyOf(level));
  if (!(learnedLevels & bit)) forgetKey();
  learnedLevels |= bit;
  takeBlock(bufferOf(level), count, level);
  useKey(header + H_KEY);
}
