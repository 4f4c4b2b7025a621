/** Plain streaming: a state no bigger than its image, beside the Apache cascade in the same trials. */
import { KllSketch } from '../../../src/index.js';
import { ApacheCascade, randomCoin } from '../../../test/support/apache-cascade.js';
import type { Scenario } from '../scenario.js';
import { ascending } from '../streams.js';
import { Tally } from '../tally.js';
import { ranksTruth } from '../truth.js';

/** An Apache image of doubles, k = 200, at its fullest for n = 1e6. */
const APACHE_BYTES = 5000;

export const streaming: Scenario = {
  name: 'streaming',
  title: 'Plain streaming, random order',
  quick: true,
  run(bench) {
    return bench.sizes(100_000, 1_000_000).flatMap((n) => {
      const truth = ranksTruth(n);
      const values = ascending(n);
      const strict = n === 1_000_000 ? { max99: 0.0092, apacheBytes: APACHE_BYTES } : {};
      const ours = ([200, 1024] as const).flatMap((k) =>
        (['none', 'high', 'both'] as const).map((tails) => ({
          k,
          tails,
          tally: new Tally(`n=${n} k=${k} ${tails}`, {
            boundRatio: 1.6,
            ...(k === 200 && tails === 'none' ? strict : {}),
          }),
        })),
      );
      const apache = new Tally(`n=${n} Apache cascade k=200`);
      bench.each(() => {
        bench.random.shuffle(values);
        for (const { k, tails, tally } of ours) {
          tally.take(new KllSketch({ k, tails, seed: bench.seed }).extend(values), truth);
        }
        const cascade = new ApacheCascade(200, randomCoin(bench.seed));
        cascade.updateAll(values);
        apache.take(cascade, truth);
      });
      return [...ours.map(({ tally }) => tally), apache].map(({ row }) => row);
    });
  },
};
