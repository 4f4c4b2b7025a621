/** Single adds. */
import type { Group } from '../support/case.js';
import { streamOf } from '../support/distributions.js';
import { entry } from '../support/library.js';

const VALUES = 1 << 17;

function addGroup(k: number, tails: 'none' | 'high', one: number, inTurn: number): Group {
  return {
    name: `add-${k}-${tails}`,
    title: `add, k = ${k}, tails ${tails}`,
    quick: k === 200 && tails === 'high',
    async run(bench) {
      const { KllSketch } = await entry('index');
      const values = streamOf('lognormal', VALUES, bench.seed);
      const sketch = new KllSketch({ k, tails, seed: bench.seed });
      bench.time(
        'one sketch',
        () => {
          for (let i = 0; i < VALUES; i++) sketch.add(values[i]);
          return sketch.n;
        },
        { per: VALUES, target: one },
      );
      // In a sketch of many millions of values most of them are sampled away; here none are yet.
      const few = values.subarray(0, 100_000);
      bench.time(
        'new sketches of 1e5 values',
        () => {
          const one = new KllSketch({ k, tails, seed: bench.seed });
          for (let i = 0; i < few.length; i++) one.add(few[i]);
          return one.n;
        },
        { per: few.length },
      );
      const sketches = Array.from(
        { length: 100 },
        (_, i) => new KllSketch({ k, tails, seed: bench.seed + i }),
      );
      // A first round lets every sketch pass its beginnings.
      const round = () => {
        for (let i = 0, turn = 0; i < VALUES; i++) {
          sketches[turn].add(values[i]);
          if (++turn === 100) turn = 0;
        }
        return sketches[0].n;
      };
      for (let i = 0; i < 10; i++) round();
      bench.time('100 sketches in turn', round, { per: VALUES, target: inTurn });
    },
  };
}

/** Tails high: 1.25 times what tails none may take. */
export const ADD = [
  addGroup(200, 'none', 5, 9),
  addGroup(200, 'high', 6.25, 11.25),
  addGroup(1024, 'none', 7, 12),
  addGroup(1024, 'high', 8.75, 15),
];
