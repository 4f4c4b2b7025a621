/** The condense step alone, on known items: its bias, variance and largest error, over every phase of its grid. */
import { condense, planForK } from '../../src/core/condense.js';
import type { TailsCode } from '../../src/core/image.js';
import { SortedView } from '../../src/core/sorted-view.js';
import type { SeededRandom } from './prng.js';

export interface CondenseBias {
  /** Size of the large chunks: figures below are in units of it. */
  c: number;
  /** Largest mean error at any item, over all phases and both coins. */
  bias: number;
  /** Largest mean square of the error at any item, in units of c^2. */
  variance: number;
  /** Largest error of a single copy at any item. */
  largest: number;
}

/** A view whose items are 0, 1, 2 ..., of given weights. */
export function viewOfWeights(weights: ArrayLike<number>): SortedView {
  const items = Float64Array.from(weights as ArrayLike<number>, (_, i) => i);
  let n = 0;
  const cumulative = Float64Array.from(weights as ArrayLike<number>, (weight) => (n += weight));
  return new SortedView(items, cumulative, n, 0, items.length - 1);
}

/** Weights as they lie beside each other in a working sketch: powers of two below 2^levels, at random. */
export function mixedWeights(count: number, levels: number, random: SeededRandom): Float64Array {
  return new Float64Array(count).map(() => 2 ** random.below(levels));
}

/**
 * @param view from viewOfWeights: an item is its own position
 * @param most phases at most, evenly spaced where there are more
 */
export function condenseBias(
  view: SortedView,
  k: number,
  tails: TailsCode,
  sharp = false,
  most = 4096,
): CondenseBias {
  const layout = planForK(view.n, k, tails, sharp);
  const c = 2 ** layout.height;
  const phases = Math.min(c, most);
  const count = view.items.length;
  const sum = new Float64Array(count);
  const squares = new Float64Array(count);
  const held = new Float64Array(count);
  let largest = 0;
  for (let phase = 0; phase < phases; phase++) {
    for (const coin of [0, 1]) {
      const { sizes, items } = condense(view, layout, tails, (phase * c) / phases, coin);
      held.fill(0);
      for (let level = 0, at = 0; level < sizes.length; level++) {
        for (const end = at + sizes[level]; at < end; at++) held[items[at]] += 2 ** level;
      }
      let below = 0;
      for (let i = 0; i < count; i++) {
        below += held[i];
        const error = below - view.weights[i];
        sum[i] += error;
        squares[i] += error * error;
        largest = Math.max(largest, Math.abs(error));
      }
    }
  }
  const largestMean = (xs: Float64Array) =>
    xs.reduce((high, x) => Math.max(high, Math.abs(x)), 0) / (2 * phases);
  return { c, bias: largestMean(sum) / c, variance: largestMean(squares) / c ** 2, largest: largest / c };
}
