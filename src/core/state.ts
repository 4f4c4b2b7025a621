/**
 * The durable state of a sketch: one block of memory that any collector can reclaim, in the very shape the kernel
 * works on, so that a call copies it in and out whole: in, only where somebody else used the kernel since.
 *
 *    | free space | level 0 | level 1 | ... | top level | header |
 *
 * The header is read through four views of it, indexed by the constants of wasm/abi.ts: `real[F64.n]`, `word[U32.k]`,
 * `byte[U8.tails]`, `long[U64.seed]`.
 */
import { F64, HEADER_SLOTS, U8, U32, U64 } from '../wasm/abi.js';
import type { KernelState } from '../wasm/kernel.js';
import type { SketchImage, StateBlock, TailsCode } from './image.js';
import { mix, randomSeed, STEP } from './random.js';

export class SketchState implements KernelState {
  retained = 0;
  turn?: number;
  real!: Float64Array;
  word!: Uint32Array;
  byte!: Uint8Array;
  #long!: BigUint64Array;
  #f64!: Float64Array;
  /** Whether the generator's seed is to be drawn. */
  #isUnseeded: boolean;

  /** An empty state, or one with room for `slots` items that the caller fills. Without a seed it draws one in time. */
  constructor(k: number, seed: bigint | undefined, tails: TailsCode, slots = 0) {
    this.f64 = new Float64Array(slots + HEADER_SLOTS);
    const { real, word, byte } = this;
    word[U32.k] = word[U32.minK] = k;
    real[F64.min] = real[F64.max] = Number.NaN;
    this.#long[U64.generator] = this.#long[U64.seed] = seed ?? 0n;
    this.#isUnseeded = seed === undefined;
    byte[U8.tails] = byte[U8.guarantee] = tails;
  }

  /** The state of a decoded image; seed and policy are those to go on with where it has no state block. */
  static fromImage(image: SketchImage, seed: bigint | undefined, tails: TailsCode): SketchState {
    const { items, sizes, state: block } = image;
    const state = new SketchState(image.k, block?.seed ?? seed, tails, items.length);
    const { real, word } = state;
    state.#f64.set(items);
    state.retained = items.length;
    real[F64.n] = image.n;
    real[F64.min] = image.min;
    real[F64.max] = image.max;
    real[F64.sum] = sizes.length ? image.sum : 0;
    // Behind values that are all still there lies no compaction, whatever the image says of one.
    if (sizes.length > 1) {
      real[F64.variance] = image.variance;
      word[U32.minK] = image.minK;
      state.byte[U8.guarantee] = image.tailGuarantee;
    }
    word[U32.levels] = sizes.length;
    word.set(sizes, U32.sizes);
    if (block) {
      word.set(block.compactions, U32.compactions);
      state.long[U64.generator] = block.generator;
      if (block.pendingOffset !== undefined) {
        state.byte[U8.phase] = 1;
        state.long[U64.offset] = BigInt(block.pendingOffset);
      }
    }
    return state;
  }

  /** The header as 64-bit integers. A seed nobody chose is drawn when they are first asked for. */
  get long(): BigUint64Array {
    if (this.#isUnseeded) {
      this.#isUnseeded = false;
      this.#long[U64.generator] = this.#long[U64.seed] = randomSeed();
    }
    return this.#long;
  }

  /** The whole block, its generator seeded. */
  get f64(): Float64Array {
    return this.long && this.#f64;
  }
  set f64(block: Float64Array) {
    const { buffer } = block;
    const header = (block.length - HEADER_SLOTS) * 8;
    this.#f64 = block;
    this.real = block.subarray(-HEADER_SLOTS);
    this.word = new Uint32Array(buffer, header);
    this.byte = new Uint8Array(buffer, header);
    this.#long = new BigUint64Array(buffer, header);
  }

  clone(): SketchState {
    const copy = new SketchState(0, 0n, 0);
    copy.f64 = this.f64.slice(-HEADER_SLOTS - this.retained);
    copy.retained = this.retained;
    return copy;
  }

  /** Lets go of the free space: what is at rest takes no more than it holds. */
  trim(): void {
    const used = HEADER_SLOTS + this.retained;
    if (this.#f64.length > used) this.f64 = this.#f64.slice(-used);
  }

  /** Forgets what the kernel learned of the values to group them: scratch, which bytes do not have. */
  forgetKey(): void {
    this.word[U32.keyKind] = 0;
  }

  /** Forgets the values, and keeps k, policies, generator and pending offset. */
  clear(): void {
    const { real } = this;
    this.f64 = real.slice();
    this.real.set([0, Number.NaN, Number.NaN, 0, 0]);
    this.word[U32.levels] = this.retained = 0;
    this.forgetKey();
  }

  /** Items of each level, level 0 first. A view: not to be kept. */
  get sizes(): Uint32Array {
    return this.word.subarray(U32.sizes, U32.sizes + this.word[U32.levels]);
  }

  /** 2 x compactions + coin of each level. A view: not to be kept. */
  get compactions(): Uint32Array {
    return this.word.subarray(U32.compactions, U32.compactions + this.word[U32.levels]);
  }

  /** All items, level 0 first, each level ascending. A view: not to be kept. */
  get items(): Float64Array {
    const end = this.#f64.length - HEADER_SLOTS;
    return this.#f64.subarray(end - this.retained, end);
  }

  /** What makes a loaded copy go on as this state would. */
  get block(): StateBlock {
    const { byte, long } = this;
    return {
      generator: long[U64.generator],
      seed: long[U64.seed],
      tails: byte[U8.tails] as TailsCode,
      ...(byte[U8.phase] ? { pendingOffset: Number(long[U64.offset]) } : {}),
      compactions: this.compactions.slice(),
    };
  }

  /** 64 bits from the generator, which advances. */
  draw(): bigint {
    return mix((this.long[U64.generator] += STEP));
  }

  /** A number in [0, 1), of 53 bits. */
  drawShare(): number {
    return Number(this.draw() >> 11n) / 2 ** 53;
  }
}
