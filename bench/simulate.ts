/**
 * npm run simulate -- [--browsers 100000] [--objects 1000] [--seed 1] [--json FILE]
 * A tree as a site has it: browsers send a beacon each, objects merge what comes to them and condense it, one answer is
 * merged from all objects. Reports error, bytes and merges of each tier, against the exact percentiles of every value.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { seededRandom } from '../test/support/prng.js';

// As built: the sources would be slowed down by their run-time compiler.
const load = async (file: string) => await import(new URL(`../dist/lib/${file}`, import.meta.url).href);
const { KllSketch } = (await load('index.js')) as typeof import('../src/index.js');
const { decodeBatch, encodeBatch } = (await load('batch.js')) as typeof import('../src/batch.js');

const { values: args } = parseArgs({
  options: {
    browsers: { type: 'string', default: '100000' },
    objects: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const browsers = Number(args.browsers);
const objects = Number(args.objects);
if (!(browsers >= objects && objects >= 1)) {
  console.error('expected --objects of at least 1, and at least as many --browsers');
  process.exit(2);
}
const RANKS = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
const LIMITS = {
  bytes: 2 ** 16,
  strings: 16,
  stringBytes: 512,
  series: 16,
  labels: 8,
  items: 10_000,
  n: 100_000,
  k: 4096,
};
const random = seededRandom(Number(args.seed));
console.log(`npm run simulate -- ${process.argv.slice(2).join(' ')}`);
console.log(
  `${cpus()[0].model.trim()}, Node ${process.versions.node}; ${browsers} browsers, ${objects} objects, seed ${args.seed}\n`,
);

interface Tier {
  tier: string;
  count: number;
  /** Sketches and lists of values merged. */
  merges: number;
  bytes: number;
  seconds: number;
}
const tiers: Tier[] = [];
const everything: Float64Array[] = [];
let told = performance.now();
let start = told;
let bytes = 0;

// Each page has a median of its own, and some are slow.
const beacons = Array.from({ length: browsers }, (_, i) => {
  const median = 80 * Math.exp(0.5 * random.normal());
  const values = Float64Array.from(
    { length: 1 + random.below(60) },
    () => Math.round(10 * median * Math.exp(0.6 * random.normal())) / 10,
  );
  everything.push(values);
  const id = new Uint8Array(16);
  new DataView(id.buffer).setUint32(0, i);
  const beacon = encodeBatch({
    id,
    created: 0,
    series: [{ name: 'latency_ms', labels: { route: '/' }, age: 0, values }],
  });
  bytes += beacon.length;
  tell('beacons', i, browsers);
  return beacon;
});
const taken = everything.reduce((sum, values) => sum + values.length, 0);
tiers.push({ tier: 'browsers: a beacon each', count: browsers, merges: 0, bytes, seconds: lap() });

bytes = 0;
const images = Array.from({ length: objects }, (_, object) => {
  const sketch = new KllSketch({ k: 1024, seed: object + 1 });
  for (let i = object; i < browsers; i += objects) {
    for (const { values } of decodeBatch(beacons[i], LIMITS).series) sketch.extend(values as Float64Array);
  }
  const image = sketch.condense(200).toBytes();
  bytes += image.length;
  tell('objects', object, objects);
  return image;
});
tiers.push({
  tier: 'objects: merged, condensed to 200',
  count: objects,
  merges: browsers,
  bytes,
  seconds: lap(),
});

const answer = KllSketch.mergeAll(images, { k: 1024, seed: 1 });
const sent = answer.condense(200).toBytes();
tiers.push({ tier: 'one answer', count: 1, merges: objects, bytes: sent.length, seconds: lap() });

const truth = new Float64Array(taken);
let at = 0;
for (const values of everything) {
  truth.set(values, at);
  at += values.length;
}
truth.sort();
const rankOf = (x: number) => {
  // The nearest of the ranks that x has among equal values.
  let low = 0;
  let high = truth.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (truth[middle] < x) low = middle + 1;
    else high = middle;
  }
  let up = low;
  while (up < truth.length && truth[up] === x) up++;
  return [low / taken, up / taken];
};
const errors = RANKS.map((q) => {
  const [low, high] = rankOf(answer.quantile(q));
  return {
    q,
    value: answer.quantile(q),
    exact: truth[Math.ceil(q * taken) - 1],
    error: q < low ? low - q : q > high ? q - high : 0,
  };
});

print(
  ['tier', 'number', 'merged', 'bytes', 'bytes each', 'seconds'],
  tiers.map((tier) => [
    tier.tier,
    String(tier.count),
    String(tier.merges),
    String(tier.bytes),
    (tier.bytes / tier.count).toFixed(0),
    tier.seconds.toFixed(2),
  ]),
);
console.log(
  `\n${taken} values; n of the answer ${answer.n}; stated error ${(100 * answer.rankError()).toFixed(3)} %\n`,
);
print(
  ['percentile', 'answer', 'exact', 'rank error'],
  errors.map(({ q, value, exact, error }) => [
    `p${Number((q * 100).toFixed(3))}`,
    value.toFixed(1),
    exact.toFixed(1),
    `${(100 * error).toFixed(4)} %`,
  ]),
);
if (args.json) writeFileSync(args.json, `${JSON.stringify({ tiers, values: taken, errors }, null, 2)}\n`);
if (answer.n !== taken) process.exitCode = 1;

function lap(): number {
  const seconds = (performance.now() - start) / 1000;
  start = performance.now();
  return seconds;
}

function tell(what: string, done: number, of: number): void {
  if (performance.now() - told < 2000) return;
  told = performance.now();
  process.stderr.write(`${what}: ${done} of ${of}\n`);
}

function print(head: string[], rows: string[][]): void {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  for (const row of [head, ...rows]) {
    console.log(
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
    );
  }
}
