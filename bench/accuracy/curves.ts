/**
 * npm run bench:curves -- [--trials 100] [--seed 1]
 * What the plots of docs/accuracy.md and the table of docs/choosing-k.md show; writes docs/accuracy-curves.json.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { KllSketch } from '../../src/index.js';
import { ApacheCascade, randomCoin } from '../../test/support/apache-cascade.js';
import { Bench } from './scenario.js';
import { tree } from './scenarios/trees.js';
import { ascending, latencies } from './streams.js';
import { percentile, type Row, rootMeanSquare, Tally, viewOf } from './tally.js';
import { maxRankError, rankErrorAt, ranksTruth } from './truth.js';

export interface Series {
  name: string;
  points: [x: number, y: number][];
}

export interface SizeRow {
  k: number;
  /** A sketch that lives at k. */
  direct: Row & { memory: number; latencyBytes: number };
  /** Condensed to k from `working`. */
  working: number;
  condensed: Row & { memory: number; latencyBytes: number };
  /** max99 where an Apache cascade of the same k merges 60 condensed images. */
  foreign: number;
}

export interface Curves {
  command: string;
  seed: number;
  trials: number;
  plots: Record<string, Series[]>;
  sizes: SizeRow[];
}

const { values: args } = parseArgs({
  options: { trials: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const trials = Number(args.trials);
const seed = Number(args.seed);
const bench = (name: string) =>
  new Bench({ name, title: name, run: () => [] }, { seed, trials, quick: false });

type Summary = KllSketch | ApacheCascade;
type Maker = (values: Float64Array, seed: number) => Summary;

const MAKERS: Record<string, (k: number) => Maker> = {
  Apache: (k) => (values, seed) => {
    const cascade = new ApacheCascade(k, randomCoin(seed));
    cascade.updateAll(values);
    return cascade;
  },
  'lives at k, tails none': (k) => (values, seed) => new KllSketch({ k, tails: 'none', seed }).extend(values),
  'lives at k, tails high': (k) => (values, seed) => new KllSketch({ k, seed }).extend(values),
  'condensed to k, tails high': (k) => (values, seed) =>
    new KllSketch({ k: workingFor(k), seed }).extend(values).condense(k),
  'condensed, sharp tails': (k) => (values, seed) =>
    new KllSketch({ k: Math.max(1536, workingFor(k)), seed }).extend(values).condense(k, { sharp: true }),
};
const COMPARED = ['Apache', 'lives at k, tails high', 'condensed to k, tails high'];

/** The k of a working sketch whose own error vanishes beside that of condensing. */
function workingFor(k: number): number {
  return Math.max(1024, 5 * k);
}

/** Error against the share of values above, down to one in ten thousand. */
function byRank(): Series[] {
  const b = bench('by-rank');
  const n = 1_000_000;
  const values = ascending(n);
  const truth = ranksTruth(n);
  const above = Array.from({ length: 17 }, (_, i) => 0.5 * 10 ** (-i / 4.33));
  const errors = Object.keys(MAKERS).map(() => above.map((): number[] => []));
  b.each(() => {
    b.random.shuffle(values);
    Object.values(MAKERS).forEach((maker, i) => {
      const view = viewOf(maker(200)(values, b.seed));
      above.forEach((share, j) => {
        errors[i][j].push(rankErrorAt(view, truth, 1 - share));
      });
    });
  });
  return Object.keys(MAKERS).map((name, i) => ({
    name,
    points: above.map((share, j) => [100 * share, 100 * rootMeanSquare(errors[i][j])]),
  }));
}

function max99(b: Bench, n: number, make: Maker, count = trials): Row {
  const values = ascending(n);
  const truth = ranksTruth(n);
  const tally = new Tally('');
  b.each(() => {
    b.random.shuffle(values);
    tally.take(make(values, b.seed), truth);
  }, count);
  return tally.row;
}

function byBytes(): Series[] {
  const b = bench('by-bytes');
  return COMPARED.map((name) => ({
    name,
    points: [50, 75, 100, 150, 200, 300, 400].map((k) => {
      const row = max99(b, 1_000_000, MAKERS[name](k));
      return [row.apacheBytes, 100 * row.max99];
    }),
  }));
}

function byN(): Series[] {
  const b = bench('by-n');
  const sizes = [2e3, 5e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7];
  return COMPARED.map((name) => ({
    name,
    points: sizes.map((n) => {
      const count = Math.max(20, Math.min(trials, Math.round((trials * 1e6) / n)));
      return [n, 100 * max99(b, n, MAKERS[name](200), count).max99];
    }),
  }));
}

function byHops(): Series[] {
  const b = bench('by-hops');
  return [
    [2, 10],
    [4, 5],
    [8, 3],
    [32, 2],
  ].map(([fan, most]) => ({
    name: `fan-in ${fan}`,
    points: Array.from({ length: most }, (_, i): [number, number] => {
      const n = fan ** (i + 1) * 1000;
      const truth = ranksTruth(n);
      const values = ascending(n);
      const errors: number[] = [];
      b.each(() => {
        b.random.shuffle(values);
        errors.push(maxRankError(viewOf(tree(values, fan, b).condense(200)), truth));
      });
      return [i + 1, 100 * percentile(errors, 0.99)];
    }),
  }));
}

const IMAGES = 60;

function sizeRow(k: number): SizeRow {
  const b = bench(`k-${k}`);
  const n = 1_000_000;
  const values = ascending(n);
  const truth = ranksTruth(n);
  const working = workingFor(k);
  const direct = new Tally(`k=${k}`);
  const condensed = new Tally(`${working} to ${k}`);
  const foreign: number[] = [];
  let memory = 0;
  let workingMemory = 0;
  b.each(() => {
    b.random.shuffle(values);
    const sketch = new KllSketch({ k, seed: b.seed }).extend(values);
    memory = Math.max(memory, sketch.debugState().bytes);
    direct.take(sketch, truth);
    const large = new KllSketch({ k: working, seed: b.seed }).extend(values);
    workingMemory = Math.max(workingMemory, large.debugState().bytes);
    condensed.take(large.condense(k), truth);
    const merged = new ApacheCascade(k, randomCoin(b.seed));
    for (let i = 0; i < IMAGES; i++) {
      const part = values.subarray((i * n) / IMAGES, ((i + 1) * n) / IMAGES);
      const image = new KllSketch({ k: working, seed: b.seed }).extend(part).condense(k).toApacheImage();
      merged.merge(ApacheCascade.fromImage(image, randomCoin(b.seed)));
    }
    foreign.push(maxRankError(viewOf(merged), truth));
  });
  const times = latencies(n, b.random);
  const whole = new KllSketch({ k, seed: b.seed }).extend(times).toBytes().length;
  const sent = new KllSketch({ k: working, seed: b.seed }).extend(times).condense(k).toBytes().length;
  return {
    k,
    direct: { ...direct.row, memory, latencyBytes: whole },
    working,
    condensed: { ...condensed.row, memory: workingMemory, latencyBytes: sent },
    foreign: percentile(foreign, 0.99),
  };
}

const curves: Curves = {
  command: 'npm run bench:curves',
  seed,
  trials,
  plots: {},
  sizes: [],
};
const FILE = new URL('../../docs/accuracy-curves.json', import.meta.url);
const save = () =>
  writeFileSync(
    FILE,
    `${JSON.stringify(curves, (_, x) => (typeof x === 'number' ? Number(x.toPrecision(4)) : x), 1)}\n`,
  );
for (const k of [50, 100, 200, 400, 800, 1024, 1600, 4096]) {
  curves.sizes.push(sizeRow(k));
  save();
}
for (const [name, measure] of Object.entries({ rank: byRank, bytes: byBytes, n: byN, hops: byHops })) {
  curves.plots[name] = measure();
  save();
}
