/** Orders and values chosen to do harm. */
import { KllSketch } from '../../../src/index.js';
import type { SeededRandom } from '../../../test/support/prng.js';
import type { Scenario } from '../context.js';
import { Measure } from '../measure.js';
import { ascending, shuffle } from '../streams.js';
import { ranksTruth, valuesTruth } from '../truth.js';

const N = 300_000;

type Stream = (random: SeededRandom) => Float64Array;

/** Orders of 0..N-1. */
const ORDERS: Record<string, Stream> = {
  sorted: () => ascending(N),
  reversed: () => ascending(N).reverse(),
  zigzag: () => ascending(N).map((i) => (i % 2 ? N - 1 - (i >> 1) : i >> 1)),
  sawtooth: () => ascending(N).map((i) => (i % 1000) * (N / 1000) + Math.floor(i / 1000)),
  'sawtooth of blocks': () => {
    // One tooth a block: of each block the same offsets are picked.
    const teeth = Math.floor(N / 2048);
    const whole = teeth * 2048;
    return ascending(N).map((i) => (i < whole ? (i % 2048) * teeth + Math.floor(i / 2048) : i));
  },
  'sorted runs': (random) => {
    const values = shuffle(ascending(N), random);
    const run = Math.ceil(N / 7);
    for (let at = 0; at < N; at += run) values.subarray(at, at + run).sort();
    return values;
  },
  'inside out': () => ascending(N).map((i) => (i % 2 ? N / 2 + (i >> 1) : N / 2 - 1 - (i >> 1))),
};

const VALUES: Record<string, Stream> = {
  'all equal': () => new Float64Array(N).fill(42),
  'two values': (random) => ascending(N).map(() => random.below(2)),
  '55 % zeros': (random) => ascending(N).map(() => Math.max(0, random.next() - 0.55)),
  'log-uniform, all doubles': (random) =>
    ascending(N).map(() => (random.below(2) ? 1 : -1) * 2 ** (random.next() * 2097 - 1074)),
  '1e6 + U(0, 1000)': (random) => ascending(N).map(() => 1e6 + 1000 * random.next()),
};

export const hostile: Scenario = {
  name: 'hostile',
  title: `Hostile orders and values, n = ${N}, each with k = 50, 200 and 1024 and every tails in turn`,
  run(context) {
    const turns = [50, 200, 1024].flatMap((k) =>
      (['none', 'high', 'both'] as const).map((tails) => ({ k, tails })),
    );
    const rows = [];
    const streams = { ...ORDERS, ...VALUES };
    for (const [name, stream] of Object.entries(streams)) {
      const measure = new Measure(name);
      let values = new Float64Array();
      let truth = ranksTruth(N);
      context.each((trial) => {
        // Orders are what they are: only values are drawn anew.
        if (trial === 0 || (name in VALUES && trial % 10 === 0) || name === 'sorted runs') {
          values = stream(context.random) as Float64Array<ArrayBuffer>;
          if (name in VALUES) truth = valuesTruth(values);
        }
        const sketch = new KllSketch({ ...turns[trial % turns.length], seed: context.seed() });
        // In one call, in many, and one by one.
        if (trial % 3 === 0) sketch.extend(values);
        else if (trial % 3 === 1)
          for (let at = 0; at < N; at += 777) sketch.extend(values.subarray(at, at + 777));
        else for (const x of values) sketch.add(x);
        measure.take(sketch, truth);
      });
      rows.push(measure.row);
    }
    return rows;
  },
};
