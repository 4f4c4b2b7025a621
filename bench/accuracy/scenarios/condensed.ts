/** A working sketch of K = 1024 or 1536, sent as an image of k = 200. */
import { KllSketch } from '../../../src/index.js';
import type { Scenario } from '../scenario.js';
import { ascending, latencies } from '../streams.js';
import { Tally, type Target } from '../tally.js';
import { ranksTruth, valuesTruth } from '../truth.js';

export const condensed: Scenario = {
  name: 'condensed',
  title: 'Working k = 1024 condensed to 200; sharp tails from 1536',
  quick: true,
  run(bench) {
    return bench.sizes(100_000, 1_000_000).flatMap((n) => {
      const truth = ranksTruth(n);
      const values = ascending(n);
      const million = n === 1_000_000;
      const none: Target = { max99: 0.003, apacheBytes: million ? 4150 : 5600 };
      const high: Target = { max99: 0.003, p99: 0.00045, p999: 0.00015, apacheBytes: million ? 5000 : 5600 };
      const sharp: Target = million ? { max99: 0.0036, p99: 0.00013, p999: 0.000013, apacheBytes: 5050 } : {};
      const rows = [
        { k: 1024, tails: 'none', sharp: false, tally: new Tally(`n=${n} none`, none) },
        { k: 1024, tails: 'high', sharp: false, tally: new Tally(`n=${n} high`, high) },
        { k: 1024, tails: 'both', sharp: false, tally: new Tally(`n=${n} both`) },
        { k: 1536, tails: 'high', sharp: true, tally: new Tally(`n=${n} sharp high`, sharp) },
      ] as const;
      bench.each(() => {
        bench.random.shuffle(values);
        for (const { k, tails, sharp, tally } of rows) {
          const sketch = new KllSketch({ k, tails, seed: bench.seed }).extend(values);
          tally.take(sketch.condense(200, { sharp }), truth);
        }
      });
      return rows.map(({ tally }) => tally.row);
    });
  },
};

export const compact: Scenario = {
  name: 'compact',
  title: 'Latencies in tenths of a millisecond, 1024 condensed to 200',
  share: 0.1,
  quick: true,
  run(bench) {
    return bench.sizes(100_000, 1_000_000).flatMap((n) => {
      const rows = (['none', 'high', 'both'] as const).map((tails) => ({
        tails,
        tally: new Tally(`n=${n} ${tails}`, tails === 'both' ? {} : { compactBytes: 720 }),
      }));
      bench.each(() => {
        const values = latencies(n, bench.random);
        const truth = valuesTruth(values);
        for (const { tails, tally } of rows) {
          const sketch = new KllSketch({ k: 1024, tails, seed: bench.seed }).extend(values);
          tally.take(sketch.condense(200), truth);
        }
      });
      return rows.map(({ tally }) => tally.row);
    });
  },
};
