/**
 * Taking values in. Single values are staged in an array, which the engine takes as a block when it is full. A
 * sketch that never filled it is exact, and has no use for the kernel.
 */
import { F64, U8, U32, U64 } from '../wasm/abi.js';
import { absorb, DISTURBED, ingest, type Values } from './engine.js';
import { badArgument } from './errors.js';
import { DEFAULT_K, MAX_N, NO_VALUES, TAILS_NAMES, type Tails } from './image.js';
import { ambient, notifyCompactions, stopwatch } from './notify.js';
import type { SketchObserver } from './observer.js';
import {
  requireOptions,
  type SketchOptions,
  toK,
  toList,
  toNumbers,
  toSkip,
  toTails,
  toValue,
  toWeight,
} from './options.js';
import { toSeed } from './random.js';
import type { SortedView } from './sorted-view.js';
import { SketchState } from './state.js';
import { compensatedSum } from './sum.js';

/** Most values that a sketch holds without levels: it is exact, and needs no kernel. */
export const STAGING = 1024;
/** Staging begins small: thousands of sketches hold a few values each. */
const FIRST_STAGING = 16;
/** Largest weight that is staged as so many values. */
const STAGED_WEIGHT = 16;

export interface ExtendOptions {
  /** What to do with values that are not finite numbers: refuse the call, or leave them out. Default 'throw'. */
  invalid?: 'throw' | 'skip' | undefined;
}

export class Accumulator {
  protected state: SketchState;
  protected staging: Float64Array = NO_VALUES;
  protected staged = 0;
  protected observer: SketchObserver | undefined;
  /** n of a condensed copy when it was made. While nothing is added to it, it is sent without state. */
  protected condensedN = -1;
  /** n when the observer was last told of values, or they came by a merge: the rest are single adds since. */
  protected accounted = 0;
  /** Values of the staging array that may be used before `makeRoom` must look. */
  #room = 0;
  /** What questions are answered from: undefined after a change; null when one was answered without a view since. */
  protected viewed: SortedView | null | undefined;
  /** Values left out by `invalid: 'skip'`. */
  protected rejected = 0;

  constructor(options: SketchOptions = {}) {
    requireOptions(options);
    const { k = DEFAULT_K, tails = 'high', seed, observer = ambient.observer } = options;
    this.state = new SketchState(toK(k), toSeed(seed), toTails(tails));
    this.observer = observer;
    observer?.onCreate?.(this);
  }

