/** Streams whose exact ranks are known without sorting: ranks 0..n-1, or groups of equal values, in some order. */
import type { SeededRandom } from '../../test/support/prng.js';
import type { Truth } from './truth.js';

/** 0..n-1, ascending. */
export function ascending(n: number): Float64Array {
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) values[i] = i;
  return values;
}

/** Values 0, 1, 2, ... in groups of equal ones. */
export interface Tied {
  /** Ascending; to be put in any order. */
  values: Float64Array;
  truth: Truth;
}

/** @param sizes how often 0, 1, 2, ... occur */
export function tied(sizes: readonly number[]): Tied {
  const starts = [0];
  for (const size of sizes) starts.push(starts[starts.length - 1] + size);
  const n = starts[sizes.length];
  const sorted = new Float64Array(n);
  sizes.forEach((_, i) => {
    sorted.fill(i, starts[i], starts[i + 1]);
  });
  const truth: Truth = { n, below: (x) => starts[x], upTo: (x) => starts[x + 1], at: (i) => sorted[i] };
  return { values: sorted.slice(), truth };
}

/** 55 % zeros, the others all different. */
export function mostlyZeros(n: number): Tied {
  const zeros = Math.round(0.55 * n);
  return tied([zeros, ...new Array<number>(n - zeros).fill(1)]);
}

/** Integers 0..50, evenly spread. */
export function smallIntegers(n: number): Tied {
  return tied(
    Array.from({ length: 51 }, (_, i) => Math.floor(((i + 1) * n) / 51) - Math.floor((i * n) / 51)),
  );
}

/** Lets a sorted stream drift: shuffles windows of a tenth, then windows that lie across them. */
export function drift(values: Float64Array, random: SeededRandom): void {
  const window = values.length / 10;
  for (const offset of [0, window / 2]) {
    for (let start = offset; start < values.length; start += window) {
      random.shuffle(values.subarray(start, start + window));
    }
  }
}

/** Page latencies in tenths of a millisecond: lognormal, median 110 ms, 5 % above 450 ms. */
export function latencies(n: number, random: SeededRandom): Float64Array {
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) values[i] = Math.round(1100 * Math.exp(random.normal() * 0.857)) / 10;
  return values;
}
