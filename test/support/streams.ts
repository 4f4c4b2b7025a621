/** Seeded inputs of every shape that a sketch may be fed, and the rank error it makes on them. */
import type { KllSketch } from '../../src/index.js';
import { seededRandom } from './prng.js';

const ascending = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => i);

export const STREAMS = {
  shuffled: (n: number, seed: number) => seededRandom(seed).shuffle(ascending(n)),
  sorted: (n: number) => ascending(n),
  reversed: (n: number) => ascending(n).reverse(),
  sawtooth: (n: number) => ascending(n).map((i) => (i % 1000) * n + i),
  constant: (n: number) => new Float64Array(n).fill(42),
  'heavy ties': (n: number, seed: number) => {
    const random = seededRandom(seed);
    return ascending(n).map(() => Math.floor(random.next() ** 3 * 12));
  },
  'sorted runs': (n: number, seed: number) => {
    const run = Math.ceil(n / 7);
    const random = seededRandom(seed);
    const values = ascending(n).map(() => random.next());
    for (let at = 0; at < n; at += run) values.subarray(at, at + run).sort();
    return values;
  },
  'from both ends': (n: number) => ascending(n).map((i) => (i % 2 ? n - i : i)),
  'long tail': (n: number, seed: number) => {
    const random = seededRandom(seed);
    return ascending(n).map(() => Math.round(Math.exp(random.normal() * 1.5) * 500) / 10);
  },
  'all magnitudes': (n: number, seed: number) => {
    const random = seededRandom(seed);
    return ascending(n).map(() => (random.next() - 0.5) * 10 ** (random.next() * 600 - 300));
  },
} satisfies Record<string, (n: number, seed: number) => Float64Array>;

export type StreamName = keyof typeof STREAMS;
export const STREAM_NAMES = Object.keys(STREAMS) as StreamName[];

/**
 * The largest error of the sketch's rank over all ranks, 0..1: at each value the distance from the rank the sketch
 * gives to what lies between the exclusive and the inclusive rank.
 */
export function maxRankError(sketch: KllSketch, values: Float64Array): number {
  const sorted = values.slice().sort();
  const n = sorted.length;
  const distinct = distinctOf(sorted);
  const inclusive = sketch.ranks(distinct);
  const exclusive = sketch.ranks(distinct, { inclusive: false });
  let worst = 0;
  for (let i = 0, from = 0; i < distinct.length; i++) {
    let to = from;
    while (to < n && sorted[to] === distinct[i]) to++;
    worst = Math.max(worst, Math.abs(inclusive[i] - to / n), Math.abs(exclusive[i] - from / n));
    from = to;
  }
  return worst;
}

/** @param sorted ascending */
function distinctOf(sorted: Float64Array): Float64Array {
  const distinct = new Float64Array(sorted.length);
  let count = 0;
  for (let i = 0; i < sorted.length; i++)
    if (i === 0 || sorted[i] !== sorted[i - 1]) distinct[count++] = sorted[i];
  return distinct.subarray(0, count);
}