  /** What the generator started from, unsigned 64 bits. */
  get seed(): bigint {
    return this.state.long[U64.seed];
  }
  /** Accuracy parameter. */
  get k(): number {
    return this.state.word[U32.k];
  }
  /** Smallest k of any compaction behind the data; the error depends on it. */
  get minK(): number {
    return this.state.word[U32.minK];
  }
  /** Number of values, weights counted; exact. */
  get n(): number {
    return this.state.real[F64.n] + this.staged;
  }
  get isEmpty(): boolean {
    return this.n === 0;
  }
  /** False while every value is still there and answers are exact. */
  get isEstimating(): boolean {
    return this.levels > 1;
  }
  /** Items held. */
  get numRetained(): number {
    return this.state.retained + this.staged;
  }
  get numLevels(): number {
    return this.levels || 1;
  }
  /** Policy of compactions to come. */
  get tails(): Tails {
    return TAILS_NAMES[this.state.byte[U8.tails]];
  }
  /** Weakest protection behind the data. */
  get tailGuarantee(): Tails {
    return TAILS_NAMES[this.state.byte[U8.guarantee]];
  }
  /** Condensing variance, in units of n^2 (docs/accuracy.md). */
  get variance(): number {
    const { real } = this.state;
    return real[F64.variance] * (real[F64.n] / this.n) ** 2 || 0;
  }
  /** Smallest value; exact, unless rounded bytes were read or merged; NaN when empty. */
  get min(): number {
    return this.#extreme(F64.min, 1);
  }
  /** Largest value; exact, unless rounded bytes were read or merged; NaN when empty. */
  get max(): number {
    return this.#extreme(F64.max, -1);
  }
  /**
   * Sum of the values, compensated (a block is added plainly in parts of up to 512 values); 0 when empty, NaN once a
   * source lacked its sum. An infinity or NaN may stand where values beyond 1e300 add up, in whatever order they are
   * taken, to more than the largest double.
   */
  get sum(): number {
    const { real } = this.state;
    return compensatedSum(this.staging, this.staged, real[F64.sum], real[F64.carry]);
  }
  /** sum / n; NaN when empty. */
  get mean(): number {
    return this.sum / this.n;
  }
  /** Values left out so far by `extend` with `invalid: 'skip'`; neither bytes nor condensed copies carry it. */
  get numRejected(): number {
    return this.rejected;
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
    if (this.staged >= this.#room) this.#makeRoom();
    this.staging[this.staged++] = x + 0;
    return this;
  }

  /**
   * Adds many values: any typed array but the BigInt ones, an array, or an iterable of numbers.
   * @returns this
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_VALUE_TYPE, ERR_VALUE_NOT_FINITE, ERR_COUNT_OVERFLOW; whatever
   * the iterable throws. The sketch is then as it was.
   */
  extend(values: Iterable<number>, options: ExtendOptions = {}): this {
    requireOptions(options);
    const skip = toSkip(options.invalid);
    let list = toList(values, 'values');
    const seconds = stopwatch(this.observer);
    const given = list.length;
    if (skip) list = finiteOf(list);
    const count = list.length;
    // An accessor among the elements of an array may change this very sketch: few are read before it is looked at.
    if (count <= STAGING) list = plainOf(list, count);
    this.requireRoomFor(count);
    this.tellAdds();
    // A few values beside levels are staged as well; many go to the kernel at once.
    if (count + this.staged <= (this.levels && count > STAGING / 2 ? 0 : this.stageable)) {
      this.stage(list);
    } else {
      this.#ingest(list);
    }
    this.rejected += given - count;
    this.#toldIngest(count, given - count, seconds());
    return this;
  }

  /**
   * Adds values with weights.
   * @param values finite numbers
   * @param weights as many positive integers below 2^53
   * @throws SketchArgumentError ERR_LENGTH_MISMATCH, ERR_WEIGHT, and those of `extend`
   */
  extendWeighted(values: Iterable<number>, weights: Iterable<number>): this {
    const xs = toNumbers(values, 'values', toValue);
    const ws = toNumbers(weights, 'weights', toWeight);
    if (xs.length !== ws.length) {
      badArgument('ERR_LENGTH_MISMATCH', 'weights', `${xs.length} weights`, ws.length);
    }
    let total = 0;
    for (const w of ws) {
      this.requireRoomFor(w, total);
      total += w;
    }
    if (!total) return this;
    this.tellAdds();
    const seconds = stopwatch(this.observer);
    this.#takeWeighted(xs, ws, total);
    this.#toldIngest(total, 0, seconds());
    return this;
  }

  /** Forgets all values, keeps k, tails and the generator. */
  reset(): this {
    this.tellAdds();
    const { generator, seed, tails } = this.state.block;
    this.state = new SketchState(this.k, seed, tails);
    this.state.long[U64.generator] = generator;
    this.setStaging();
    this.accounted = this.rejected = 0;
    this.condensedN = -1;
    return this;
  }

  protected get levels(): number {
    return this.state.word[U32.levels];
  }
  /** How many values may be staged: beside levels a whole block of the kernel, an eighth faster than half of one. */
  protected get stageable(): number {
    return this.levels ? 2 * STAGING : STAGING;
  }

  #extreme(field: F64, sign: number): number {
    let best = this.state.real[field];
    for (let i = 0; i < this.staged; i++) {
      if (!(this.staging[i] * sign >= best * sign)) best = this.staging[i];
    }
    return best;
  }

