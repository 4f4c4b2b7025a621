/** Questions: the first after a change, those after it, and one after every add. */
import type { Group } from '../support/case.js';
import { streamOf } from '../support/distributions.js';
import { entry, type KllSketch } from '../support/library.js';

const RANKS = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
const BATCH = 2000;

function quantileGroup(k: number, n: number, cold: number | undefined): Group {
  return {
    name: `quantile-${k}`,
    title: `quantile, k = ${k}, n = ${n}`,
    quick: k === 200,
    async run(bench) {
      const { KllSketch } = await entry('index');
      const values = streamOf('lognormal', n, bench.seed);
      const sketch = new KllSketch({ k, tails: 'none', seed: bench.seed }).extend(values);
      sketch.toBytes();
      const note = `${sketch.numRetained} items`;
      // A clone has no view yet; each is asked once.
      let clones: KllSketch[] = [];
      let next = 0;
      bench.time(
        'cold quantile',
        () => {
          let sum = 0;
          for (let i = 0; i < BATCH; i++) sum += clones[next++].quantile(0.99);
          return sum;
        },
        {
          per: BATCH,
          unit: 'us',
          note,
          ...(cold === undefined ? {} : { target: cold }),
          prepare: (calls) => {
            clones = Array.from({ length: BATCH * calls }, () => sketch.clone());
            next = 0;
          },
        },
      );
      clones = [];
      const warm = (name: string, ask: () => number, target?: number) =>
        bench.time(
          name,
          () => {
            let sum = 0;
            for (let i = 0; i < BATCH; i++) sum += ask();
            return sum;
          },
          { per: BATCH, note, ...(target === undefined ? {} : { target }) },
        );
      const only = k === 200;
      warm('warm quantile, one rank', () => sketch.quantile(0.99), only ? 15 : undefined);
      let turn = 0;
      warm('warm quantile, ten ranks in turn', () => sketch.quantile(RANKS[turn++ % 10]));
      warm('ten quantiles at once', () => sketch.quantilesAt(RANKS)[9], only ? 200 : undefined);
      warm('warm rank', () => sketch.rank(1.5));
      let i = 0;
      warm(
        'add and p99 after every add',
        () => {
          if (++i === n) i = 0;
          return sketch.add(values[i]).quantile(0.99);
        },
        only ? 35 : undefined,
      );
    },
  };
}

export const QUANTILE = [quantileGroup(200, 5e4, 3.3), quantileGroup(1024, 1e6, undefined)];
