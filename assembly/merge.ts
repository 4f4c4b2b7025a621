/**
 * Merging many: each source's levels are appended to a buffer of their level; a full buffer is a block like any
 * other, at the weight of its level. So a thousand small sketches cost one sketch's worth of compaction error.
 */
import { FILL, H_CARRY, H_SUM, INPUT, MAX_LEVELS, MERGE_BLOCK, header, mergeBuffers } from './layout';
import { takeBlock } from './ingest';

/** Sizes of the levels of a part of a source: u32 x 64 at the start of the input window, its items behind them. */
const SIZES_BYTES: usize = 256;

/** Empties the buffers. */
export function beginMerge(): void {
  memory.fill(FILL, 0, 256);
}

// @ts-ignore: decorator
@inline
function bufferOf(level: i32): usize {
  return mergeBuffers() + <usize>level * (MERGE_BLOCK << 3);
}

/** Appends the source in the input window: `levels` levels, the first of them level `first`. */
export function absorb(first: i32, levels: i32): void {
  let from = INPUT + SIZES_BYTES;
  for (let i = 0; i < levels; i++) {
    const size = <i32>load<u32>(INPUT + (<usize>i << 2));
    append(first + i, from, size);
    from += <usize>size << 3;
  }
}

function append(level: i32, from: usize, count: i32): void {
  assert(level < MAX_LEVELS, 'a level above the last');
  const fillAt = FILL + (<usize>level << 2);
  const buffer = bufferOf(level);
  let fill = <i32>load<u32>(fillAt);
  while (count > 0) {
    const part = min(count, MERGE_BLOCK - fill);
    memory.copy(buffer + (<usize>fill << 3), from, <usize>part << 3);
    fill += part;
    from += <usize>part << 3;
    count -= part;
    if (fill == MERGE_BLOCK) {
      flush(level, fill);
      fill = 0;
    }
  }
  store<u32>(fillAt, <u32>fill);
}

/** Appends `count` values of the input window with their weights, f64 integers below 2^53, which lie `count` values on. */
export function absorbWeighted(count: i32): void {
  let sum = load<f64>(header + H_SUM);
  let carry = load<f64>(header + H_CARRY);
  for (let i = 0; i < count; i++) {
    const at = INPUT + (<usize>i << 3);
    const x = load<f64>(at);
    const w = load<f64>(at + (<usize>count << 3));
    const part = x * w;
    const total = sum + part;
    carry += Math.abs(sum) >= Math.abs(part) ? sum - total + part : part - total + sum;
    sum = total;
    let bits = <u64>w;
    while (bits) {
      append(<i32>ctz(bits), at, 1);
      bits &= bits - 1;
    }
  }
  store<f64>(header + H_SUM, sum);
  store<f64>(header + H_CARRY, carry);
}

/** Takes what waits in the buffers into the state, heaviest first, so that the levels it may go to exist. */
export function finishMerge(): void {
  for (let level = MAX_LEVELS - 1; level >= 0; level--) {
    const fill = <i32>load<u32>(FILL + (<usize>level << 2));
    if (fill) flush(level, fill);
    store<u32>(FILL + (<usize>level << 2), 0);
  }
}

function flush(level: i32, count: i32): void {
  takeBlock(bufferOf(level), count, level);
}
