/** What every report says of a sketch. */
import type { KllSketch } from '../index.js';
import { showBytes, showCountOf, showPercent } from './output/figures.js';

/** For machines. */
export function sketchReport(sketch: KllSketch) {
  return {
    n: sketch.n,
    min: sketch.min,
    max: sketch.max,
    sum: sketch.sum,
    mean: sketch.mean,
    k: sketch.k,
    minK: sketch.minK,
    tails: sketch.tails,
    tailGuarantee: sketch.tailGuarantee,
    isEstimating: sketch.isEstimating,
    retained: sketch.numRetained,
    levels: sketch.numLevels,
    rankError: sketch.rankError(),
  };
}

/** One line for people. */
export function describeAccuracy(sketch: KllSketch): string {
  if (!sketch.isEstimating) return `k ${sketch.k}: every value is kept, answers are exact`;
  const tails = { none: '', high: ', high end protected', both: ', both ends protected' };
  return (
    `k ${sketch.k}${tails[sketch.tailGuarantee]}: ` +
    `a rank is off by at most ${showPercent(sketch.rankError())} with 99 % confidence`
  );
}

/** One line on size. */
export function describeSize(sketch: KllSketch, bytes: number): string {
  const share =
    sketch.n > 0
      ? `; ${showCountOf(sketch.n, 'double takes', 'doubles take')} ${showBytes(sketch.n * 8)}`
      : '';
  return `${showBytes(bytes)} as a compact image${share}`;
}
