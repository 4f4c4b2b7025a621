/** Many condensed images merged, beside the same leaves merged whole. */
import { KllSketch } from '../../../src/index.js';
import type { SeededRandom } from '../../../test/support/prng.js';
import type { Context, Scenario } from '../context.js';
import { Measure, percentile } from '../measure.js';
import { ascending, drifting, shuffle } from '../streams.js';
import { ranksTruth, type Truth, valuesTruth } from '../truth.js';

const LEAVES = 1000;
const EACH = 1000;
const N = LEAVES * EACH;

interface Shape {
  name: string;
  /** Refills `values`, leaf by leaf. */
  fill(values: Float64Array, random: SeededRandom): void;
  truth: Truth;
}

const distinct = ranksTruth(N);

/** Ranks 0..n-1 shuffled, and then mapped to values that are not distinct. */
function mapped(name: string, map: (rank: number) => number): Shape {
  const truth = valuesTruth(ascending(N).map(map));
  return {
    name,
    fill(values, random) {
      const ranks = shuffle(ascending(N), random);
      for (let i = 0; i < N; i++) values[i] = map(ranks[i]);
    },
    truth,
  };
}

const SHAPES: readonly Shape[] = [
  {
    name: 'random',
    fill: (values, random) => {
      values.set(shuffle(ascending(N), random));
    },
    truth: distinct,
  },
  {
    name: 'identical',
    fill(values) {
      for (let i = 0; i < N; i++) values[i] = i % EACH;
    },
    truth: {
      n: N,
      below: (x) => x * LEAVES,
      upTo: (x) => (x + 1) * LEAVES,
      at: (i) => Math.floor(i / LEAVES),
    },
  },
  {
    name: 'near-identical',
    fill(values, random) {
      const order = shuffle(ascending(LEAVES), random);
      for (let leaf = 0; leaf < LEAVES; leaf++) {
        for (let i = 0; i < EACH; i++) values[leaf * EACH + i] = i * LEAVES + order[leaf];
      }
    },
    truth: distinct,
  },
  mapped('55 % zeros', (rank) => Math.max(0, rank - 0.55 * N)),
  mapped('integers 0..50', (rank) => Math.floor((rank * 51) / N)),
  {
    name: 'sorted',
    fill(values) {
      values.set(ascending(N));
    },
    truth: distinct,
  },
  {
    name: 'drifting',
    fill(values, random) {
      values.set(drifting(N, random));
    },
    truth: distinct,
  },
];

export const merging: Scenario = {
  name: 'merging',
  title: '1000 condensed images of 1000 values each, into K = 1024',
  run(context) {
    return SHAPES.flatMap((shape) => {
      const values = new Float64Array(N);
      const sent = new Measure(`${shape.name}, condensed leaves`, { max99: 0.0025 });
      const again = new Measure(`${shape.name}, condensed again to 200`, { max99: 0.0032 });
      const whole = new Measure(`${shape.name}, whole leaves`);
      context.each(() => {
        shape.fill(values, context.random);
        const leaves = Array.from({ length: LEAVES }, (_, leaf) =>
          new KllSketch({ k: 1024, seed: context.seed() }).extend(
            values.subarray(leaf * EACH, (leaf + 1) * EACH),
          ),
        );
        const images = leaves.map((leaf) => leaf.condense(200).toBytes());
        const result = KllSketch.mergeAll(images, { k: 1024, seed: context.seed() });
        sent.take(result, shape.truth);
        again.take(result.condense(200), shape.truth);
        whole.take(KllSketch.mergeAll(leaves, { k: 1024, seed: context.seed() }), shape.truth);
      });
      const rows = [sent.row, again.row, whole.row];
      // Condensing the leaves may cost a quarter of what the merge itself does, where leaves are alike.
      if (shape.name !== 'random') rows[0].limits = { max99: Math.max(0.0025, 1.25 * rows[2].max99) };
      return rows;
    });
  },
};

/** Ten thousand leaves that hold a few values each, as pages send them. */
export const smallLeaves: Scenario = {
  name: 'small-leaves',
  title: '10,000 leaves of 1..50 values',
  run(context) {
    const measure = new Measure('K=1024', { max99: 0.003 });
    const again = new Measure('condensed again to 200', {});
    context.each(() => {
      const sizes = Array.from({ length: 10_000 }, () => 1 + context.random.below(50));
      const n = sizes.reduce((a, b) => a + b, 0);
      const values = shuffle(ascending(n), context.random);
      let from = 0;
      const images = sizes.map((size) => {
        const leaf = new KllSketch({ k: 1024, seed: context.seed() }).extend(
          values.subarray(from, (from += size)),
        );
        return leaf.condense(200).toBytes();
      });
      const result = KllSketch.mergeAll(images, { k: 1024, seed: context.seed() });
      measure.take(result, ranksTruth(n));
      again.take(result.condense(200), ranksTruth(n));
    });
    return [measure.row, again.row];
  },
};

/** What a hop condenses to, and from. */
const SENT = 200;
const WORKING = 1024;

