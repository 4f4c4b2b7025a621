/** Merging: one at a time, many at once, as sketches and as compact images. */
import type { Group } from '../support/case.js';
import { streamOf } from '../support/distributions.js';
import { entry } from '../support/library.js';

const SOURCES = 1000;

/** n of k = 200 sketches without tails, and the items they then hold, about: 313 and 571. */
const SHAPES = [
  { n: 1e4, all: 1.3, images: 12, one: 2.5 },
  { n: 1e5, all: 2.2, images: 12, one: 4.5 },
];

export const MERGE: Group[] = SHAPES.map(({ n, all, images, one }) => ({
  name: `merge-${n}`,
  title: `merging sketches (k = 200, tails none, n = ${n}) into k = 1024`,
  quick: n === 1e4,
  async run(bench) {
    const { KllSketch } = await entry('index');
    // Every source is different; few distinct streams would make the blocks of a merge too regular.
    const sketches = Array.from({ length: SOURCES }, (_, i) => {
      const seed = bench.seed + 7 * i;
      const sketch = new KllSketch({ k: 200, tails: 'none', seed }).extend(streamOf('lognormal', n, seed));
      // As a store would give them: serialized, nothing staged.
      sketch.toBytes();
      return sketch;
    });
    const items = sketches.reduce((sum, { numRetained }) => sum + numRetained, 0) / SOURCES;
    const blobs = sketches.map((sketch) => sketch.toBytes());
    const note = `${items.toFixed(0)} items on average`;
    const into = { k: 1024, tails: 'none', seed: bench.seed } as const;
    const each = { per: SOURCES, unit: 'us', note } as const;
    bench.time(`mergeAll of ${SOURCES} sketches, each`, () => KllSketch.mergeAll(sketches, into), {
      ...each,
      target: all,
    });
    bench.time(`mergeAll of ${SOURCES} compact images, each`, () => KllSketch.mergeAll(blobs, into), {
      ...each,
      target: images,
    });
    const total = KllSketch.mergeAll(sketches.slice(0, 200), into);
    bench.time(
      'one merge',
      () => {
        for (let i = 0; i < SOURCES; i++) total.merge(sketches[i]);
        return total.n;
      },
      { ...each, target: one },
    );
  },
}));
