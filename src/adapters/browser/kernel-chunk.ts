/** What is fetched when a series outgrows its staging: the kernel, and a sketch's state for it to work on. */

import type { TailsCode } from '../../core/image.js';
import { F64, HEADER_SLOTS, INPUT, U8, U32, U64, WINDOW_EXTRA } from '../../wasm/abi.js';
import { type KernelState, kernel } from '../../wasm/kernel.js';
import type { WeightedItems } from './condensing.js';

/** A series as a sketch. */
export interface Stream {
  n: number;
  /** Takes values, all finite, at most 16384 of them. */
  take(values: Float64Array): void;
  /** The items that stand for all values, with cumulative weights. */
  items(): WeightedItems;
}

/**
 * A stream without values.
 * @throws SketchRuntimeError ERR_WASM_REFUSED, ERR_WASM_UNSUPPORTED, ERR_WASM_MEMORY
 */
export function openStream(k: number, tails: TailsCode): Stream {
  const stream = new StreamState(k, tails);
  stream.reserve();
  return stream;
}

class StreamState implements KernelState, Stream {
  f64 = new Float64Array(HEADER_SLOTS);
  retained = 0;
  n = 0;

  constructor(
    readonly k: number,
    tails: TailsCode,
  ) {
    const { f64 } = this;
    const { buffer } = f64;
    // Generator and seed are two slots with the same bits.
    const seed = crypto.getRandomValues(new Uint32Array(2));
    new Uint32Array(buffer).set([...seed, ...seed], 2 * U64.generator);
    f64[F64.min] = f64[F64.max] = Number.NaN;
    const word = new Uint32Array(buffer);
    word[U32.k] = word[U32.minK] = k;
    const byte = new Uint8Array(buffer);
    byte[U8.tails] = byte[U8.guarantee] = tails;
  }

  /**
   * Makes room for the most that a stream is given, MOST_VALUES of series.ts: a host that refuses memory does so here, where
   * nothing was taken yet. That many values are on 15 levels at most, and a block that is saved has a quarter more.
   */
  reserve(): void {
    kernel().load(this, 1.25 * (3 * this.k + 15 * 297) + 3 * this.k + WINDOW_EXTRA);
  }

  take(values: Float64Array): void {
    const opened = this.#open();
    opened.f64.set(values, INPUT);
    opened.exports.extend(values.length);
    opened.save(this);
    this.n = this.#field(F64.n);
  }

  items(): WeightedItems {
    const opened = this.#open();
    const block = opened.view(this, 0, true);
    const count = this.retained;
    return {
      items: block.subarray(0, count),
      weights: block.subarray(count),
      n: this.n,
      min: this.#field(F64.min),
      max: this.#field(F64.max),
      sum: this.#field(F64.sum) + this.#field(F64.carry),
    };
  }

  #open() {
    const opened = kernel();
    opened.load(this, 3 * this.k + WINDOW_EXTRA);
    return opened;
  }

  #field(field: F64): number {
    return this.f64[this.f64.length - HEADER_SLOTS + field];
  }
}
