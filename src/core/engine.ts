/** What is done to states with the kernel: taking values in, merging, fitting, building views. */
import { INPUT_VALUES as CHUNK, F64, U8, U32 } from '../wasm/abi.js';
import { isInstantiated, kernel } from '../wasm/kernel.js';
import { SketchDataError } from './errors.js';
import { MAX_LEVELS } from './image.js';
import { SortedView } from './sorted-view.js';
import type { SketchState } from './state.js';

/** Items beside 3 k that a level window must hold: a block, 8 and the reserve of a protected tail for each level. */
const EXTRA = 2048 + MAX_LEVELS * (8 + 288);

/** Up to so many items, a question alone is no reason to instantiate the kernel. */
const SMALL_VIEW = 2048;

/** Values as bulk calls take them: plain, or gathered from an iterable. */
export type Values = ArrayLike<number>;

function open(state: SketchState): ReturnType<typeof kernel> {
  const k = kernel();
  // More than any budget: 3 k and 8 a level (formats.md, image limits), and what tails reserve.
  k.load(state, 3 * state.word(U32.k) + EXTRA);
  return k;
}

/** Opens a state for a call that ends in `save`. */
function openToChange(state: SketchState): ReturnType<typeof kernel> {
  const k = open(state);
  k.lendTable(state);
  return k;
}

/** Copies the open state out; if it estimates, what it promises is now at most what its own k and tails give. */
function save(k: ReturnType<typeof kernel>, state: SketchState): void {
  k.save(state);
  if (state.word(U32.levels) < 2) return;
  if (state.byte(U8.guarantee) > state.byte(U8.tails)) state.setByte(U8.guarantee, state.byte(U8.tails));
  if (state.word(U32.minK) > state.word(U32.k)) state.setWord(U32.minK, state.word(U32.k));
}

/**
 * Takes staged values and then `values` into a state.
 * @param staged values staged before, finite; may be empty
 * @param count how many of `staged` count
 * @returns -1, or the position near which a value of `values` is not finite; the state is then unchanged
 */
export function ingest(state: SketchState, staged: Float64Array, count: number, values?: Values): number {
  const k = openToChange(state);
  const turn = k.loads;
  const total = values?.length ?? 0;
  const typed = ArrayBuffer.isView(values);
  // Staged values fill the front of the first chunk, so that blocks are as full as they can be.
  let filled = 0;
  if (count) {
    k.f64.set(count === staged.length ? staged : staged.subarray(0, count), k.input);
    filled = count;
  }
  let done = 0;
  while (done < total || filled) {
    const part = Math.min(CHUNK - filled, total - done);
    const to = k.input + filled;
    if (typed) {
      k.f64.set((values as Float64Array).subarray(done, done + part), to);
    } else if (part) {
      const memory = k.f64;
      for (let i = 0; i < part; i++) {
        const x = values![done + i];
        if (typeof x !== 'number') return done + i;
        memory[to + i] = x;
      }
      // An accessor among the elements may have used the kernel for another sketch: begin again on a plain copy.
      if (k.loads !== turn)
        return ingest(state, staged, count, Float64Array.from(values as ArrayLike<number>));
    }
    if (!k.exports.extend(filled + part, total ? 1 : 0)) return done;
    done += part;
    filled = 0;
  }
  save(k, state);
  return -1;
}

/** Takes values with weights, positive integers, into a state. All are checked. */
export function ingestWeighted(state: SketchState, values: Float64Array, weights: Float64Array): void {
  const k = openToChange(state);
  k.exports.beginAbsorb();
  const half = CHUNK >> 1;
  for (let done = 0; done < values.length; done += half) {
    const part = Math.min(half, values.length - done);
    k.f64.set(values.subarray(done, done + part), k.input);
    k.f64.set(weights.subarray(done, done + part), k.input + part);
    k.exports.absorbWeighted(part);
  }
  k.exports.finishAbsorb();
  save(k, state);
}

/** Merges states and values into a state, which changes at `finish` and not before. */
export class Merger {
  readonly #kernel: ReturnType<typeof kernel>;
  readonly #state: SketchState;

  constructor(state: SketchState) {
    this.#state = state;
    this.#kernel = openToChange(state);
    this.#kernel.exports.beginAbsorb();
  }

  add(source: SketchState): void {
    this.#kernel.absorb(source);
  }

  /** Takes at most a chunk of values of weight 1, all finite. */
  addValues(values: Float64Array): void {
    this.#kernel.f64.set(values, this.#kernel.input);
    this.#kernel.exports.absorbStaged(values.length);
  }

  finish(): void {
    this.#kernel.exports.finishAbsorb();
    save(this.#kernel, this.#state);
  }
}

/** A copy of a state compacted to the budget of its k without protected tails: the shape of an Apache sketch. */
export function fitToApache(state: SketchState): SketchState {
  const copy = state.clone();
  copy.setByte(U8.tails, 0);
  const k = openToChange(copy);
  k.exports.fit();
  save(k, copy);
  return copy;
}

/** The sorted view of a state and of staged values of weight 1. */
export function buildView(state: SketchState, staged: Float64Array, min: number, max: number): SortedView {
  if (!isInstantiated() && state.retained + staged.length <= SMALL_VIEW) {
    return SortedView.ofLevels(state.sizes, state.items, staged, min, max);
  }
  const k = open(state);
  k.f64.set(staged, k.input);
  const count = k.exports.view(staged.length);
  const block = k.copyView(count);
  const n = state.get(F64.n) + staged.length;
  const weights = block.subarray(count);
  if (weights[count - 1] !== n)
    throw new SketchDataError('ERR_COUNT', `weights sum to ${weights[count - 1]}, n is ${n}`);
  return new SortedView(block.subarray(0, count), weights, n, min, max);
}
