/**
 * The data behind `rankError()`: the largest error over all ranks for every k and n. It rises and falls with n, as
 * levels come and strides change, so the bound is fitted to the worst n of each neighbourhood.
 */
import { KllSketch } from '../../../src/index.js';
import type { Scenario } from '../scenario.js';
import { ascending } from '../streams.js';
import { Tally } from '../tally.js';
import { ranksTruth } from '../truth.js';

const KS = [8, 12, 16, 24, 32, 50, 75, 100, 150, 200, 300, 400, 600, 800, 1024, 1536, 2048, 4096];
/** Four to an octave of ten from 1025 on. */
const LARGEST = 10_000_000;

export const bounds: Scenario = {
  name: 'bounds',
  title: 'Every k and n',
  run(bench) {
    const rows = [];
    for (let step = 0; ; step++) {
      const n = Math.round(1025 * 10 ** (step / 6));
      if (n > LARGEST) break;
      const truth = ranksTruth(n);
      const values = ascending(n);
      const tallies = KS.flatMap((k) =>
        (['none', 'high', 'both'] as const).map(
          (tails) => [k, tails, new Tally(`n=${n} k=${k} ${tails}`)] as const,
        ),
      );
      const trials = Math.max(20, Math.min(bench.trials, Math.round((bench.trials * 2e5) / n)));
      bench.each(() => {
        bench.random.shuffle(values);
        for (const [k, tails, tally] of tallies) {
          tally.take(new KllSketch({ k, tails, seed: bench.seed }).extend(values), truth);
        }
      }, trials);
      rows.push(...tallies.map(([, , tally]) => tally.row));
    }
    return rows;
  },
};
