/**
 * The memory map. Everything the kernel touches has its place here; nothing is allocated.
 *
 *      | POS CAPS  | SAMPLE    | PICKS    | SCRATCH      | CELLS        | CRC    | INPUT        | levels    | header | views          | merge   | merge
 *      | a word    | the block | of one   | two blocks,  | of a block   | tables | 16384 values | right-    | 608 B  | two buffers of | 54 x    | 54
 *      | for each  | at hand,  | block,   | for sorting  | and their    | of     | or a decoded | aligned,  |        | (item, weight) | 1024    | keys
 *      | level     | 2048 f64  | 2048 f64 |              | places, u16  | words  | image        | grow down |        | pairs          | f64     |
 *
 * The levels lie one behind the other, level 0 lowest, the top level ending where the header begins.
 * So a new top level costs nothing, a smaller level 0 only moves a boundary, and a whole sketch enters
 * or leaves the kernel in one copy: the bytes from the start of level 0 to the end of the header.
 *
 * `slots` (how many items the level window holds) grows with k; what lies behind the levels moves with it.
 */

/** Levels a sketch can have: 2^53 values need 54. */
export const MAX_LEVELS: i32 = 54;
/** Values of one ingested block. */
export const BLOCK: i32 = 2048;
/** Values the input window holds: a multiple of BLOCK. */
export const CHUNK: i32 = 16384;

/** First slot of each level, u32 x 64: derived from the sizes when a state is loaded. */
export const POS: usize = 64;
/** Capacity of each level, u32 x 64. */
export const CAPS: usize = POS + 256;
/** Apache capacity by depth below the top, for the k at hand, u32 x 64. */
export const APACHE_CAPS: usize = CAPS + 256;
/** Items waiting in each merge buffer, u32 x 64. */
export const FILL: usize = APACHE_CAPS + 256;

/** Items to be merged into each level, u32 x 64. */
export const COMING: usize = FILL + 256;

/** The block at hand. */
export const SAMPLE: usize = 4096;
/** Picks of a block, level by level, before they are merged into those. */
export const PICKS: usize = SAMPLE + (BLOCK << 3);
/** Scratch of the block sort: two blocks. */
export const SCRATCH: usize = PICKS + (BLOCK << 3);
/** Cells that grouping a block tells apart. */
export const CELL_BITS: i32 = 11;
export const CELLS: i32 = 1 << CELL_BITS;
/** Twice the cell of each item of the block, u16. */
export const CELL_OF: usize = SCRATCH + (BLOCK << 4);
/** Items of each cell, u16, and then its next place in the block. */
export const CELL_START: usize = CELL_OF + (BLOCK << 1);
/** 16 tables of 256 words for checksums, made on first use. */
export const CRC: usize = CELL_START + (CELLS << 1);
/** Where callers put values, and images are decoded to. */
export const INPUT: usize = CRC + 16384;
/** Lowest slot of the level window. */
export const LEVELS: usize = INPUT + (CHUNK << 3);

// The header, as offsets from its start. All fields are those of the durable state.
export const H_N: usize = 0; // f64: number of values
export const H_MIN: usize = 8; // f64
export const H_MAX: usize = 16; // f64
export const H_SUM: usize = 24; // f64
export const H_CARRY: usize = 32; // f64: what compensates the sum
export const H_GENERATOR: usize = 40; // u64: state of the generator
export const H_SEED: usize = 48; // u64: where it started; the kernel never reads it
export const H_OFFSET: usize = 56; // u64: offset the next sampled block takes, below 2^53
export const H_VARIANCE: usize = 64; // f64: condensing variance
export const H_K: usize = 72; // u32
export const H_MIN_K: usize = 76; // u32
export const H_LEVELS: usize = 80; // u32: number of levels, at least 1
export const H_TAILS: usize = 84; // u8: policy of compactions to come
export const H_GUARANTEE: usize = 85; // u8: weakest protection behind the data
export const H_PHASE: usize = 86; // u8: 1 when H_OFFSET is pending
export const H_SIZES: usize = 96; // u32 x 54
/** The learned key, where no level has its size: scratch, 0 in what is at rest. */
export const H_KEY: usize = 312;
/** f64: the slot behind the last item that changed since the state was opened. Scratch as well. */
export const H_CHANGED: usize = 336;
export const H_COMPACTIONS: usize = 352; // u32 x 64: 2 x compactions + coin
export const HEADER_BYTES: i32 = 608;

// A learned key, as offsets from its start. Linear: f64 low, f64 scale; by bits: i32 lowest key, i32 highest, u32 shift.
export const K_LOW: usize = 0;
export const K_SCALE: usize = 8;
export const K_HIGH: usize = 4;
export const K_SHIFT: usize = 8;
export const K_KIND: usize = 16; // u32: 0 before it is learned
export const KEY_BYTES: i32 = 24;

/** Slots of the level window; set by `reserve`. */
export let slots: u32 = 8192;
/** Where the header begins and the top level ends. */
export let header: usize = LEVELS + (8192 << 3);

/** Gives the level window room for `count` items. The caller has grown the memory to `memoryNeeded`. */
export function setSlots(count: u32): void {
  slots = count;
  header = LEVELS + (<usize>count << 3);
}

/** First of the two view buffers: (item, weight) pairs of 16 bytes, for all slots and one block of staged values. */
// @ts-ignore: decorator
@inline
export function viewBuffer(): usize {
  return header + <usize>((HEADER_BYTES + 15) & ~15);
}

/** Bytes of one view buffer. */
// @ts-ignore: decorator
@inline
export function viewBytes(): usize {
  return (<usize>slots + BLOCK) << 4;
}

/** Items a merge buffer holds; there is one for each level. */
export const MERGE_BLOCK: i32 = 1024;

/** First of the merge buffers, behind the views. */
// @ts-ignore: decorator
@inline
export function mergeBuffers(): usize {
  return viewBuffer() + 2 * viewBytes();
}

/** Keys of the merge buffers, one for each level, behind them. */
// @ts-ignore: decorator
@inline
export function mergeKeys(): usize {
  return mergeBuffers() + MAX_LEVELS * (MERGE_BLOCK << 3);
}

/** Bytes the memory needs for a level window of `count` items. */
export function memoryNeeded(count: u32): usize {
  const views = (<usize>count + BLOCK) << 5;
  return LEVELS + (<usize>count << 3) + HEADER_BYTES + 32 + views + MAX_LEVELS * ((MERGE_BLOCK << 3) + KEY_BYTES);
}

/** Where a sketch to merge is copied to, its header last: behind everything else. */
export function sourceWindow(): usize {
  return memoryNeeded(slots);
}
