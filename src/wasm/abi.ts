/** What is used of a `WebAssembly.Memory`, which not every set of TypeScript's libraries has. */
interface KernelMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The kernel's binary interface, typed: what assembly/index.ts exports. Addresses are byte offsets into its memory. */
export interface KernelExports {
  readonly memory: KernelMemory;
  memoryFor(slots: number): number;
  /** Where the header is then: the levels end there. */
  reserve(slots: number): number;
  open(): void;
  close(): number;
  /** 0 when a value is not finite: the open state is then to be dropped. */
  extend(count: number): number;
  beginAbsorb(): void;
  /** Where a source is copied to; memory behind it is the caller's to grow. */
  sourceAddress(): number;
  /** Takes the source whose header begins at this address. */
  absorb(header: number): void;
  /** Decodes the image of `length` bytes at this address: where a header for `absorb` is then, or 0. Not in pages. */
  decodeImage?(image: number, length: number): number;
  absorbStaged(count: number): void;
  absorbWeighted(count: number): void;
  finishAbsorb(): void;
  fit(): void;
  /** Where the items of the view are, as many as open and staged; their cumulative weights follow. */
  view(staged: number): number;
  /** In test builds only. */
  alternateCoins?(on: number): void;
}

/** First slot of the input window (INPUT in assembly/layout.ts). */
export const INPUT = 11776;
/** Values the input window holds (CHUNK in assembly/layout.ts). */
export const INPUT_VALUES = 16384;
/** Items beside 3 k that a level window must hold: a block, 8 and the reserve of a protected tail for each of 54 levels. */
export const WINDOW_EXTRA = 2048 + 54 * (8 + 288);
/**
 * The header of a state: offsets in 8-byte slots (f64) or 4-byte words (u32) from its start, and single bytes.
 * It is the end of the durable state as it is the end of the level window (assembly/layout.ts).
 */
export const HEADER_SLOTS = 76;
// Constant enums: every use becomes the number.
export enum F64 {
  n = 0,
  min = 1,
  max = 2,
  sum = 3,
  carry = 4,
  variance = 8,
  changed = 42,
}
export enum U64 {
  generator = 5,
  seed = 6,
  offset = 7,
}
export enum U32 {
  k = 18,
  minK = 19,
  levels = 20,
  sizes = 24,
  keyKind = 82,
  compactions = 88,
}
export enum U8 {
  tails = 84,
  guarantee = 85,
  phase = 86,
}
