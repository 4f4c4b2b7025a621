/** Orders and values that break sketches: the stated bound must hold on all of them. */
import { KllSketch } from '../../../src/index.js';
import type { Bench, Scenario } from '../scenario.js';
import { ascending, mostlyZeros, tied } from '../streams.js';
import { Tally } from '../tally.js';
import { ranksTruth, type Truth, valuesTruth } from '../truth.js';

const N = 100_000;

interface Hostile {
  name: string;
  values: Float64Array;
  truth: Truth;
  shuffled?: boolean;
}

function streams({ random }: Bench): Hostile[] {
  const ordered = (name: string, rankAt: (i: number) => number): Hostile => ({
    name,
    values: Float64Array.from({ length: N }, (_, i) => rankAt(i)),
    truth: ranksTruth(N),
  });
  const drawn = (name: string, draw: () => number): Hostile => {
    const values = Float64Array.from({ length: N }, draw);
    return { name, values, truth: valuesTruth(values) };
  };
  const run = N / 100;
  const exponent = () => 2 ** (2098 * random.next() - 1074);
  return [
    { name: 'sorted', values: ascending(N), truth: ranksTruth(N) },
    ordered('reversed', (i) => N - 1 - i),
    ordered('zigzag', (i) => (i % 2 ? N - 1 - (i >> 1) : i >> 1)),
    ordered('sawtooth', (i) => (i % 100) * run + Math.floor(i / 100)),
    ordered('concatenated sorted runs', (i) => (i % run) * 100 + ((37 * Math.floor(i / run)) % 100)),
    { name: 'all equal', ...tied([N]) },
    { name: 'two values', ...tied([N / 3 - 1 / 3, N - (N / 3 - 1 / 3)]), shuffled: true },
    { name: '55 % zeros', ...mostlyZeros(N), shuffled: true },
    drawn('log-uniform over all doubles', () => (random.below(2) ? 1 : -1) * exponent()),
    drawn('1e6 + U(0, 1000)', () => 1e6 + 1000 * random.next()),
  ];
}

export const hostile: Scenario = {
  name: 'hostile',
  title: `Hostile orders and values, n = ${N}`,
  quick: true,
  run(bench) {
    return streams(bench).flatMap(({ name, values, truth, shuffled }) => {
      const rows = ([200, 1024] as const).map((k) => ({ k, tally: new Tally(`${name} k=${k}`) }));
      const sent = new Tally(`${name} 1024 to 200`);
      bench.each(() => {
        if (shuffled) bench.random.shuffle(values);
        for (const { k, tally } of rows) {
          const sketch = new KllSketch({ k, seed: bench.seed }).extend(values);
          if (k === 1024) sent.take(sketch.condense(200), truth);
          tally.take(sketch, truth);
        }
      });
      return [...rows.map(({ tally }) => tally), sent].map(({ row }) => row);
    });
  },
};
