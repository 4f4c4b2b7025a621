/** Checks of arguments, once, at the edge of the library. */
import { type ArgumentErrorCode, badArgument } from './errors.js';
import { MAX_K, MIN_K, TAILS_NAMES, type Tails, type TailsCode } from './image.js';
import type { SketchObserver } from './observer.js';

export interface SketchOptions {
  /** Accuracy parameter, an integer 8..65535; the rank error falls about as 1/k. Default 200. */
  k?: number | undefined;
  /** Start of the generator: an integer 0..2^53-1 or a bigint below 2^64. Default: random. */
  seed?: number | bigint | undefined;
  /** Which ends are kept sharp. Default 'high'. */
  tails?: Tails | undefined;
  /** Who is told what happens. Default: whoever telemetry set up (`kll-wasm/metrics`), or nobody. */
  observer?: SketchObserver | undefined;
}

export interface LoadOptions extends ReadLimits {
  /** Start of the generator of an image without state. Default: random. */
  seed?: number | bigint | undefined;
  /** Policy of compactions to come. Default: that of the state block, else the image's tail guarantee. */
  tails?: Tails | undefined;
  /** As of {@link SketchOptions}. */
  observer?: SketchObserver | undefined;
}

/** What readers of bytes accept. */
export interface ReadLimits {
  /** Largest k accepted, 8..65535. */
  maxK?: number | undefined;
}

/** Gives back what passes; throws a SketchArgumentError for what does not. */
type Check = (x: unknown, argument?: string, index?: number) => number;

/** A check of numbers, with one code for what is none and one for what is not `ok`. */
export function numberCheck(
  ok: (x: number) => boolean,
  name: string,
  expected: string,
  type: ArgumentErrorCode = 'ERR_ARGUMENT_TYPE',
  range: ArgumentErrorCode = 'ERR_ARGUMENT_RANGE',
): Check {
  return (x, argument = name, index) => {
    const isNumber = typeof x === 'number';
    return isNumber && ok(x) ? x : badArgument(isNumber ? range : type, argument, expected, x, index);
  };
}

export const toK = numberCheck(
  (k) => Number.isInteger(k) && k >= MIN_K && k <= MAX_K,
  'k',
  `an integer from ${MIN_K} to ${MAX_K}`,
);
export const toRank = numberCheck((rank) => rank >= 0 && rank <= 1, 'rank', 'a number from 0 to 1');
/** A value that a rank is asked for: any number but NaN. */
export const toQueried = numberCheck((x) => !Number.isNaN(x), 'x', 'a number, not NaN');
/** A number that may enter a sketch. */
export const toValue = numberCheck(
  Number.isFinite,
  'x',
  'a finite number',
  'ERR_VALUE_TYPE',
  'ERR_VALUE_NOT_FINITE',
);
export const toWeight = numberCheck(
  (weight) => Number.isSafeInteger(weight) && weight > 0,
  'weight',
  'a positive integer below 2^53',
  'ERR_WEIGHT',
  'ERR_WEIGHT',
);

/** `toRank` for where every nanosecond counts. */
export function requireRank(rank: number, argument?: string, index?: number): void {
  if (typeof rank !== 'number' || !(rank >= 0 && rank <= 1)) toRank(rank, argument, index);
}

/** @throws SketchArgumentError ERR_ARGUMENT_TYPE for options, or another argument, that are no object */
export function requireOptions(options: unknown, argument = 'options'): void {
  if (typeof options !== 'object' || !options) {
    badArgument('ERR_ARGUMENT_TYPE', argument, 'an object', options);
  }
}

/** The largest k that options let a reader accept: their own, or that of the format. */
export function toMaxK(options: ReadLimits): number {
  requireOptions(options);
  return options.maxK === undefined ? MAX_K : toK(options.maxK, 'maxK');
}

/** Whether it is a typed array of this name. Frames and test runners have classes of their own, so none is asked for. */
export function isArrayOf(name: string, x: unknown): boolean {
  return ArrayBuffer.isView(x) && (x as Uint8Array)[Symbol.toStringTag] === name;
}

export function isBytes(x: unknown): x is Uint8Array {
  return isArrayOf('Uint8Array', x);
}

/** @throws SketchArgumentError ERR_ARGUMENT_TYPE for bytes that are no Uint8Array */
export function requireBytes(
  bytes: unknown,
  argument = 'bytes',
  expected = 'a Uint8Array',
  index?: number,
): Uint8Array {
  if (isBytes(bytes)) return bytes;
  return badArgument('ERR_ARGUMENT_TYPE', argument, expected, bytes, index);
}

/** Whether what is refused is to be left out. */
export function toSkip(invalid: unknown = 'throw'): boolean {
  if (invalid !== 'throw' && invalid !== 'skip') {
    badArgument('ERR_ARGUMENT_RANGE', 'invalid', "'throw' or 'skip'", invalid);
  }
  return invalid === 'skip';
}

export function toTails(tails: unknown): TailsCode {
  const code = TAILS_NAMES.indexOf(tails as Tails);
  if (code < 0) badArgument('ERR_ARGUMENT_RANGE', 'tails', "'none', 'high' or 'both'", tails);
  return code as TailsCode;
}

/** Any iterable as an array; what is in it is not looked at. */
export function gathered(values: unknown, argument: string, expected: string): unknown[] {
  if (typeof values === 'object' && values && Symbol.iterator in values)
    return Array.from(values as unknown[]);
  return badArgument('ERR_ARGUMENT_TYPE', argument, expected, values);
}

/** Ascending, distinct split points; infinities are allowed. */
export function toSplits(splits: unknown): number[] {
  const points = toNumbers(splits, 'splits', toQueried);
  for (let i = 1; i < points.length; i++) {
    if (!(points[i] > points[i - 1])) {
      badArgument('ERR_ARGUMENT_RANGE', 'splits', `more than the one before, ${points[i - 1]}`, points[i], i);
    }
  }
  return points;
}

/**
 * An array of checked numbers from any array, typed array or iterable. A plain one: a Float64Array of ten takes ten
 * times as long to make.
 */
export function toNumbers(values: unknown, argument: string, check: Check): number[] {
  return Array.from(toList(values, argument), (x, i) => check(x, argument, i) + 0);
}

/**
 * Values as an indexable: arrays and typed arrays as they are, anything else that can be iterated gathered first. A typed array
 * whose class is not the language's own is copied: its `subarray` may give another part of it than was asked for.
 */
export function toList(values: unknown, argument: string): ArrayLike<number> {
  if (Array.isArray(values)) return values;
  if (ArrayBuffer.isView(values) && 'length' in values) {
    const list = values as Float64Array;
    const name: string = list[Symbol.toStringTag];
    if (name.startsWith('Big')) badArgument('ERR_VALUE_TYPE', argument, 'numbers, not BigInts', values);
    const isPlain = (globalThis as Record<string, unknown>)[name] === list.constructor;
    // Of memory that was given away to another thread there is no copy, and nothing in it.
    return list.length ? (isPlain ? list : new Float64Array(list)) : [];
  }
  return gathered(values, argument, 'an array or iterable of numbers') as number[];
}
