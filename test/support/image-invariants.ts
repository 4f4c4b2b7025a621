/** What holds of every image that a decoder returns, whatever the bytes were. */
import { MAX_K, MAX_LEVELS, MAX_N, MIN_K, type SketchImage } from '../../src/core/image.js';

/** Throws an Error that names the first invariant an image breaks. Cheap enough for every round of a fuzz test. */
export function assertImageInvariants(image: SketchImage): void {
  const { k, minK, n, sum, min, max, sizes, items, tailGuarantee, variance } = image;
  holds(Number.isInteger(k) && k >= MIN_K && k <= MAX_K, 'k in 8..65535', k);
  holds(Number.isInteger(minK) && minK >= MIN_K && minK <= MAX_K, 'minK in 8..65535', minK);
  holds(Number.isInteger(n) && n >= 0 && n <= MAX_N, 'n in 0..2^53', n);
  holds(typeof sum === 'number', 'sum is a number or NaN', sum);
  holds(
    tailGuarantee === 0 || tailGuarantee === 1 || tailGuarantee === 2,
    'tail guarantee in 0..2',
    tailGuarantee,
  );
  holds(variance >= 0 && variance < Number.POSITIVE_INFINITY, 'variance finite and not negative', variance);
  holds(sizes instanceof Uint32Array, 'sizes in a Uint32Array', sizes);
  holds(items instanceof Float64Array, 'items in a Float64Array', items);
  holds(sizes.length <= MAX_LEVELS, 'at most 54 levels', sizes.length);
  if (n === 0) {
    holds(sizes.length === 0 && items.length === 0, 'an empty sketch has no levels', sizes.length);
    holds(Number.isNaN(min) && Number.isNaN(max), 'an empty sketch has no min and max', [min, max]);
    return;
  }
  holds(sizes.length > 0 && sizes[sizes.length - 1] > 0, 'the top level is not empty', sizes);
  holds(min <= max, 'min <= max', [min, max]);
  let at = 0;
  let weight = 0n;
  for (let level = 0; level < sizes.length; level++) {
    const end = at + sizes[level];
    holds(end <= items.length, 'levels lie inside the items', end);
    for (let i = at; i < end; i++) {
      const x = items[i];
      if (!(x >= min && x <= max)) holds(false, 'every item in min..max', x);
      if (i > at && x < items[i - 1]) holds(false, 'levels ascend', level);
    }
    weight += BigInt(sizes[level]) << BigInt(level);
    at = end;
  }
  holds(at === items.length, 'every item belongs to a level', items.length);
  holds(weight === BigInt(n), 'weights sum to n', weight);
}

function holds(condition: boolean, invariant: string, found: unknown): void {
  if (!condition) throw new Error(`image breaks "${invariant}": ${String(found)}`);
}
