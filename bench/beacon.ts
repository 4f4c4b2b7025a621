/**
 * npm run bench:beacon
 * What a page sends: the bytes of a page view of six series, and of one series of 1000 values, beside peers that keep
 * the same values (bench/peers has its own package.json) in the smallest form that each documents.
 */
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { KernelSource } from '../src/adapters/browser/kernel-source.js';
import { Series } from '../src/adapters/browser/series.js';
import { toBatches } from '../src/adapters/browser/split.js';
import type { TailsCode } from '../src/core/image.js';
import { seededRandom } from '../test/support/prng.js';
import { streamOf } from './support/distributions.js';
import { machineName } from './support/process.js';
import { textTable } from './support/report.js';

interface Recorded {
  name: string;
  values: Float64Array;
}

const KEY = 'ik_0123456789abcdef';
const ROUTE = '/products/:id';

/** Timings as pages have them: log-normal around a median, at 0.1 ms. */
function timings(name: string, count: number, medianMs: number, seed: number): Recorded {
  const random = seededRandom(seed);
  const values = Float64Array.from(
    { length: count },
    () => Math.round(medianMs * Math.exp(0.8 * random.normal()) * 10) / 10,
  );
  return { name, values };
}

const PAGE_VIEW: Recorded[] = [
  timings('lcp', 1, 1800, 1),
  { name: 'cls', values: Float64Array.of(0.0834) },
  timings('inp', 1, 120, 2),
  timings('resource', 50, 90, 3),
  timings('fetch', 50, 140, 4),
  timings('longtask', 12, 80, 5),
];
const FULL_VIEW = ['lcp', 'resource', 'fetch', 'longtask', 'render', 'search'].map((name, i) =>
  timings(name, 50, 40 * (i + 2), 10 + i),
);
const LONG: Recorded[] = [{ name: 'fetch', values: streamOf('latencies, 0.1 ms', 1000, 6) }];

function collected(recorded: Recorded[], tails: TailsCode): number {
  const kernel = new KernelSource(() => {});
  const series = recorded.flatMap(({ name, values }) => {
    const one = new Series(name, { route: ROUTE }, name === 'cls' ? 4 : 1, { k: 200, tails, kernel });
    for (const x of values) one.add(x);
    return one.take(0);
  });
  const batches = toBatches(series, KEY);
  return batches.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** What each peer makes of one series; names, labels and key are added as JSON adds them at the least. */
type Encode = (values: Float64Array) => number;
const overhead = ({ name }: Recorded) => JSON.stringify({ n: name, l: { route: ROUTE }, v: '' }).length;

async function peers(): Promise<[string, string, Encode][]> {
  const require = createRequire(new URL('./peers/package.json', import.meta.url));
  try {
    require.resolve('tdigest');
  } catch {
    console.error('the peers are not installed: npm ci --prefix bench/peers');
    process.exit(1);
  }
  const { DDSketch } = require('@datadog/sketches-js');
  const hdr = require('hdr-histogram-js');
  const { TDigest } = require('tdigest');
  return [
    [
      '@datadog/sketches-js, 1 %',
      'protobuf',
      (values) => {
        const sketch = new DDSketch({ relativeAccuracy: 0.01 });
        for (const x of values) sketch.accept(x);
        return sketch.toProto().length;
      },
    ],
    [
      'hdr-histogram-js, 3 digits',
      'compressed, base64',
      (values) => {
        const histogram = hdr.build({ numberOfSignificantValueDigits: 3 });
        for (const x of values) histogram.recordValue(Math.max(1, Math.round(x * 10)));
        return hdr.encodeIntoCompressedBase64(histogram).length;
      },
    ],
    [
      'tdigest',
      'JSON of its centroids',
      (values) => {
        const digest = new TDigest();
        for (const x of values) digest.push(x);
        digest.compress();
        return JSON.stringify(digest.toArray().map(({ mean, n }: { mean: number; n: number }) => [mean, n]))
          .length;
      },
    ],
    ['the values themselves', 'JSON', (values) => JSON.stringify([...values]).length],
    [
      'the values themselves',
      'JSON, gzip',
      (values) => gzipSync(JSON.stringify([...values]), { level: 9 }).length,
    ],
  ];
}

const sumOf = (recorded: Recorded[], encode: Encode) =>
  recorded.reduce((sum, one) => sum + overhead(one) + encode(one.values), KEY.length);
const LOADS = [PAGE_VIEW, FULL_VIEW, LONG];
const own = (tails: TailsCode) => LOADS.map((load) => collected(load, tails));
const high = own(1);
const none = own(0);
const rows = [
  ['kll-wasm/browser, tails high', 'batch: key, id, names, labels, checksum', ...high.map(String)],
  ['kll-wasm/browser, tails none', 'the same', ...none.map(String)],
  ...(await peers()).map(([name, form, encode]) => [
    name,
    form,
    ...LOADS.map((load) => String(sumOf(load, encode))),
  ]),
];
console.log(`${machineName()}\n`);
console.log('Bytes of a beacon');
console.log(textTable(['', 'form', 'a page view', 'six series of 50', 'one of 1000, 0.1 ms'], rows));
console.log();
/** Id, creation time, key and checksum: what a batch has whatever is in it. */
const [{ bytes: empty }] = toBatches([], KEY);
console.log(
  `of each batch, ${empty.length} bytes are its own: id, time, key of ${KEY.length} characters, checksum`,
);
const LIMITS: [string, number, number][] = [
  ['a page view', high[0], 900],
  ['a page view of six series of 50 values', high[1], 900],
  ['1000 values, tails high, beside the batch itself', high[2] - empty.length, 430],
  ['1000 values, tails none, beside the batch itself', none[2] - empty.length, 330],
];
for (const [what, bytes, most] of LIMITS) {
  console.log(`${what}: ${bytes} bytes of ${most} at most: ${bytes <= most ? 'met' : 'MISSED'}`);
  if (bytes > most) process.exitCode = 1;
}
