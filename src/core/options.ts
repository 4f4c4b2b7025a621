/** Checks of arguments, once, at the edge of the library. */
import { SketchArgumentError } from './errors.js';
import { MAX_K, MIN_K, TAILS, type Tails, type TailsCode } from './image.js';
import type { SketchObserver } from './observer.js';

export interface SketchOptions {
  /** Accuracy parameter, an integer 8..65535; the rank error falls as 1/k. Default 200. */
  k?: number;
  /** Start of the generator: an integer 0..2^53-1 or a bigint below 2^64. Default: random. */
  seed?: number | bigint;
  /** Which ends are kept sharp. Default 'high'. */
  tails?: Tails;
  /** Who is told what happens. */
  observer?: SketchObserver;
}

export interface LoadOptions {
  /** Start of the generator of an image without state. Default: random. */
  seed?: number | bigint;
  /** Policy of compactions to come. Default: that of the state block, else the image's tail guarantee. */
  tails?: Tails;
  /** Largest k accepted, 8..65535. */
  maxK?: number;
  observer?: SketchObserver;
}

/**
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
 */
export function toK(k: unknown, argument = 'k'): number {
  if (typeof k !== 'number') throw new SketchArgumentError('ERR_ARGUMENT_TYPE', argument, 'an integer', k);
  if (Number.isInteger(k) && k >= MIN_K && k <= MAX_K) return k;
  throw new SketchArgumentError('ERR_ARGUMENT_RANGE', argument, `an integer from ${MIN_K} to ${MAX_K}`, k);
}

/** @throws SketchArgumentError ERR_ARGUMENT_TYPE for options that are no object */
export function requireOptions(options: unknown): void {
  if (typeof options === 'object' && options !== null) return;
  throw new SketchArgumentError('ERR_ARGUMENT_TYPE', 'options', 'an object', options);
}

/** Whether what is refused is to be left out. */
export function toSkip(invalid: unknown): boolean {
  if (invalid === undefined || invalid === 'throw' || invalid === 'skip') return invalid === 'skip';
  throw new SketchArgumentError('ERR_ARGUMENT_RANGE', 'invalid', "'throw' or 'skip'", invalid);
}

export function toTails(tails: unknown): TailsCode {
  if (typeof tails === 'string' && Object.hasOwn(TAILS, tails)) return TAILS[tails as Tails];
  throw new SketchArgumentError('ERR_ARGUMENT_RANGE', 'tails', "'none', 'high' or 'both'", tails);
}

export function toRank(rank: unknown, argument = 'rank', index?: number): number {
  if (typeof rank !== 'number') {
    throw new SketchArgumentError('ERR_ARGUMENT_TYPE', argument, 'a number from 0 to 1', rank, index);
  }
  if (rank >= 0 && rank <= 1) return rank;
  throw new SketchArgumentError('ERR_ARGUMENT_RANGE', argument, 'a number from 0 to 1', rank, index);
}

/** A value that a rank is asked for: any number but NaN. */
export function toQueried(x: unknown, argument = 'x', index?: number): number {
  if (typeof x !== 'number')
    throw new SketchArgumentError('ERR_ARGUMENT_TYPE', argument, 'a number', x, index);
  if (!Number.isNaN(x)) return x;
  throw new SketchArgumentError('ERR_ARGUMENT_RANGE', argument, 'a number, not NaN', x, index);
}

/** Ascending, distinct split points; infinities are allowed. */
export function toSplits(splits: unknown): Float64Array {
  const points = toNumbers(splits, 'splits', toQueried);
  for (let i = 1; i < points.length; i++) {
    if (points[i] > points[i - 1]) continue;
    throw new SketchArgumentError(
      'ERR_ARGUMENT_RANGE',
      'splits',
      `more than the one before, ${points[i - 1]}`,
      points[i],
      i,
    );
  }
  return points;
}

/** An array of checked numbers from any array, typed array or iterable. */
export function toNumbers(
  values: unknown,
  argument: string,
  check: (x: unknown, argument: string, index: number) => number,
): Float64Array {
  if (!isIterable(values))
    throw new SketchArgumentError('ERR_ARGUMENT_TYPE', argument, 'an array or iterable', values);
  const list =
    ArrayBuffer.isView(values) || Array.isArray(values) ? (values as ArrayLike<unknown>) : Array.from(values);
  const numbers = new Float64Array(list.length);
  for (let i = 0; i < numbers.length; i++) numbers[i] = check(list[i], argument, i);
  return numbers;
}

export function isIterable(values: unknown): values is Iterable<unknown> {
  return typeof values === 'object' && values !== null && Symbol.iterator in values;
}

/** A number that may enter a sketch. */
export function toValue(x: unknown, argument = 'x', index?: number): number {
  if (typeof x !== 'number') {
    throw new SketchArgumentError('ERR_VALUE_TYPE', argument, 'a finite number', x, index);
  }
  if (x - x === 0) return x;
  throw new SketchArgumentError('ERR_VALUE_NOT_FINITE', argument, 'a finite number', x, index);
}

export function toWeight(weight: unknown, argument = 'weight', index?: number): number {
  if (Number.isSafeInteger(weight) && (weight as number) > 0) return weight as number;
  throw new SketchArgumentError('ERR_WEIGHT', argument, 'a positive integer below 2^53', weight, index);
}