  #addWeighted(x: number, weight: number): this {
    this.requireRoomFor(weight);
    if (weight <= STAGED_WEIGHT) {
      // All or none of them, should the kernel be refused.
      if (this.staged + weight > this.stageable) this.spill();
      while (weight--) this.add(x);
    } else {
      this.#takeWeighted([x + 0], [weight], weight);
    }
    return this;
  }

  #takeWeighted(values: number[], weights: number[], total: number): void {
    if (this.n + total <= STAGING) {
      // Exact as long as all of them can be staged.
      this.stage(values.flatMap((x, i) => new Array(weights[i]).fill(x)));
    } else {
      this.spill();
      this.change(() => absorb(this.state, (to) => to.weighted(values, weights)));
    }
  }

  /** Refuses `count` values beside those here and `others`. Differences are exact, sums above 2^53 are not. */
  protected requireRoomFor(count: number, others = 0): void {
    const left = MAX_N - this.n - others;
    if (!(count <= left)) {
      badArgument('ERR_COUNT_OVERFLOW', 'n', `at most ${left} more values, up to 2^53`, count);
    }
  }

  #makeRoom(): void {
    this.requireRoomFor(1);
    if (this.staged >= this.stageable) this.spill();
    this.#growStaging(this.staged + 1);
  }

  #growStaging(needed: number): void {
    if (needed > this.staging.length) {
      // From the start, so that it is a power of two and the limits are met: settling leaves arrays of any length.
      let length = FIRST_STAGING;
      while (length < needed) length *= 2;
      const larger = new Float64Array(length);
      larger.set(this.staging.subarray(0, this.staged));
      this.staging = larger;
    }
    this.setRoom();
  }

  protected setRoom(): void {
    this.#room = Math.min(this.staging.length, MAX_N - this.state.real[F64.n]);
  }

  /** Stages values that fit, all or none. */
  protected stage(values: Values): void {
    this.#growStaging(this.staged + values.length);
    const { staging } = this;
    let to = this.staged;
    for (let i = 0; i < values.length; i++) {
      const x = values[i];
      if (x - x !== 0) toValue(x, 'values', i);
      staging[to++] = x + 0;
    }
    this.staged = to;
  }

  #ingest(values: Values): void {
    const bad = this.change(() => this.#toKernel(values));
    if (bad >= 0) for (let i = bad; ; i++) toValue(values[i], 'values', i);
  }

  /** What is staged leaves staging once the kernel has it, before anybody is told. */
  #toKernel(values: Values = []): number {
    const { state, staged } = this;
    const isAsBefore = () => this.state === state && this.staged === staged;
    const count = values.length;
    this.requireRoomFor(count);
    const bad = ingest(state, this.staging, staged, values, isAsBefore);
    if (bad === DISTURBED) return this.#toKernel(plainOf(values, count));
    if (bad < 0) this.staged = 0;
    return bad;
  }

  /** Hands what is staged to the kernel. */
  protected spill(): void {
    if (!this.staged) return;
    const seconds = stopwatch(this.observer);
    this.change(() => this.#toKernel());
    this.tellAdds(seconds());
  }

  /** Tells of single adds, which come too often to be told one by one. */
  protected tellAdds(seconds = 0): void {
    const values = this.n - this.accounted;
    if (values > 0) this.#toldIngest(values, 0, seconds);
  }

  #toldIngest(values: number, rejected: number, seconds: number): void {
    this.accounted = this.n;
    this.observer?.onIngest?.({ values, rejected, seconds });
  }

  /** Does what changes the state: views are void then, and the observer is told of compactions. */
  protected change<T>(work: () => T): T {
    const before = this.observer?.onCompaction && this.state.compactions.slice();
    const result = work();
    this.viewed = undefined;
    this.setRoom();
    if (before) notifyCompactions(this.observer, before, this.state);
    return result;
  }

  /** Has staged what is given, or nothing; whatever remembers places in staging is void. */
  protected setStaging(values: Float64Array = NO_VALUES): void {
    this.staging = values;
    this.staged = values.length;
    this.setRoom();
    this.viewed = undefined;
  }

  /** Puts values, all finite, into staging: they are then the whole sketch. */
  protected stageOnly(values: Values): void {
    this.setStaging();
    this.stage(values);
  }
}

/** The first `count` elements of an array in a copy, all of them finite numbers; what is plain, as it is. */
function plainOf(values: Values, count: number): Values {
  if (!Array.isArray(values)) return values;
  const plain = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const x = values[i];
    plain[i] = typeof x === 'number' && x - x === 0 ? x : toValue(x, 'values', i);
  }
  return plain;
}

/** The finite numbers among values. */
function finiteOf(values: Values): Float64Array {
  const finite = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) finite[count++] = values[i];
  return finite.subarray(0, count);
}
