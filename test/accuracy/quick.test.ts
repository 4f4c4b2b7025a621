import { describe, expect, it } from 'vitest';
import { maxRankError, ranksTruth, type View } from '../../bench/accuracy/truth.js';
import { KllSketch } from '../../src/index.js';
import { ApacheCascade, randomCoin } from '../support/apache-cascade.js';
import { seededRandom } from '../support/prng.js';

const N = 100_000;
const TRIALS = 300;
const truth = ranksTruth(N);

/** 99th percentile over trials of the largest error over all ranks, of each way to summarise the same streams. */
function max99(seed: number, ways: readonly ((values: Float64Array, seed: number) => View)[]): number[] {
  const random = seededRandom(seed);
  const values = Float64Array.from({ length: N }, (_, i) => i);
  const errors = ways.map((): number[] => []);
  for (let trial = 0; trial < TRIALS; trial++) {
    random.shuffle(values);
    ways.forEach((way, i) => {
      errors[i].push(maxRankError(way(values, random.uint32()), truth));
    });
  }
  return errors.map((all) => all.sort((a, b) => a - b)[Math.floor(0.99 * TRIALS)]);
}

function viewOf(sketch: KllSketch): View {
  const items: number[] = [];
  const weights: number[] = [];
  let total = 0;
  for (const { item, weight } of sketch) {
    items.push(item);
    total += weight;
    weights.push(total);
  }
  return { items, weights };
}

/**
 * Seeds are fixed, so a run never fails by chance; a change of the random sequence draws anew. Over 300 trials a 99th
 * percentile scatters by about 5 % of itself: the ratio, 0.54 where measured, would have to miss 0.95 by more than ten
 * deviations, and 0.28 % of a condensed copy lies more than one below its limit of 0.30 %.
 */
describe('accuracy in random order, 300 trials of n = 1e5', () => {
  it('beats the Apache cascade of the same k in the largest error', () => {
    const [ours, apache] = max99(1, [
      (values, seed) => viewOf(new KllSketch({ k: 200, tails: 'none', seed }).extend(values)),
      (values, seed) => {
        const cascade = new ApacheCascade(200, randomCoin(seed));
        cascade.updateAll(values);
        const { items, cumulativeWeights } = cascade.sortedView();
        return { items, weights: cumulativeWeights };
      },
    ]);
    expect(ours / apache).toBeLessThanOrEqual(0.95);
  });

  it('is within 0.30 % in a copy of k = 200 condensed from k = 1024', () => {
    const ways = (['none', 'high'] as const).map(
      (tails) => (values: Float64Array, seed: number) =>
        viewOf(new KllSketch({ k: 1024, tails, seed }).extend(values).condense(200)),
    );
    for (const error of max99(2, ways)) expect(error).toBeLessThanOrEqual(0.003);
  });
});
