/** Every k, and every n: is the bound true, and how far above what is tallyd? */
import { KllSketch } from '../../../src/index.js';
import { ApacheCascade, randomCoin } from '../../../test/support/apache-cascade.js';
import type { Scenario } from '../scenario.js';
import { ascending } from '../streams.js';
import { Tally } from '../tally.js';
import { ranksTruth } from '../truth.js';

const KS = [8, 12, 16, 24, 32, 50, 100, 200, 400, 800, 1024, 1536, 2048, 4096];

/** The whole range of k: is the bound true, and no more than 1.6 times what is tallyd? */
export const range: Scenario = {
  name: 'range',
  title: 'Every k, n = 1e5',
  run(bench) {
    const n = 100_000;
    const truth = ranksTruth(n);
    const values = ascending(n);
    const tallies = KS.flatMap((k) =>
      (['none', 'high', 'both'] as const).map(
        (tails) => [k, tails, new Tally(`k=${k} ${tails}`, { boundRatio: 1.6 })] as const,
      ),
    );
    bench.each(() => {
      bench.random.shuffle(values);
      for (const [k, tails, tally] of tallies) {
        tally.take(new KllSketch({ k, tails, seed: bench.seed }).extend(values), truth);
      }
    });
    return tallies.map(([, , tally]) => tally.row);
  },
};

const SIZES = [1025, 2000, 4000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000];

/** Error against n, beside the Apache cascade. */
export const growth: Scenario = {
  name: 'growth',
  title: 'Error against n',
  run(bench) {
    const rows = SIZES.flatMap((n) => {
      const truth = ranksTruth(n);
      const values = ascending(n);
      const ours = [
        [200, 'none'],
        [200, 'high'],
        [1024, 'none'],
        [1024, 'high'],
        [50, 'high'],
      ] as const;
      const tallies = ours.map(([k, tails]) => new Tally(`n=${n} k=${k} ${tails}`, {}));
      const sent = new Tally(`n=${n} K=1024 to 200 high`);
      const apache = new Tally(`n=${n} Apache k=200`);
      const trials = Math.max(40, Math.min(bench.trials, Math.round((bench.trials * 1e6) / n)));
      bench.each(() => {
        bench.random.shuffle(values);
        ours.forEach(([k, tails], i) => {
          const sketch = new KllSketch({ k, tails, seed: bench.seed }).extend(values);
          if (k === 1024 && tails === 'high') sent.take(sketch.condense(200), truth);
          tallies[i].take(sketch, truth);
        });
        const cascade = new ApacheCascade(200, randomCoin(bench.seed));
        cascade.updateAll(values);
        apache.take(cascade, truth);
      }, trials);
      return [...tallies, sent, apache].map((tally) => tally.row);
    });
    return rows;
  },
};
