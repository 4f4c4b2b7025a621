/** Bulk ingestion: by n, by distribution, by type of input. */
import type { Bench, Group } from '../support/case.js';
import { DISTRIBUTIONS, type Distribution, longStreamOf } from '../support/distributions.js';
import { floorOf, sortOf } from '../support/floor.js';
import { entry } from '../support/library.js';
import type { Effort } from '../support/measure.js';
import { type Speed, verdictOf } from '../support/targets.js';

type Tails = 'none' | 'high';

/** ns a value that lognormal Float64Arrays may take, tails none. Tails high: 1.25 times that. */
const BY_N: Record<number, Record<number, number | undefined>> = {
  200: { 1e4: 5.5, 1e5: 3.3, 1e6: 2.7, 1e7: 1.6, 1e8: 1.15 },
  1024: { 1e6: 3.7, 1e7: 3.3 },
};
/** ns a value of any distribution at 1e6, k = 200. */
const ANY_DISTRIBUTION = 6.5;
const HIGH = 1.25;
/** At 1e8, tails none: how many times the floor. */
const OF_FLOOR = 1.5;

export function speedOf(values: Float64Array, effort: Effort): Speed {
  return { n: values.length, floor: floorOf(values, effort), sort: sortOf(values, effort) };
}

function sizes(bench: Bench, k: number): number[] {
  if (bench.quick) return [1e4, 1e6];
  return k === 200 ? [1e3, 1e4, 1e5, 1e6, 1e7, 1e8] : [1e5, 1e6, 1e7];
}

function byN(k: number, tails: Tails): Group {
  return {
    name: `extend-${k}-${tails}`,
    title: `extend(Float64Array) of lognormal values, k = ${k}, tails ${tails}`,
    quick: k === 200,
    async run(bench) {
      const { KllSketch } = await entry('index');
      const all = sizes(bench, k);
      const values = longStreamOf('lognormal', all[all.length - 1], bench.seed);
      for (const n of all) {
        const part = values.subarray(0, n);
        const speed = bench.settings.isCompared ? undefined : speedOf(part, bench.settings.effort);
        const none = BY_N[k]?.[n];
        const target = none === undefined ? undefined : tails === 'none' ? none : none * HIGH;
        const { median } = bench.time(
          `n = 1e${Math.log10(n)}`,
          () => new KllSketch({ k, tails, seed: bench.seed }).extend(part),
          { per: n, ...(speed && { speed }), ratios: true, ...(target === undefined ? {} : { target }) },
        );
        if (!speed || n !== 1e8 || tails !== 'none') continue;
        const ratio = median / speed.floor;
        bench.keep({
          name: 'n = 1e8, times the floor',
          unit: 'x',
          value: ratio,
          target: OF_FLOOR,
          verdict: verdictOf(ratio, OF_FLOOR),
        });
      }
    },
  };
}

function byDistribution(k: number, tails: Tails): Group {
  return {
    name: `distributions-${k}-${tails}`,
    title: `extend(Float64Array) by distribution, n = 1e6, k = ${k}, tails ${tails}`,
    async run(bench) {
      const { KllSketch } = await entry('index');
      for (const distribution of DISTRIBUTIONS) {
        const values = longStreamOf(distribution as Distribution, 1e6, bench.seed);
        const target = k === 200 ? ANY_DISTRIBUTION * (tails === 'none' ? 1 : HIGH) : undefined;
        bench.time(distribution, () => new KllSketch({ k, tails, seed: bench.seed }).extend(values), {
          per: values.length,
          speed: speedOf(values, bench.settings.effort),
          // The reference sort is one of lognormal values: sorted ones would say nothing of the machine.
          judgedBy: bench.machine,
          ratios: true,
          ...(target === undefined ? {} : { target }),
        });
      }
    },
  };
}

interface Input {
  target?: number;
  of(values: Float64Array): Float64Array | Float32Array | Int32Array | number[] | Iterable<number>;
}

const INPUTS: Record<string, Input> = {
  Float64Array: { target: 2.7, of: (values) => values },
  'number[]': { target: 3.5, of: (values) => Array.from(values) },
  Float32Array: { target: 2.8, of: (values) => Float32Array.from(values) },
  Int32Array: { of: (values) => Int32Array.from(values, (x) => x * 1000) },
  iterable: {
    of: (values) => ({
      *[Symbol.iterator]() {
        for (let i = 0; i < values.length; i++) yield values[i];
      },
    }),
  },
};

/** Each type in a process of its own: what one has taught the compiler would slow the next. */
function byInput(type: string): Group {
  return {
    name: `input-${type}`,
    title: `extend(${type}), n = 1e6, k = 200, tails none`,
    quick: type === 'number[]',
    async run(bench) {
      const { KllSketch } = await entry('index');
      const values = longStreamOf('lognormal', 1e6, bench.seed);
      const input = INPUTS[type];
      const given = input.of(values);
      bench.time(type, () => new KllSketch({ k: 200, tails: 'none', seed: bench.seed }).extend(given), {
        per: 1e6,
        ratios: true,
        ...(input.target === undefined ? {} : { target: input.target }),
      });
    },
  };
}

export const EXTEND = [
  byN(200, 'none'),
  byN(200, 'high'),
  byN(1024, 'none'),
  byN(1024, 'high'),
  ...Object.keys(INPUTS).map(byInput),
  byDistribution(200, 'none'),
  byDistribution(200, 'high'),
  byDistribution(1024, 'none'),
];
