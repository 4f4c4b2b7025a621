/** What an Apache library makes of condensed images when it merges them. */
import { KllSketch } from '../../../src/index.js';
import { ApacheCascade, randomCoin } from '../../../test/support/apache-cascade.js';
import type { Scenario } from '../scenario.js';
import { ascending } from '../streams.js';
import { Tally } from '../tally.js';
import { ranksTruth } from '../truth.js';

const IMAGES = 60;
const EACH = 20_000;
const KS = [200, 400, 800, 1600];

export const foreign: Scenario = {
  name: 'foreign',
  title: `${IMAGES} images of k = 200 (condensed from K = 1024, ${EACH} values each) merged elsewhere`,
  run(bench) {
    const n = IMAGES * EACH;
    const truth = ranksTruth(n);
    const values = ascending(n);
    const tallies = KS.map((k) => [k, new Tally(`Apache merge at k=${k}`)] as const);
    const plain = new Tally('Apache sketches of k=200 merged at k=200');
    const ours = new Tally('mergeAll at K=1024', { max99: 0.003 });
    bench.each(() => {
      bench.random.shuffle(values);
      const parts = Array.from({ length: IMAGES }, (_, i) => values.subarray(i * EACH, (i + 1) * EACH));
      const sent = parts.map((part) =>
        new KllSketch({ k: 1024, seed: bench.seed }).extend(part).condense(200),
      );
      ours.take(KllSketch.mergeAll(sent, { k: 1024, seed: bench.seed }), truth);
      for (const [k, tally] of tallies) {
        const merged = new ApacheCascade(k, randomCoin(bench.seed));
        for (const sketch of sent) merged.merge(ApacheCascade.fromImage(sketch.toImage()));
        tally.take(merged, truth);
      }
      const merged = new ApacheCascade(200, randomCoin(bench.seed));
      for (const part of parts) {
        const cascade = new ApacheCascade(200, randomCoin(bench.seed));
        cascade.updateAll(part);
        merged.merge(cascade);
      }
      plain.take(merged, truth);
    });
    return [...tallies.map(([, tally]) => tally.row), plain.row, ours.row];
  },
};
