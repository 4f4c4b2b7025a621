/**
 * npm run bench:beacon
 * What a page sends: the bytes of a page view of six series, and of one series of 1000 values, beside peers that keep
 * the same values (bench/peers has its own package.json) in the smallest form that each documents.
 */
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import type { TailsCode } from '../src/core/image.js';
import {
  BATCH_BYTES,
  beaconBytes,
  FULL_VIEW,
  KEY,
  LONG,
  PAGE_VIEW,
  type Recorded,
  ROUTE,
} from './support/beacon-loads.js';
import { machineName } from './support/process.js';
import { textTable } from './support/report.js';

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
const own = (tails: TailsCode) => LOADS.map((load) => beaconBytes(load, tails));
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
console.log(
  `of each batch, ${BATCH_BYTES} bytes are its own: id, time, key of ${KEY.length} characters, checksum`,
);
const LIMITS: [string, number, number][] = [
  ['a page view', high[0], 900],
  ['a page view of six series of 50 values', high[1], 900],
  ['1000 values, tails high', high[2], 430],
  ['1000 values, tails none', none[2], 330],
];
for (const [what, bytes, most] of LIMITS) {
  const verdict = bytes <= most ? 'met' : 'MISSED';
  console.log(`${what}: ${bytes} bytes of ${most} at most (series alone ${bytes - BATCH_BYTES}): ${verdict}`);
  if (bytes > most) process.exitCode = 1;
}
