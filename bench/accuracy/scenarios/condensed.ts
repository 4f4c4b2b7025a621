/** Condensed copies: a working sketch of K, sent as an image of k. */
import { KllSketch, type Tails } from '../../../src/index.js';
import { seededRandom } from '../../../test/support/prng.js';
import type { Scenario } from '../context.js';
import { type Limits, Measure } from '../measure.js';
import { ascending, latencies, shuffle } from '../streams.js';
import { ranksTruth } from '../truth.js';

export const condensed: Scenario = {
  name: 'condensed',
  title: 'K = 1024 condensed to 200, and sharp tails (K = 1536)',
  quick: true,
  run(context) {
    return [100_000, 1_000_000].flatMap((n) => {
      const truth = ranksTruth(n);
      const values = ascending(n);
      const million = n === 1_000_000;
      const limits: Record<Tails, Limits> = {
        none: { max99: 0.003, bytes: million ? 4150 : 5600 },
        high: { max99: 0.003, p99: 0.00045, p999: 0.00015, bytes: million ? 5000 : 5600 },
        both: { bytes: 5600 },
      };
      const measures = (['none', 'high', 'both'] as const).map(
        (tails) => [tails, new Measure(`n=${n} K=1024 to 200 ${tails}`, limits[tails])] as const,
      );
      const sharp = new Measure(
        `n=${n} K=1536 to 200 high, sharp`,
        million ? { max99: 0.0036, p99: 0.00013, p999: 0.000013, bytes: 5050 } : {},
      );
      context.each(() => {
        shuffle(values, context.random);
        for (const [tails, measure] of measures) {
          const sketch = new KllSketch({ k: 1024, tails, seed: context.seed() }).extend(values);
          measure.take(sketch.condense(200), truth);
        }
        const sketch = new KllSketch({ k: 1536, tails: 'high', seed: context.seed() }).extend(values);
        sharp.take(sketch.condense(200, { sharp: true }), truth);
      });
      return [...measures.map(([, measure]) => measure), sharp].map((measure) => measure.row);
    });
  },
};

/** Bytes of condensed images of latencies in tenths of a millisecond, as compact images. */
export function compactBytes(k: number, tails: Tails, n: number, random: () => number, trials = 5): number {
  let largest = 0;
  for (let i = 0; i < trials; i++) {
    const seed = Math.floor(random() * 2 ** 32);
    const sketch = new KllSketch({ k: Math.max(1024, 5 * k), tails, seed });
    sketch.extend(latencies(n, seededRandom(seed)));
    largest = Math.max(largest, sketch.condense(k).toBytes({ sum: false }).length);
  }
  return largest;
}
