/** Plain streaming: a working state no bigger than its image, beside the Apache cascade in the same trials. */
import { KllSketch, type Tails } from '../../../src/index.js';
import { ApacheCascade, randomCoin } from '../../../test/support/apache-cascade.js';
import type { Context, Scenario } from '../context.js';
import { Measure } from '../measure.js';
import { ascending, shuffle } from '../streams.js';
import { ranksTruth } from '../truth.js';

/** An Apache image of k = 200 and n = 1e6 at its fullest. */
const APACHE_BYTES = 5_000;

export const strict: Scenario = {
  name: 'strict',
  title: 'Plain streaming, n = 1e6',
  quick: true,
  run(context: Context) {
    const n = 1_000_000;
    const truth = ranksTruth(n);
    const values = ascending(n);
    const ours = [
      new Measure('k=200 none', { max99: 0.0092, bytes: APACHE_BYTES, boundRatio: 1.6 }),
      new Measure('k=200 high', { boundRatio: 1.6 }),
      new Measure('k=200 both', { boundRatio: 1.6 }),
      new Measure('k=1024 none', { boundRatio: 1.6 }),
      new Measure('k=1024 high', { boundRatio: 1.6 }),
      new Measure('k=1024 both', { boundRatio: 1.6 }),
    ];
    const apache = new Measure('Apache k=200');
    context.each(() => {
      shuffle(values, context.random);
      for (const measure of ours) {
        const [k, tails] = measure.label.slice(2).split(' ');
        const options = { k: Number(k), tails: tails as Tails, seed: context.seed() };
        measure.take(new KllSketch(options).extend(values), truth);
      }
      const cascade = new ApacheCascade(200, randomCoin(context.seed()));
      cascade.updateAll(values);
      apache.take(cascade, truth);
    });
    return [...ours, apache].map((measure) => measure.row);
  },
};

const KS = [8, 12, 16, 24, 32, 50, 100, 200, 400, 800, 1024, 1536, 2048, 4096];

/** The whole range of k: is the bound true, and no more than 1.6 times what is measured? */
export const range: Scenario = {
  name: 'range',
  title: 'Every k, n = 1e5',
  run(context) {
    const n = 100_000;
    const truth = ranksTruth(n);
    const values = ascending(n);
    const measures = KS.flatMap((k) =>
      (['none', 'high', 'both'] as const).map(
        (tails) => [k, tails, new Measure(`k=${k} ${tails}`, { boundRatio: 1.6 })] as const,
      ),
    );
    context.each(() => {
      shuffle(values, context.random);
      for (const [k, tails, measure] of measures) {
        measure.take(new KllSketch({ k, tails, seed: context.seed() }).extend(values), truth);
      }
    });
    return measures.map(([, , measure]) => measure.row);
  },
};

const SIZES = [1025, 2000, 4000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000];

/** Error against n, beside the Apache cascade. */
export const growth: Scenario = {
  name: 'growth',
  title: 'Error against n',
  run(context) {
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
      const measures = ours.map(([k, tails]) => new Measure(`n=${n} k=${k} ${tails}`, {}));
      const sent = new Measure(`n=${n} K=1024 to 200 high`);
      const apache = new Measure(`n=${n} Apache k=200`);
      const trials = Math.max(40, Math.min(context.trials, Math.round((context.trials * 1e6) / n)));
      context.each(() => {
        shuffle(values, context.random);
        ours.forEach(([k, tails], i) => {
          const sketch = new KllSketch({ k, tails, seed: context.seed() }).extend(values);
          if (k === 1024 && tails === 'high') sent.take(sketch.condense(200), truth);
          measures[i].take(sketch, truth);
        });
        const cascade = new ApacheCascade(200, randomCoin(context.seed()));
        cascade.updateAll(values);
        apache.take(cascade, truth);
      }, trials);
      return [...measures, sent, apache].map((measure) => measure.row);
    });
    return rows;
  },
};
