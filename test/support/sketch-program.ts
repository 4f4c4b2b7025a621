/** Random programs on sketches, for properties: what is done, and what must then be exactly true. */
import fc from 'fast-check';
import { KllSketch, type SketchOptions, type Tails } from '../../src/index.js';
import { STREAM_NAMES, STREAMS, type StreamName } from './streams.js';

export interface Lot {
  stream: StreamName;
  n: number;
  seed: number;
}

export type Step =
  | { do: 'add'; x: number; weight: number }
  | { do: 'extend'; lot: Lot; as: 'f64' | 'array' | 'iterable' }
  | { do: 'addEach'; lot: Lot }
  | { do: 'extendWeighted'; lot: Lot; weight: number }
  | { do: 'merge'; lot: Lot; k: number; tails: Tails; as: 'sketch' | 'bytes' | 'condensed' }
  | { do: 'mergeItself' }
  | { do: 'condense'; k: number }
  | { do: 'toBytes' }
  | { do: 'query'; rank: number };

export const tails = fc.constantFrom<Tails>('none', 'high', 'both');
export const k = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(8, 9, 50, 200, 201, 1024, 1536) },
  fc.integer({ min: 8, max: 3000 }),
);
export const options: fc.Arbitrary<SketchOptions> = fc.record({
  k,
  tails,
  seed: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
});

/** Any finite double, and the ordinary ones more often than fast-check would. */
export const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1000, max: 1000 }),
  fc.integer({ min: 0, max: 100_000 }).map((i) => i / 10),
  fc.constantFrom(0, -0, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 53, 0.1 + 0.2),
);

/** Sizes around staging, blocks and chunks, and anything between. */
const count = (max: number) =>
  fc.oneof(
    fc
      .constantFrom(0, 1, 2, 200, 201, 512, 513, 1023, 1024, 1025, 2048, 2049, 16384, 16385)
      .filter((n) => n <= max),
    fc.integer({ min: 0, max: 1200 }),
    fc.integer({ min: 0, max }),
  );
const lot = (max: number): fc.Arbitrary<Lot> =>
  fc.record({
    stream: fc.constantFrom(...STREAM_NAMES),
    n: count(max),
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
  });
const weight = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2 ** 40 }));

/** Steps that add values. */
export const feedingStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('add' as const), x: finite, weight: fc.oneof(fc.constant(1), weight) }),
  fc.record({
    do: fc.constant('extend' as const),
    lot: lot(20_000),
    as: fc.constantFrom('f64' as const, 'array' as const, 'iterable' as const),
  }),
  fc.record({ do: fc.constant('addEach' as const), lot: lot(3000) }),
  fc.record({ do: fc.constant('extendWeighted' as const), lot: lot(1500), weight }),
  fc.record({
    do: fc.constant('merge' as const),
    lot: lot(20_000),
    k,
    tails,
    as: fc.constantFrom('sketch' as const, 'bytes' as const, 'condensed' as const),
  }),
);
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: feedingStep },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'mergeItself' }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('condense' as const), k: fc.integer({ min: 8, max: 400 }) }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'toBytes' }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('query' as const),
      rank: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
);
export const program = fc.array(step, { maxLength: 7 });

export function valuesOf({ stream, n, seed }: Lot): Float64Array {
  return STREAMS[stream](n, seed);
}

/** What is exactly true of a sketch that ran a program. */
export interface Truth {
  n: number;
  min: number;
  max: number;
}
export const nothingYet = (): Truth => ({ n: 0, min: Number.NaN, max: Number.NaN });

function note(truth: Truth, values: Iterable<number>, weight: number): void {
  for (const value of values) {
    const x = value + 0;
    truth.n += weight;
    if (!(x >= truth.min)) truth.min = x;
    if (!(x <= truth.max)) truth.max = x;
  }
}

/** Asks everything, at some rank. */
export function query(sketch: KllSketch, rank: number): void {
  const x = sketch.quantile(rank);
  sketch.quantile(rank, { interpolate: true });
  sketch.quantilesAt([0, rank, 1], { inclusive: false });
  sketch.quantiles(5);
  sketch.quantileBounds(rank);
  sketch.confidenceInterval(rank);
  sketch.rankError({ pmf: true });
  if (!Number.isNaN(x)) {
    sketch.rank(x);
    sketch.rankBounds(x);
    sketch.cdf([x]);
    sketch.pmf([x]);
  }
  sketch.debugState();
  for (const { weight } of sketch) if (!(weight > 0)) throw new Error(`an item of weight ${weight}`);
  void [sketch.sum, sketch.mean, sketch.median, sketch.numRetained, sketch.numLevels, sketch.variance];
}

/** Runs one step; the truth is kept where it is asked for. */
export function run(sketch: KllSketch, step: Step, truth: Truth = nothingYet()): void {
  switch (step.do) {
    case 'add':
      sketch.add(step.x, step.weight);
      note(truth, [step.x], step.weight);
      return;
    case 'extend': {
      const values = valuesOf(step.lot);
      sketch.extend(
        step.as === 'f64' ? values : step.as === 'array' ? Array.from(values) : new Set(values).values(),
      );
      note(truth, step.as === 'iterable' ? new Set(values) : values, 1);
      return;
    }
    case 'addEach': {
      const values = valuesOf(step.lot);
      for (const x of values) sketch.add(x);
      note(truth, values, 1);
      return;
    }
    case 'extendWeighted': {
      const values = valuesOf(step.lot);
      const weights = values.map((_, i) => 1 + ((i * 7919) % step.weight));
      sketch.extendWeighted(values, weights);
      values.forEach((x, i) => {
        note(truth, [x], weights[i]);
      });
      return;
    }
    case 'merge': {
      const values = valuesOf(step.lot);
      const other = new KllSketch({ k: step.k, tails: step.tails, seed: step.lot.seed }).extend(values);
      sketch.merge(step.as === 'sketch' ? other : step.as === 'bytes' ? other.toBytes() : other.condense(50));
      note(truth, values, 1);
      return;
    }
    case 'mergeItself':
      sketch.merge(sketch);
      truth.n *= 2;
      return;
    case 'condense':
      sketch.condense(step.k);
      return;
    case 'toBytes':
      sketch.toBytes();
      return;
    case 'query':
      query(sketch, step.rank);
  }
}

/** A sketch that ran a program. */
export function afterRunning(
  settings: SketchOptions,
  steps: readonly Step[],
): { sketch: KllSketch; truth: Truth } {
  const sketch = new KllSketch(settings);
  const truth = nothingYet();
  for (const one of steps) run(sketch, one, truth);
  return { sketch, truth };
}

/** Fixed, so that a failure is the same everywhere; PROPERTY_RUNS multiplies the runs, PROPERTY_SEED takes others. */
export const runs = (usual: number): fc.Parameters<unknown> => ({
  seed: Number(process.env.PROPERTY_SEED ?? 2026),
  numRuns: Math.ceil(usual * Number(process.env.PROPERTY_RUNS ?? 1)),
});
