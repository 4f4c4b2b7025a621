/**
 * Taking values in. Single values are staged in an array, which the engine takes as a block when it is full. A
 * sketch that never filled it is exact, and has no use for the kernel.
 */
import { F64, U8, U32 } from '../wasm/abi.js';
import { totalCapacity } from './capacity.js';
import { condense, planCondense } from './condense.js';
import { Cursor } from './cursor.js';
import { buildView, fitToApache, ingest, ingestWeighted, type Values } from './engine.js';
import { SketchArgumentError } from './errors.js';
import { DEFAULT_K, MAX_N, TAILS, TAILS_NAMES, type Tails, type TailsCode } from './image.js';
import { notifyCompactions, Stopwatch } from './notify.js';
import type { SketchObserver } from './observer.js';
import {
  isIterable,
  requireOptions,
  type SketchOptions,
  toK,
  toSkip,
  toTails,
  toValue,
  toWeight,
} from './options.js';
import { randomSeed, toSeed } from './random.js';
import { SortedView } from './sorted-view.js';
import { SketchState } from './state.js';
import { CompensatedSum } from './sum.js';
import { toFloatVariance } from './variance.js';

/** Values staged before the kernel takes them. */
export const STAGING = 1024;
/** Staging begins small: thousands of sketches hold a few values each. */
const FIRST_STAGING = 16;
/** Ranks whose place is remembered. */
const CURSORS = 8;
/** Largest weight that is staged as so many values. */
const STAGED_WEIGHT = 16;
const NOTHING = new Float64Array(0);

export interface ExtendOptions {
  /** What to do with values that are not finite numbers: refuse the call, or leave them out. Default 'throw'. */
  invalid?: 'throw' | 'skip';
}

export class Accumulator {
  protected state: SketchState;
  protected staging: Float64Array = NOTHING;
  protected staged = 0;
  /** Values of the staging array that may be used before `makeRoom` must look. */
  #room = 0;
  #view: SortedView | undefined;
  /** Staged values when the view was built. */
  #viewStaged = -1;
  /** Places of ranks that are asked for again and again; negative keys are exclusive. */
  #cursors = new Map<number, Cursor>();
  /** n of a condensed copy when it was made. While nothing is added to it, it is sent without state. */
  protected condensedN = -1;
  protected observer: SketchObserver | undefined;
  /** Values left out by `invalid: 'skip'`. */
  #rejected = 0;
  /** n when the observer was last told of values, or they came by a merge: the rest are single adds since. */
  protected accounted = 0;

  constructor(options: SketchOptions = {}) {
    requireOptions(options);
    const k = toK(options.k === undefined ? DEFAULT_K : options.k);
    const tails: TailsCode = options.tails === undefined ? TAILS.high : toTails(options.tails);
    const seed = options.seed === undefined ? randomSeed() : toSeed(options.seed);
    this.state = SketchState.empty(k, seed, tails);
    this.observer = options.observer;
  }

  /** Accuracy parameter. */
  get k(): number {
    return this.state.word(U32.k);
  }
  /** Smallest k of any compaction behind the data; the error depends on it. */
  get minK(): number {
    return this.state.word(U32.minK);
  }
  /** Number of values, weights counted; exact. */
  get n(): number {
    return this.state.get(F64.n) + this.staged;
  }
  get isEmpty(): boolean {
    return this.n === 0;
  }
  /** False while every value is still there and answers are exact. */
  get isEstimating(): boolean {
    return this.state.word(U32.levels) > 1;
  }
  /** Items held. */
  get numRetained(): number {
    return this.state.retained + this.staged;
  }
  get numLevels(): number {
    return Math.max(1, this.state.word(U32.levels));
  }
  /** Policy of compactions to come. */
  get tails(): Tails {
    return TAILS_NAMES[this.state.byte(U8.tails)];
  }
  /** Weakest protection behind the data. */
  get tailGuarantee(): Tails {
    return TAILS_NAMES[this.state.byte(U8.guarantee)];
  }
  /** Condensing variance, in units of n^2 (docs/accuracy.md). */
  get variance(): number {
    return this.state.get(F64.variance);
  }
  /** Smallest value, exact; NaN when empty. */
  get min(): number {
    let min = this.state.get(F64.min);
    for (let i = 0; i < this.staged; i++) if (!(this.staging[i] >= min)) min = this.staging[i];
    return min;
  }
  /** Largest value, exact; NaN when empty. */
  get max(): number {
    let max = this.state.get(F64.max);
    for (let i = 0; i < this.staged; i++) if (!(this.staging[i] <= max)) max = this.staging[i];
    return max;
  }
  /** Sum of the values, compensated; 0 when empty, NaN once a source lacked its sum. */
  get sum(): number {
    const sum = new CompensatedSum(this.state.get(F64.sum), this.state.get(F64.carry));
    for (let i = 0; i < this.staged; i++) sum.add(this.staging[i]);
    return sum.value;
  }
  /** sum / n; NaN when empty. */
  get mean(): number {
    return this.isEmpty ? Number.NaN : this.sum / this.n;
  }
  /** Values left out so far by `extend` with `invalid: 'skip'`. */
  get numRejected(): number {
    return this.#rejected;
  }

