/** Seeded batches of every shape that the container allows. */
import type { Batch, BatchLimits, BatchSeries } from '../../src/wire/batch.js';
import { seededRandom } from './prng.js';
import { randomImage, VALUE_KIND_NAMES } from './random-image.js';

const WORDS = [
  'lcp',
  'inp',
  '',
  'page',
  '/',
  '4g',
  'Zürich',
  '\u{1f600}',
  '__proto__',
  'constructor',
  'a b',
  '\ufeffx',
];

/** Limits that every random batch keeps. */
export const LIMITS: BatchLimits = {
  bytes: 2 ** 20,
  strings: 64,
  stringBytes: 64,
  series: 16,
  labels: 8,
  items: 2 ** 14,
  n: 2 ** 40,
  k: 65535,
};

export function randomBatch(seed: number): Batch {
  const random = seededRandom(seed);
  const word = () => WORDS[random.below(WORDS.length)];
  const series = Array.from({ length: random.below(5) }, (): BatchSeries => {
    const head = {
      name: word(),
      labels: Object.fromEntries(Array.from({ length: random.below(4) }, () => [word(), word()])),
      age: random.below(2) ? 0 : random.next() * 1e6,
    };
    if (random.below(2)) {
      const digits = [1, 10, 2 ** 40][random.below(3)];
      const values = Float64Array.from(
        { length: 1 + random.below(8) },
        () => Math.round(random.normal() * 1000 * digits) / digits + 0,
      );
      return { ...head, values: values.sort() };
    }
    const kind = VALUE_KIND_NAMES[random.below(VALUE_KIND_NAMES.length)];
    const { state: _, variance, ...image } = randomImage(kind, random.uint32(), 6);
    return { ...head, image: { ...image, variance: Math.fround(variance) } };
  });
  return {
    id: Uint8Array.from({ length: 16 }, () => random.below(256)),
    created: random.below(2) ? 0 : 1.7e12 + random.next() * 1e9,
    ...(random.below(2) ? { key: word() } : {}),
    series,
  };
}
