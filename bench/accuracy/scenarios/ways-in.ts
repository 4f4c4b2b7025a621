/** Values one by one and in bulk, where both are sampled: the same error is asked of both. */
import { KllSketch } from '../../../src/index.js';
import type { Scenario } from '../scenario.js';
import { ascending } from '../streams.js';
import { Tally } from '../tally.js';
import { ranksTruth } from '../truth.js';

export const waysIn: Scenario = {
  name: 'ways-in',
  title: 'One by one and in bulk, k = 200',
  run(bench) {
    const n = 3_000_000;
    const truth = ranksTruth(n);
    const values = ascending(n);
    const ways = (['none', 'high', 'both'] as const).map((tails) => ({
      tails,
      single: new Tally(`n=${n} ${tails}, one by one`, { boundRatio: 1.6 }),
      bulk: new Tally(`n=${n} ${tails}, in bulk`, { boundRatio: 1.6 }),
    }));
    bench.each(() => {
      bench.random.shuffle(values);
      for (const { tails, single, bulk } of ways) {
        const sketch = new KllSketch({ k: 200, tails, seed: bench.seed });
        for (const x of values) sketch.add(x);
        single.take(sketch, truth);
        bulk.take(new KllSketch({ k: 200, tails, seed: bench.seed }).extend(values), truth);
      }
    });
    return ways.flatMap(({ single, bulk }) => [single.row, bulk.row]);
  },
};