  /**
   * Adds a value.
   * @param x a finite number; -0 enters as 0
   * @param weight how many values it stands for, a positive integer below 2^53
   * @throws SketchArgumentError ERR_VALUE_TYPE, ERR_VALUE_NOT_FINITE, ERR_WEIGHT, ERR_COUNT_OVERFLOW
   */
  add(x: number, weight = 1): this {
    if (weight !== 1) return this.#addWeighted(toValue(x), toWeight(weight));
    if (typeof x !== 'number' || x - x !== 0) toValue(x);
    if (this.staged === this.#room) this.#makeRoom();
    this.staging[this.staged++] = x + 0;
    return this;
  }

  /**
   * Adds many values: any typed array but the BigInt ones, an array, or an iterable of numbers.
   * @returns this
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_VALUE_TYPE, ERR_VALUE_NOT_FINITE, ERR_COUNT_OVERFLOW; whatever
   * the iterable throws. The sketch is then as it was.
   */
  extend(values: Values | Iterable<number>, options?: ExtendOptions): this {
    if (options !== undefined) requireOptions(options);
    const skip = toSkip(options?.invalid);
    let plain = toPlain(values);
    const watch = new Stopwatch(this.observer);
    let rejected = 0;
    if (skip) {
      const kept = Float64Array.from(Array.from(plain).filter((x) => typeof x === 'number' && x - x === 0));
      rejected = plain.length - kept.length;
      plain = kept;
    }
    const count = plain.length;
    this.requireRoomFor(count);
    this.tellAdds();
    if (count + this.staged <= STAGING && !(this.state.word(U32.levels) > 0 && count > STAGING / 2)) {
      this.#stage(plain);
    } else {
      this.#ingest(plain);
    }
    this.#rejected += rejected;
    this.accounted = this.n;
    if (this.observer) this.observer.onIngest?.({ values: count, rejected, seconds: watch.seconds });
    return this;
  }

  /**
   * Adds values with weights.
   * @param values finite numbers
   * @param weights as many positive integers below 2^53
   * @throws SketchArgumentError ERR_LENGTH_MISMATCH, ERR_WEIGHT, and those of `extend`
   */
  extendWeighted(values: Values | Iterable<number>, weights: Values | Iterable<number>): this {
    const xs = Float64Array.from(toPlain(values) as ArrayLike<number>, (x, i) => toValue(x, 'values', i) + 0);
    const ws = Float64Array.from(toPlain(weights, 'weights') as ArrayLike<number>, (w, i) =>
      toWeight(w, 'weights', i),
    );
    if (xs.length !== ws.length) {
      throw new SketchArgumentError('ERR_LENGTH_MISMATCH', 'weights', `${xs.length} weights`, ws.length);
    }
    let total = 0;
    for (const w of ws) {
      this.requireRoomFor(w, total);
      total += w;
    }
    if (!xs.length) return this;
    this.tellAdds();
    const watch = new Stopwatch(this.observer);
    this.#takeWeighted(xs, ws);
    this.accounted = this.n;
    if (this.observer) this.observer.onIngest?.({ values: total, rejected: 0, seconds: watch.seconds });
    return this;
  }

  /** Forgets all values, keeps k, tails and the generator. */
  reset(): this {
    const { state } = this;
    const generator = state.block.generator;
    const seed = state.block.seed;
    this.state = SketchState.empty(this.k, generator, state.byte(U8.tails) as TailsCode);
    this.state.setSeed(seed);
    this.clearStaging();
    this.accounted = 0;
    this.condensedN = -1;
    this.#rejected = 0;
    return this;
  }

  #addWeighted(x: number, weight: number): this {
    this.requireRoomFor(weight);
    if (weight <= STAGED_WEIGHT) {
      for (let i = 0; i < weight; i++) this.add(x);
    } else {
      this.#takeWeighted(Float64Array.of(x + 0), Float64Array.of(weight));
    }
    return this;
  }

