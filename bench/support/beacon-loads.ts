/** What pages send, for measuring its bytes: by the collector's own series and batches. */
import { KernelSource } from '../../src/adapters/browser/kernel-source.js';
import { Series } from '../../src/adapters/browser/series.js';
import { toBatches } from '../../src/adapters/browser/split.js';
import type { TailsCode } from '../../src/core/image.js';
import { seededRandom } from '../../test/support/prng.js';
import { streamOf } from './distributions.js';

/** What a page recorded of one metric. */
export interface Recorded {
  name: string;
  values: Float64Array;
}

/** As an edge makes them for pages. */
export const KEY = 'k_0aZ3-x9';
export const ROUTE = '/products/:id';

/** Timings as pages have them: log-normal around a median, at 0.1 ms. */
function timings(name: string, count: number, medianMs: number, seed: number): Recorded {
  const random = seededRandom(seed);
  const values = Float64Array.from(
    { length: count },
    () => Math.round(medianMs * Math.exp(0.8 * random.normal()) * 10) / 10,
  );
  return { name, values };
}

export const PAGE_VIEW: Recorded[] = [
  timings('lcp', 1, 1800, 1),
  { name: 'cls', values: Float64Array.of(0.0834) },
  timings('inp', 1, 120, 2),
  timings('resource', 50, 90, 3),
  timings('fetch', 50, 140, 4),
  timings('longtask', 12, 80, 5),
];
/** Six series of 50 values. */
export const FULL_VIEW = ['lcp', 'resource', 'fetch', 'longtask', 'render', 'search'].map((name, i) =>
  timings(name, 50, 40 * (i + 2), 10 + i),
);
export const LONG: Recorded[] = [{ name: 'fetch', values: streamOf('latencies, 0.1 ms', 1000, 6) }];

/** Bytes of the beacon that carries it. */
export function beaconBytes(recorded: Recorded[], tails: TailsCode): number {
  const kernel = new KernelSource(() => {});
  const series = recorded.flatMap(({ name, values }) => {
    const one = new Series(name, { route: ROUTE }, name === 'cls' ? 4 : 1, { k: 200, tails, kernel });
    for (const x of values) one.add(x, 0);
    return one.take(0);
  });
  const batches = toBatches(series, KEY);
  return batches.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** Id, creation time, key and checksum: bytes that a batch has whatever is in it. */
export const BATCH_BYTES = toBatches([], KEY)[0].bytes.length;
