/** Sketches of every k and policy in one: the bound goes by the weakest. */
import { KllSketch } from '../../../src/index.js';
import type { Scenario } from '../scenario.js';
import { ascending } from '../streams.js';
import { Tally } from '../tally.js';
import { ranksTruth } from '../truth.js';

export const mixtures: Scenario = {
  name: 'mixtures',
  title: 'Sketches of different k, tails and condensing merged',
  run(bench) {
    const tally = new Tally('any mixture');
    bench.each(() => {
      const parts = 2 + bench.random.below(6);
      const sizes = Array.from({ length: parts }, () => Math.round(100 * 10 ** (bench.random.next() * 3)));
      const n = sizes.reduce((a, b) => a + b, 0);
      const values = bench.random.shuffle(ascending(n));
      let from = 0;
      const sources = sizes.map((size) => {
        const k = Math.round(8 * 10 ** (bench.random.next() * 2.3));
        const tails = (['none', 'high', 'both'] as const)[bench.random.below(3)];
        const sketch = new KllSketch({ k, tails, seed: bench.seed });
        sketch.extend(values.subarray(from, (from += size)));
        return bench.random.below(3) ? sketch : sketch.condense(Math.max(8, Math.round(k / 5)));
      });
      const tails = (['none', 'high', 'both'] as const)[bench.random.below(3)];
      const merged = KllSketch.mergeAll(sources, { tails, seed: bench.seed });
      const result = bench.random.below(2) ? merged : merged.condense(200);
      tally.take(result, ranksTruth(n));
    });
    return [tally.row];
  },
};
