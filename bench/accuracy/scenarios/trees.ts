/** Condensing more than once: trees that condense at every hop, chains, and stores that load, merge and store. */
import { KllSketch } from '../../../src/index.js';
import type { Bench, Scenario } from '../scenario.js';
import { ascending } from '../streams.js';
import { Tally } from '../tally.js';
import { ranksTruth } from '../truth.js';

const LEAF = 1000;

/** Merges condensed leaves by `fan` until one is left, condensing at every hop; gives the last aggregator. */
export function tree(values: Float64Array, fan: number, bench: Bench): KllSketch {
  let level: KllSketch[] = [];
  for (let start = 0; start < values.length; start += LEAF) {
    const leaf = new KllSketch({ k: 1024, seed: bench.seed }).extend(values.subarray(start, start + LEAF));
    level.push(leaf.condense(200));
  }
  for (;;) {
    const above: KllSketch[] = [];
    for (let i = 0; i < level.length; i += fan) {
      above.push(KllSketch.mergeAll(level.slice(i, i + fan), { k: 1024, seed: bench.seed }));
    }
    if (above.length === 1) return above[0];
    level = above.map((sketch) => sketch.condense(200));
  }
}

export const trees: Scenario = {
  name: 'trees',
  title: '1024 leaves of 1000 values, condensed to 200 at every hop',
  run(bench) {
    const n = 1024 * LEAF;
    const values = ascending(n);
    const truth = ranksTruth(n);
    return (
      [
        [4, 5, 0.003],
        [32, 2, 0.003],
        [2, 10, 0.0045],
      ] as const
    ).flatMap(([fan, hops, max99]) => {
      const last = new Tally(`fan-in ${fan}, ${hops} hops: aggregator`, { max99 });
      const sent = new Tally(`fan-in ${fan}, ${hops} hops: condensed again`);
      bench.each(() => {
        bench.random.shuffle(values);
        const sketch = tree(values, fan, bench);
        last.take(sketch, truth);
        sent.take(sketch.condense(200), truth);
      });
      return [last.row, sent.row];
    });
  },
};

export const chains: Scenario = {
  name: 'chains',
  title: 'A store that condenses to 200 after every merge of 1000 values',
  quick: true,
  run(bench) {
    return [10, 100].map((merges) => {
      const n = (merges + 1) * LEAF;
      const values = ascending(n);
      const truth = ranksTruth(n);
      const tally = new Tally(`${merges} merges`);
      bench.each(() => {
        bench.random.shuffle(values);
        let store = new KllSketch({ k: 1024, seed: bench.seed });
        for (let i = 0; i <= merges; i++) {
          const batch = values.subarray(i * LEAF, (i + 1) * LEAF);
          store = KllSketch.mergeAll([store, new KllSketch({ k: 1024, seed: bench.seed }).extend(batch)], {
            k: 1024,
            seed: bench.seed,
          }).condense(200);
        }
        tally.take(store, truth);
      });
      return tally.row;
    });
  },
};

const CYCLES = 10_000;

export const cycles: Scenario = {
  name: 'cycles',
  title: `${CYCLES} times: load the whole k = 1024 state, merge 100 values, store`,
  share: 1 / 30,
  run(bench) {
    const n = CYCLES * 100;
    const values = ascending(n);
    const truth = ranksTruth(n);
    const tally = new Tally('whole state', { max99: 0.003 });
    bench.each(() => {
      bench.random.shuffle(values);
      let stored = new KllSketch({ k: 1024, seed: bench.seed }).toBytes();
      for (let i = 0; i < CYCLES; i++) {
        const batch = new KllSketch({ k: 1024, seed: bench.seed }).extend(
          values.subarray(i * 100, (i + 1) * 100),
        );
        stored = KllSketch.fromBytes(stored).merge(batch).toBytes();
      }
      tally.take(KllSketch.fromBytes(stored), truth);
    });
    return [tally.row];
  },
};
