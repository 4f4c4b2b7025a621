/** Many values as the few that travel: condensing without the kernel, from sorted items. */
import { condense, planForK } from '../../core/condense.js';
import type { SketchImage, TailsCode } from '../../core/image.js';

/** Items in ascending order with cumulative weights, and what is exact about the values behind them. */
export interface WeightedItems {
  items: Float64Array;
  weights: Float64Array;
  n: number;
  min: number;
  max: number;
  sum: number;
}

/** @param values finite numbers, which are sorted here */
export function itemsOfValues(values: Float64Array, sum: number): WeightedItems {
  values.sort();
  const n = values.length;
  return {
    items: values,
    weights: values.map((_, i) => i + 1),
    n,
    min: values[0],
    max: values[n - 1],
    sum,
  };
}

/** The image of k that stands for them, by a random phase and coin. */
export function condensedImage(view: WeightedItems, k: number, tails: TailsCode): SketchImage {
  const { n, min, max, sum } = view;
  const layout = planForK(n, k, tails, false);
  const step = 2 ** layout.height;
  const phase = Math.floor(Math.random() * step);
  const coin = Math.random() < 0.5 ? 0 : 1;
  return {
    k,
    minK: k,
    n,
    sum,
    min,
    max,
    ...condense(view, layout, tails, phase, coin),
    tailGuarantee: tails,
    // gridVariance (core/variance.ts): a call of it takes 16 bytes more of a page.
    variance: (step / n) ** 2 / 12,
  };
}
