/** What every foreign image must satisfy once its fields are read, and the form it then takes. */
import { SketchDataError } from '../core/errors.js';
import { MAX_K, MIN_K, type SketchImage } from '../core/image.js';
import { errorWith, varianceBeside } from '../core/rank-error.js';

export interface ForeignOptions {
  /** Largest k accepted, 8..65535; default 65535. */
  maxK?: number | undefined;
}

/** Refuses a k outside 8..maxK. */
export function checkK(k: number, offset: number, { maxK = MAX_K }: ForeignOptions): void {
  const limit = Math.min(maxK, MAX_K);
  if (k < MIN_K || k > limit) {
    throw new SketchDataError('ERR_FIELD', `k: expected ${MIN_K}..${limit}, found ${k}`, offset);
  }
}

/** Refuses a minK outside 8..k. */
export function checkMinK(minK: number, k: number, offset: number): void {
  if (minK < MIN_K || minK > k) {
    throw new SketchDataError('ERR_FIELD', `minK: expected ${MIN_K}..k = ${k}, found ${minK}`, offset);
  }
}

/** Refuses levels whose weights do not sum to n. */
export function checkWeights(sizes: readonly number[], n: number): void {
  // From the top down, so that every difference is exact: n <= 2^53 and a product is an integer times a power of 2.
  let left = n;
  for (let level = sizes.length - 1; level >= 0 && left >= 0; level--) left -= sizes[level] * 2 ** level;
  if (left !== 0) {
    throw new SketchDataError(
      'ERR_COUNT',
      `weights: expected a sum of n = ${n}, found ${left > 0 ? 'less' : 'more'}`,
    );
  }
}

/** A sketch of nothing. Its sum is known: 0. */
export function emptyForeignImage(k: number): SketchImage {
  return {
    k,
    minK: k,
    n: 0,
    sum: 0,
    min: Number.NaN,
    max: Number.NaN,
    sizes: new Uint32Array(0),
    items: new Float64Array(0),
    tailGuarantee: 0,
    variance: 0,
  };
}

export interface ForeignFields {
  k: number;
  minK: number;
  /** At least 1. */
  n: number;
  min: number;
  max: number;
  /** Weights already checked. */
  sizes: readonly number[];
  /** Level 0 first, each level ascending. */
  items: Float64Array;
}

/**
 * The image, once its values are checked: min and max are numbers, and every item lies between them, which no NaN does.
 * Foreign images carry no sum and guarantee nothing at the tails.
 */
export function foreignImage(fields: ForeignFields): SketchImage {
  const { k, minK, n, min, max, sizes, items } = fields;
  if (!(min <= max)) {
    throw new SketchDataError('ERR_ITEMS', `expected min <= max, found ${min} and ${max}`);
  }
  for (let i = 0; i < items.length; i++) {
    if (!(items[i] >= min && items[i] <= max)) {
      throw new SketchDataError(
        'ERR_ITEMS',
        `item ${i}: expected a value in ${min}..${max}, found ${items[i]}`,
      );
    }
  }
  if (n === 1 && min !== max) {
    throw new SketchDataError(
      'ERR_ITEMS',
      `expected min and max of one value to be equal, found ${min} and ${max}`,
    );
  }
  let numLevels = sizes.length;
  while (sizes[numLevels - 1] === 0) numLevels--;
  return {
    k,
    minK,
    n,
    sum: Number.NaN,
    min,
    max,
    sizes: Uint32Array.from(sizes.slice(0, numLevels)),
    items,
    tailGuarantee: 0,
    variance: n > items.length ? varianceBeside(minK, statedError(minK)) : 0,
  };
}

/** The error that the Apache library states (`KllHelper.getNormalizedRankError`): FACTOR / k^POWER. Its cascade has more than ours. */
const FACTOR = 2.296;
const POWER = 0.9723;

function statedError(k: number): number {
  return FACTOR / k ** POWER;
}

/**
 * The minK that an Apache image says: readers state the error of that k. It is less than that of the compactions where
 * condensing has added more than the difference of theirs and ours.
 */
export function statedMinK({ k, minK, variance }: Pick<SketchImage, 'k' | 'minK' | 'variance'>): number {
  // What is kept of a variance, 24 bits, tells the k that it was read for to 0.002 of it at most.
  const asLarge = Math.floor((FACTOR / errorWith(minK, variance)) ** (1 / POWER) + 0.01);
  return Math.max(MIN_K, Math.min(k, minK, variance ? asLarge : k));
}
