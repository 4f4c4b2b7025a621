/**
 * The durable state of a sketch: one block of memory that any collector can reclaim, in the very shape the kernel
 * works on, so that a call copies it in and out whole.
 *
 *    | free space | level 0 | level 1 | ... | top level | header |
 */
import { F64, HEADER_SLOTS, U8, U32, U64 } from '../wasm/abi.js';
import type { KernelState } from '../wasm/kernel.js';
import type { SketchImage, StateBlock, TailsCode } from './image.js';
import { nextState, output } from './random.js';

export class SketchState implements KernelState {
  retained = 0;
  table: Float64Array | undefined = undefined;
  #f64: Float64Array;
  #u32: Uint32Array;
  #u8: Uint8Array;

  constructor(slots: number) {
    this.#f64 = new Float64Array(slots + HEADER_SLOTS);
    this.#u32 = new Uint32Array(this.#f64.buffer);
    this.#u8 = new Uint8Array(this.#f64.buffer);
  }

  /** An empty state. */
  static empty(k: number, seed: bigint, tails: TailsCode): SketchState {
    const state = new SketchState(0);
    state.setWord(U32.k, k);
    state.setWord(U32.minK, k);
    state.set(F64.min, Number.NaN);
    state.set(F64.max, Number.NaN);
    state.setLong(U64.generator, seed);
    state.setLong(U64.seed, seed);
    state.setByte(U8.tails, tails);
    state.setByte(U8.guarantee, tails);
    return state;
  }

  /** The state of a decoded image. `fallback` gives what an image without a state block lacks. */
  static fromImage(image: SketchImage, fallback: { seed: bigint; tails: TailsCode }): SketchState {
    const state = new SketchState(image.items.length);
    const block = image.state;
    state.#f64.set(image.items, 0);
    state.retained = image.items.length;
    state.set(F64.n, image.n);
    state.set(F64.min, image.min);
    state.set(F64.max, image.max);
    state.set(F64.sum, image.sum);
    state.set(F64.variance, image.variance);
    state.setWord(U32.k, image.k);
    state.setWord(U32.minK, image.minK);
    state.setWord(U32.levels, image.sizes.length);
    const header = (state.#f64.length - HEADER_SLOTS) * 2;
    state.#u32.set(image.sizes, header + U32.sizes);
    if (block) state.#u32.set(block.compactions, header + U32.compactions);
    state.setLong(U64.generator, block ? block.generator : fallback.seed);
    state.setLong(U64.seed, block ? block.seed : fallback.seed);
    state.setByte(U8.tails, fallback.tails);
    state.setByte(U8.guarantee, image.tailGuarantee);
    if (block?.pendingOffset !== undefined) {
      state.setByte(U8.phase, 1);
      state.setLong(U64.offset, BigInt(block.pendingOffset));
    }
    return state;
  }

  clone(): SketchState {
    const copy = new SketchState(this.retained);
    copy.#f64.set(this.#f64.subarray(this.#f64.length - HEADER_SLOTS - this.retained));
    copy.retained = this.retained;
    return copy;
  }

  get f64(): Float64Array {
    return this.#f64;
  }
  set f64(block: Float64Array) {
    this.#f64 = block;
    this.#u32 = new Uint32Array(block.buffer);
    this.#u8 = new Uint8Array(block.buffer);
  }

  /** A header field; `field` is an offset of `F64`, `U32`, `U64` or `U8`. */
  get(field: number): number {
    return this.#f64[this.#f64.length - HEADER_SLOTS + field];
  }
  set(field: number, value: number): void {
    this.#f64[this.#f64.length - HEADER_SLOTS + field] = value;
  }
  word(field: number): number {
    return this.#u32[(this.#f64.length - HEADER_SLOTS) * 2 + field];
  }
  setWord(field: number, value: number): void {
    this.#u32[(this.#f64.length - HEADER_SLOTS) * 2 + field] = value;
  }
  byte(field: number): number {
    return this.#u8[(this.#f64.length - HEADER_SLOTS) * 8 + field];
  }
  setByte(field: number, value: number): void {
    this.#u8[(this.#f64.length - HEADER_SLOTS) * 8 + field] = value;
  }
  long(field: number): bigint {
    const at = (this.#f64.length - HEADER_SLOTS + field) * 2;
    return (BigInt(this.#u32[at + 1]) << 32n) | BigInt(this.#u32[at]);
  }
  setLong(field: number, value: bigint): void {
    const at = (this.#f64.length - HEADER_SLOTS + field) * 2;
    this.#u32[at] = Number(value & 0xffffffffn);
    this.#u32[at + 1] = Number(value >> 32n);
  }

  setSeed(seed: bigint): void {
    this.setLong(U64.seed, seed);
  }

  /** Takes over another state's header without its values: k, policies, generator, pending offset. */
  adopt(other: SketchState, sum: number): void {
    this.#u8.set(other.#u8.subarray(other.#u8.length - HEADER_SLOTS * 8), this.#u8.length - HEADER_SLOTS * 8);
    this.set(F64.n, 0);
    this.set(F64.min, Number.NaN);
    this.set(F64.max, Number.NaN);
    this.set(F64.sum, sum);
    this.set(F64.carry, 0);
    this.setWord(U32.levels, 0);
    this.retained = 0;
  }

  /** Items of each level, level 0 first. A view: not to be kept. */
  get sizes(): Uint32Array {
    const at = (this.#f64.length - HEADER_SLOTS) * 2 + U32.sizes;
    return this.#u32.subarray(at, at + this.word(U32.levels));
  }

  /** 2 x compactions + coin of each level. A view: not to be kept. */
  get compactions(): Uint32Array {
    const at = (this.#f64.length - HEADER_SLOTS) * 2 + U32.compactions;
    return this.#u32.subarray(at, at + this.word(U32.levels));
  }

  /** All items, level 0 first, each level ascending. A view: not to be kept. */
  get items(): Float64Array {
    const end = this.#f64.length - HEADER_SLOTS;
    return this.#f64.subarray(end - this.retained, end);
  }

  /** What makes a loaded copy go on as this state would. */
  get block(): StateBlock {
    return {
      generator: this.long(U64.generator),
      seed: this.long(U64.seed),
      tails: this.byte(U8.tails) as TailsCode,
      ...(this.byte(U8.phase) ? { pendingOffset: Number(this.long(U64.offset)) } : {}),
      compactions: this.compactions.slice(),
    };
  }

  /** 64 bits from the generator, which advances. */
  draw(): bigint {
    const next = nextState(this.long(U64.generator));
    this.setLong(U64.generator, next);
    return output(next);
  }
}
