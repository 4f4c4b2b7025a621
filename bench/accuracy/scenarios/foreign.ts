/** What an Apache library makes of condensed images when it merges them. */
import { KllSketch } from '../../../src/index.js';
import { ApacheCascade, randomCoin } from '../../../test/support/apache-cascade.js';
import type { Scenario } from '../context.js';
import { Measure } from '../measure.js';
import { ascending, shuffle } from '../streams.js';
import { ranksTruth } from '../truth.js';

const IMAGES = 60;
const EACH = 20_000;
const KS = [200, 400, 800, 1600];

export const foreign: Scenario = {
  name: 'foreign',
  title: `${IMAGES} images of k = 200 (condensed from K = 1024, ${EACH} values each) merged elsewhere`,
  run(context) {
    const n = IMAGES * EACH;
    const truth = ranksTruth(n);
    const values = ascending(n);
    const measures = KS.map((k) => [k, new Measure(`Apache merge at k=${k}`)] as const);
    const plain = new Measure('Apache sketches of k=200 merged at k=200');
    const ours = new Measure('mergeAll at K=1024', { max99: 0.003 });
    context.each(() => {
      shuffle(values, context.random);
      const parts = Array.from({ length: IMAGES }, (_, i) => values.subarray(i * EACH, (i + 1) * EACH));
      const sent = parts.map((part) =>
        new KllSketch({ k: 1024, seed: context.seed() }).extend(part).condense(200),
      );
      ours.take(KllSketch.mergeAll(sent, { k: 1024, seed: context.seed() }), truth);
      for (const [k, measure] of measures) {
        const merged = new ApacheCascade(k, randomCoin(context.seed()));
        for (const sketch of sent) merged.merge(ApacheCascade.fromImage(sketch.toImage()));
        measure.take(merged, truth);
      }
      const merged = new ApacheCascade(200, randomCoin(context.seed()));
      for (const part of parts) {
        const cascade = new ApacheCascade(200, randomCoin(context.seed()));
        cascade.updateAll(part);
        merged.merge(cascade);
      }
      plain.take(merged, truth);
    });
    return [...measures.map(([, measure]) => measure.row), plain.row, ours.row];
  },
};