  #takeWeighted(values: Float64Array, weights: Float64Array): void {
    this.spill();
    const before = this.compactionsBefore();
    ingestWeighted(this.state, values, weights);
    this.touched(before);
  }

  /** Refuses `count` values beside those here and `others`. Differences are exact, sums above 2^53 are not. */
  protected requireRoomFor(count: number, others = 0): void {
    const left = MAX_N - this.n - others;
    if (count <= left) return;
    throw new SketchArgumentError(
      'ERR_COUNT_OVERFLOW',
      'n',
      `at most ${left} more values, up to 2^53`,
      count,
    );
  }

  #makeRoom(): void {
    this.requireRoomFor(1);
    if (this.staged === STAGING) this.spill();
    if (this.staged === this.staging.length) this.#growStaging(this.staged + 1);
    this.#room = Math.min(this.staging.length, MAX_N - this.state.get(F64.n));
  }

  #growStaging(needed: number): void {
    if (needed <= this.staging.length) return;
    // From the start, so that it is a power of two and STAGING is met: settling leaves arrays of any length.
    let length = FIRST_STAGING;
    while (length < needed) length *= 2;
    const larger = new Float64Array(length);
    larger.set(this.staging.subarray(0, this.staged));
    this.staging = larger;
  }

  /** Stages values that fit, all or none. */
  #stage(values: Values): void {
    this.#growStaging(this.staged + values.length);
    const { staging } = this;
    let to = this.staged;
    for (let i = 0; i < values.length; i++) {
      const x = values[i];
      if (typeof x !== 'number' || x - x !== 0) toValue(x, 'values', i);
      staging[to++] = x + 0;
    }
    this.staged = to;
    this.#room = Math.min(staging.length, MAX_N - this.state.get(F64.n));
  }

  #ingest(values: Values): void {
    const before = this.compactionsBefore();
    const bad = ingest(this.state, this.staging, this.staged, values);
    if (bad >= 0) {
      for (let i = bad; i < values.length; i++) toValue(values[i], 'values', i);
      throw new SketchArgumentError('ERR_VALUE_NOT_FINITE', 'values', 'finite numbers', Number.NaN);
    }
    this.staged = 0;
    this.touched(before);
  }

  /** Hands what is staged to the kernel. */
  protected spill(): void {
    if (!this.staged) return;
    const watch = new Stopwatch(this.observer);
    const before = this.compactionsBefore();
    ingest(this.state, this.staging, this.staged);
    this.staged = 0;
    this.touched(before);
    this.tellAdds(watch.seconds);
  }

  /** Tells of single adds, which come too often to be told one by one. */
  protected tellAdds(seconds = 0): void {
    const values = this.n - this.accounted;
    this.accounted = this.n;
    if (values > 0) this.observer?.onIngest?.({ values, rejected: 0, seconds });
  }

  protected compactionsBefore(): Uint32Array | undefined {
    return this.observer?.onCompaction ? this.state.compactions.slice() : undefined;
  }

  /** After the state has changed: views and promises about it are void. */
  protected touched(before: Uint32Array | undefined): void {
    this.#view = undefined;
    this.#room = Math.min(this.staging.length, MAX_N - this.state.get(F64.n));
    if (before) notifyCompactions(this.observer, before, this.state);
  }

  protected clearStaging(): void {
    this.staging = NOTHING;
    this.staged = 0;
    this.#room = 0;
    this.#view = undefined;
  }

  /** Puts values, all finite, into staging: they are then the whole sketch. */
  protected stageOnly(values: Float64Array): void {
    this.clearStaging();
    this.#stage(values);
  }

  /**
   * Brings the sketch to the one form its bytes have. Few values stay staged, in order; more than k of them are
   * laid out on levels (without the kernel: one systematic sample, as condensing takes it); what is staged beside
   * levels is spilled, and the staging array is let go.
   */
  protected settle(): void {
    this.tellAdds();
    if (this.state.word(U32.levels) === 1 && this.n <= STAGING) this.unspill();
    if (this.state.word(U32.levels) > 0) {
      this.spill();
      this.clearStaging();
      this.fitImage();
      const { state } = this;
      state.table = undefined;
      // Bytes hold one number: what they give back must be what this sketch goes on with.
      state.set(F64.sum, this.sum);
      state.set(F64.carry, 0);
      state.set(F64.variance, toFloatVariance(this.variance));
      return;
    }
    this.staging = this.staging.slice(0, this.staged).sort();
    this.#room = this.staged;
    if (this.staged > totalCapacity(this.k, 1)) this.#layOut();
  }

  /**
   * The image of a sketch whose guarantee was lost has no room for protected tails (docs/formats.md): where its
   * policy still protects them, it is compacted to the plain budget.
   */
  protected fitImage(): void {
    const { state } = this;
    const tails = state.byte(U8.tails);
    const limit = 3 * this.k + 9 * state.word(U32.levels);
    if (tails === TAILS.none || state.byte(U8.guarantee) !== TAILS.none || state.retained <= limit) return;
    const before = this.compactionsBefore();
    this.state = fitToApache(state);
    this.state.setByte(U8.tails, tails);
    this.touched(before);
  }

  /** Level 0 alone and few values: staged is the simpler form, and needs no kernel. */
  protected unspill(): void {
    const { state } = this;
    const { items } = state;
    if (!Number.isFinite(state.get(F64.min)) || !Number.isFinite(state.get(F64.max))) return;
    const all = new Float64Array(items.length + this.staged);
    all.set(items);
    all.set(this.staging.subarray(0, this.staged), items.length);
    const emptied = SketchState.empty(this.k, 0n, 0);
    emptied.adopt(state, residue(state));
    this.state = emptied;
    this.stageOnly(all);
  }

  #layOut(): void {
    const { state } = this;
    const n = this.staged;
    const { min, max, sum } = this;
    const tails = state.byte(U8.tails) as TailsCode;
    const ramp = tails === 0 ? 0 : Math.max(1, Math.round(this.k / 25));
    const layout = planCondense(n, tails, ramp, (levels) => totalCapacity(this.k, levels));
    const phase = Math.floor((Number(state.draw() >> 11n) / 2 ** 53) * 2 ** layout.height);
    const coin = Number(state.draw() >> 63n);
    const { sizes, items } = condense(SortedView.ofValues(this.staging), layout, tails, phase, coin);
    const image = {
      k: this.k,
      minK: this.k,
      n,
      sum,
      min,
      max,
      sizes,
      items,
      tailGuarantee: tails,
      variance: 0,
    };
    const block = { ...state.block, compactions: new Uint32Array(sizes.length) };
    this.state = SketchState.fromImage({ ...image, state: block }, { seed: 0n, tails });
    this.clearStaging();
    if (this.observer?.onCompaction) notifyCompactions(this.observer, new Uint32Array(0), this.state);
  }

  /** The quantile of a rank, for a sketch that is not empty. */
  protected quantileOf(rank: number, inclusive: boolean): number {
    const from = this.#viewStaged;
    if (!this.#view || from === this.staged || this.staged - from > this.#view.n) {
      return this.view.quantile(rank, inclusive);
    }
    // Values were staged since the view was built, fewer than it holds: it need not be built again.
    if (rank === 0) return this.min;
    if (rank === 1) return this.max;
    const { n } = this;
    const target = inclusive ? Math.ceil(rank * n) : Math.min(n, Math.trunc(rank * n) + 1);
    const key = inclusive ? rank : -rank;
    let cursor = this.#cursors.get(key);
    if (!cursor) {
      if (this.#cursors.size === CURSORS) this.#cursors.clear();
      this.#cursors.set(key, (cursor = new Cursor(this.#view, from, target)));
    }
    return cursor.find(target, this.staging, from, this.staged);
  }

  /** The sorted view of everything, staged values included; changes nothing. Not for an empty sketch. */
  protected get view(): SortedView {
    if (this.#view && this.#viewStaged === this.staged) return this.#view;
    const staged = this.staging.slice(0, this.staged);
    this.#viewStaged = this.staged;
    this.#cursors.clear();
    return (this.#view =
      this.state.word(U32.levels) === 0
        ? SortedView.ofValues(staged)
        : buildView(this.state, staged, this.min, this.max));
  }
}

/**
 * What the sum of a state without levels above 0 has beyond the sum of its items: nothing but for rounded images; NaN
 * where the sum is not known.
 */
export function residue(state: SketchState): number {
  const known = new CompensatedSum(state.get(F64.sum), state.get(F64.carry)).value;
  const sum = new CompensatedSum(0, 0);
  for (const x of state.items) sum.add(x);
  return known === sum.value ? 0 : known - sum.value;
}

/** Values as an indexable: typed arrays and arrays as they are, anything else gathered first. */
function toPlain(values: unknown, argument = 'values'): Values {
  if (Array.isArray(values)) return values;
  if (ArrayBuffer.isView(values) && !(values instanceof DataView)) {
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
      throw new SketchArgumentError('ERR_VALUE_TYPE', argument, 'numbers, not BigInts', values);
    }
    return values as unknown as Values;
  }
  if (isIterable(values)) return Array.from(values as Iterable<number>);
  throw new SketchArgumentError(
    'ERR_ARGUMENT_TYPE',
    argument,
    'an array, typed array or iterable of numbers',
    values,
  );
}
