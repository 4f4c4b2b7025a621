/** What is done to states with the kernel: taking values in, merging, fitting, building views. */
import { INPUT_VALUES as CHUNK, F64, INPUT, U8, U32, WINDOW_EXTRA } from '../wasm/abi.js';
import { imageTaker, isInstantiated, type Kernel, kernel, turn } from '../wasm/kernel.js';
import { SortedView } from './sorted-view.js';
import type { SketchState } from './state.js';

/** Up to so many items, a question alone is no reason to instantiate the kernel. */
const SMALL_VIEW = 2048;

/** Values as bulk calls take them: plain, or gathered from an iterable. */
export type Values = ArrayLike<number>;

/** An accessor among the elements of an array has used the kernel, or this sketch: begin again on a plain copy. */
export const DISTURBED = -2;

function open(state: SketchState): Kernel {
  const k = kernel();
  // More than any budget: 3 k and 8 a level (formats.md, image limits), and what tails reserve.
  k.load(state, 3 * state.word[U32.k] + WINDOW_EXTRA);
  return k;
}

/** Copies the open state out; if it estimates, what it promises is now at most what its own k and tails give. */
function save(k: Kernel, state: SketchState): void {
  k.save(state);
  const { word, byte } = state;
  if (word[U32.levels] < 2) return;
  byte[U8.guarantee] = Math.min(byte[U8.guarantee], byte[U8.tails]);
  word[U32.minK] = Math.min(word[U32.minK], word[U32.k]);
}

/**
 * Takes staged values and then `values` into a state.
 * @param staged values staged before, finite; may be empty
 * @param count how many of `staged` count
 * @param isAsBefore whether the sketch is as it was, which an accessor among `values` may have changed
 * @returns -1; or the position near which a value of `values` is not finite, or DISTURBED: the state is then unchanged
 */
export function ingest(
  state: SketchState,
  staged: Float64Array,
  count: number,
  values: Values,
  isAsBefore: () => boolean,
): number {
  const k = open(state);
  const begun = turn;
  const total = values.length;
  // Staged values fill the front of the first chunk, so that blocks are as full as they can be.
  k.f64.set(staged.subarray(0, count), INPUT);
  let filled = count;
  let done = 0;
  while (done < total || filled) {
    const part = Math.min(CHUNK - filled, total - done);
    const to = INPUT + filled;
    if (ArrayBuffer.isView(values)) {
      k.f64.set((values as Float64Array).subarray(done, done + part), to);
    } else {
      const read = copyNumbers(values, done, part, k.f64, to);
      if (read < part) return done + read;
      if (turn !== begun || !isAsBefore()) return DISTURBED;
    }
    if (!k.exports.extend(filled + part)) return done;
    done += part;
    filled = 0;
  }
  const before = state.real[F64.n];
  save(k, state);
  // Condensing variance is in units of n^2, and belongs to what was there.
  state.real[F64.variance] *= (before / state.real[F64.n]) ** 2;
  return -1;
}

/**
 * Copies `count` numbers of an array.
 * @returns how many it copied: all, or those before what is no number
 */
function copyNumbers(values: Values, from: number, count: number, memory: Float64Array, to: number): number {
  let i = 0;
  // Four in a turn take three fifths of the time that they take one by one.
  for (; i < count - 3; i += 4) {
    const a = values[from + i];
    const b = values[from + i + 1];
    const c = values[from + i + 2];
    const d = values[from + i + 3];
    if (typeof a !== 'number' || typeof b !== 'number' || typeof c !== 'number' || typeof d !== 'number')
      break;
    memory[to + i] = a;
    memory[to + i + 1] = b;
    memory[to + i + 2] = c;
    memory[to + i + 3] = d;
  }
  for (; i < count; i++) {
    const x = values[from + i];
    if (typeof x !== 'number') break;
    memory[to + i] = x;
  }
  return i;
}

/** What a merge takes: states, values of weight 1, and values with weights; all values finite. */
export interface Absorbing {
  state(source: SketchState): void;
  /** Takes a compact image of a k up to `maxK` and returns its n; or 0, with nothing taken, of one that is not sound. */
  image: ((source: Uint8Array, maxK: number) => number) | undefined;
  /** At most 2048. */
  values(values: Values): void;
  /** @param weights positive integers, one for each value */
  weighted(values: number[], weights: number[]): void;
}

/** Merges into a state what `give` hands over; when `give` throws, nothing has changed. */
export function absorb(state: SketchState, give: (to: Absorbing) => void): void {
  const k = open(state);
  const { exports } = k;
  exports.beginAbsorb();
  give({
    state: (source) => k.absorb(source),
    image: imageTaker(k),
    values(values) {
      k.f64.set(values, INPUT);
      exports.absorbStaged(values.length);
    },
    weighted(values, weights) {
      for (let done = 0; done < values.length; done += CHUNK >> 1) {
        const part = values.slice(done, done + (CHUNK >> 1));
        k.f64.set(part, INPUT);
        k.f64.set(weights.slice(done, done + part.length), INPUT + part.length);
        exports.absorbWeighted(part.length);
      }
    },
  });
  exports.finishAbsorb();
  save(k, state);
}

/** A copy of a state compacted to the budget of its k without protected tails: the shape of an Apache sketch. */
export function fitToApache(state: SketchState): SketchState {
  const copy = state.clone();
  copy.byte[U8.tails] = 0;
  const k = open(copy);
  k.exports.fit();
  save(k, copy);
  return copy;
}

/**
 * The sorted view of a state and of staged values of weight 1.
 * @param copied whether it is to outlast the next use of the kernel; one that does not takes two thirds of the time
 */
export function buildView(
  state: SketchState,
  staged: Float64Array,
  min: number,
  max: number,
  copied: boolean,
): SortedView {
  if (!isInstantiated() && state.retained + staged.length <= SMALL_VIEW) {
    return SortedView.ofLevels(state.sizes, state.items, staged, min, max);
  }
  const k = open(state);
  k.f64.set(staged, INPUT);
  const block = k.view(state, staged.length, copied);
  const count = block.length / 2;
  const until = copied ? Infinity : turn;
  return new SortedView(
    block.subarray(0, count),
    block.subarray(count),
    state.real[F64.n] + staged.length,
    min,
    max,
    until,
  );
}