function tree(context: Context, fanIn: number, hops: number, root: Measure, sent: Measure): void {
  const leaves = fanIn ** hops;
  const n = leaves * EACH;
  const truth = ranksTruth(n);
  const values = ascending(n);
  context.each(() => {
    shuffle(values, context.random);
    let images: Uint8Array[] = [];
    for (let leaf = 0; leaf < leaves; leaf++) {
      const sketch = new KllSketch({ k: WORKING, seed: context.seed() });
      sketch.extend(values.subarray(leaf * EACH, (leaf + 1) * EACH));
      images.push(sketch.condense(SENT).toBytes());
    }
    for (;;) {
      const merged: KllSketch[] = [];
      for (let i = 0; i < images.length; i += fanIn) {
        merged.push(KllSketch.mergeAll(images.slice(i, i + fanIn), { k: WORKING, seed: context.seed() }));
      }
      if (merged.length === 1) {
        root.take(merged[0], truth);
        sent.take(merged[0].condense(SENT), truth);
        break;
      }
      images = merged.map((sketch) => sketch.condense(SENT).toBytes());
    }
  });
}

export const trees: Scenario = {
  name: 'trees',
  title: 'Trees of 1024 leaves of 1000 values: every hop condenses to 200',
  run(context) {
    const shapes = [
      [4, 5, 0.003],
      [32, 2, 0.003],
      [2, 10, 0.0045],
    ];
    return shapes.flatMap(([fanIn, hops, max99]) => {
      const root = new Measure(`fan-in ${fanIn}, ${hops} hops, K=1024 at the root`, { max99 });
      const sent = new Measure(`fan-in ${fanIn}, ${hops} hops, root condensed`);
      tree(context, fanIn, hops, root, sent);
      return [root.row, sent.row];
    });
  },
};

/** A store that loads, merges and stores its whole state. */
export const cycles: Scenario = {
  name: 'cycles',
  title: '10,000 cycles of load, merge an image of 100 values, store the whole K = 1024 state',
  share: 0.1,
  run(context) {
    const count = 10_000;
    const each = 100;
    const n = count * each;
    const values = ascending(n);
    const measure = new Measure('K=1024', { max99: 0.003 });
    context.each(() => {
      shuffle(values, context.random);
      let stored = new KllSketch({ k: 1024, seed: context.seed() }).toBytes();
      for (let i = 0; i < count; i++) {
        const leaf = new KllSketch({ k: 200, seed: context.seed() });
        leaf.extend(values.subarray(i * each, (i + 1) * each));
        stored = KllSketch.fromBytes(stored)
          .merge(leaf.toBytes({ state: false }))
          .toBytes();
      }
      measure.take(KllSketch.fromBytes(stored), ranksTruth(n));
    });
    return [measure.row];
  },
};

/** What the rule forbids: a store that condenses after every merge. The bound must say so. */
export const chains: Scenario = {
  name: 'chains',
  title: 'A store that condenses to 200 after every merge of 1000 values',
  share: 0.5,
  run(context) {
    const lengths = [1, 3, 10, 30, 100, 300, 1000];
    const measures = lengths.map((length) => new Measure(`${length} merges`));
    const values = ascending(lengths.at(-1)! * EACH);
    context.each(() => {
      const random = shuffle(values, context.random);
      for (const [i, length] of lengths.entries()) {
        // Of 0..N-1, the ranks of the first values are found by sorting them.
        const n = length * EACH;
        const stream = random.slice(0, n);
        const truth = length === 1000 ? distinct : valuesTruth(stream);
        let stored = new KllSketch({ k: SENT, seed: context.seed() }).toBytes();
        for (let at = 0; at < n; at += EACH) {
          const leaf = new KllSketch({ k: WORKING, seed: context.seed() });
          leaf.extend(stream.subarray(at, at + EACH));
          const merged = KllSketch.mergeAll([stored, leaf], { k: WORKING, seed: context.seed() });
          stored = merged.condense(SENT).toBytes();
        }
        measures[i].take(KllSketch.fromBytes(stored), truth);
      }
    });
    return measures.map((measure) => measure.row);
  },
};

/** Sketches of every k and policy in one: the bound goes by the weakest. */
export const mixtures: Scenario = {
  name: 'mixtures',
  title: 'Sketches of different k, tails and condensing merged',
  run(context) {
    const measure = new Measure('any mixture');
    const ratios: number[] = [];
    context.each(() => {
      const parts = 2 + context.random.below(6);
      const sizes = Array.from({ length: parts }, () => Math.round(100 * 10 ** (context.random.next() * 3)));
      const n = sizes.reduce((a, b) => a + b, 0);
      const values = shuffle(ascending(n), context.random);
      let from = 0;
      const sources = sizes.map((size) => {
        const k = Math.round(8 * 10 ** (context.random.next() * 2.3));
        const tails = (['none', 'high', 'both'] as const)[context.random.below(3)];
        const sketch = new KllSketch({ k, tails, seed: context.seed() });
        sketch.extend(values.subarray(from, (from += size)));
        return context.random.below(3) ? sketch : sketch.condense(Math.max(8, Math.round(k / 5)));
      });
      const tails = (['none', 'high', 'both'] as const)[context.random.below(3)];
      const merged = KllSketch.mergeAll(sources, { tails, seed: context.seed() });
      const result = context.random.below(2) ? merged : merged.condense(200);
      const error = measure.take(result, ranksTruth(n));
      ratios.push(error / result.rankError());
    });
    const { row } = measure;
    console.error(`mixtures: 99th percentile of error / rankError(): ${percentile(ratios, 0.99).toFixed(2)}`);
    return [row];
  },
};
