/** Streams by name, seeded. Each generator fills an array of any length. */
import { type SeededRandom, seededRandom } from '../../test/support/prng.js';

type Value = (random: SeededRandom, i: number, n: number) => number;

const lognormal: Value = (random) => Math.exp(random.normal());
/** A double of random bits: every magnitude from the smallest to the largest, both signs. */
const anyDouble: Value = (random) => {
  const magnitude = 10 ** (random.next() * 615 - 307);
  return random.next() < 0.5 ? -magnitude : magnitude;
};

const VALUES = {
  lognormal,
  uniform: (random) => random.next(),
  normal: (random) => random.normal(),
  sorted: (_, i) => i,
  reversed: (_, i, n) => n - i,
  zigzag: (_, i) => (i & 1 ? -i : i),
  sawtooth: (_, i) => i % 1000,
  'sorted runs': (random, i) => (i % 4096) + random.next(),
  'all equal': () => 42,
  'two values': (random) => (random.next() < 0.5 ? 1 : 2),
  '55 % zeros': (random) => (random.next() < 0.55 ? 0 : Math.exp(random.normal())),
  'log-uniform, all doubles': anyDouble,
  '1e6 + U(0, 1000)': (random) => 1e6 + 1000 * random.next(),
  'integers 0..50': (random) => random.below(51),
  'latencies, 0.1 ms': (random) => Math.round(1100 * Math.exp(random.normal() * 0.857)) / 10,
} satisfies Record<string, Value>;

export type Distribution = keyof typeof VALUES;
export const DISTRIBUTIONS = Object.keys(VALUES) as Distribution[];

export function streamOf(distribution: Distribution, n: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  const value: Value = VALUES[distribution];
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) values[i] = value(random, i, n);
  return values;
}

/** A long stream: a seeded one of 2^22 values, repeated with a random rotation, so that it costs a copy and not a logarithm. */
export function longStreamOf(distribution: Distribution, n: number, seed: number): Float64Array {
  const block = 1 << 22;
  if (n <= block) return streamOf(distribution, n, seed);
  const first = streamOf(distribution, block, seed);
  const random = seededRandom(seed + 1);
  const values = new Float64Array(n);
  for (let at = 0; at < n; ) {
    const from = random.below(block);
    const part = Math.min(block - from, n - at);
    values.set(first.subarray(from, from + part), at);
    at += part;
  }
  return values;
}
