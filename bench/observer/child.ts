/** Ingestion, questions and bytes of sketches that are watched, or not, in a process of its own. */
import type { SketchObserver } from '../../src/index.js';
import { Bench } from '../support/case.js';
import { streamOf } from '../support/distributions.js';
import { entry } from '../support/library.js';
import { BRIEF } from '../support/measure.js';

export type Watching =
  | 'nobody'
  | 'hooks that do nothing'
  | 'hooks and a clock'
  | 'counting observer'
  | 'telemetry with events';

const ADDS = 1 << 17;

async function observerOf(watching: Watching): Promise<SketchObserver | undefined> {
  if (watching === 'nobody') return undefined;
  if (watching === 'telemetry with events') {
    // For every sketch; lines of all merges are made, and go nowhere.
    (await entry('metrics')).startTelemetry({ events: { sink: () => {} } });
    return undefined;
  }
  if (watching === 'counting observer') return (await entry('metrics')).createCountingObserver();
  const nothing = () => {};
  return {
    ...(watching === 'hooks and a clock' ? { now: () => performance.now() } : {}),
    onIngest: nothing,
    onCompaction: nothing,
    onMerge: nothing,
    onQuery: nothing,
    onSerialize: nothing,
    onDeserialize: nothing,
    onCondense: nothing,
  };
}

const { watching, seed } = JSON.parse(process.argv[2]) as { watching: Watching; seed: number };
const bench = new Bench('observer', { seed, effort: BRIEF, quick: true, isCompared: true });
const { KllSketch } = await entry('index');
const observer = await observerOf(watching);
const options = { seed, ...(observer ? { observer } : {}) };
const values = streamOf('lognormal', 1e6, seed);
for (const n of [1e3, 1e4, 1e6]) {
  const part = values.subarray(0, n);
  bench.time(`extend, n = 1e${Math.log10(n)}, each value`, () => new KllSketch(options).extend(part), {
    per: n,
  });
}
const sketch = new KllSketch(options);
const add = () => {
  for (let i = 0; i < ADDS; i++) sketch.add(values[i]);
  return sketch.n;
};
bench.time('add', add, { per: ADDS });
const ask = () => {
  let sum = 0;
  for (let i = 0; i < 1000; i++) sum += sketch.quantile(0.99);
  return sum;
};
bench.time('quantile, warm', ask, { per: 1000 });
bench.time('toBytes', () => sketch.toBytes(), { unit: 'us' });
const bytes = sketch.toBytes();
bench.time('merge of bytes', () => new KllSketch(options).merge(bytes), { unit: 'us' });
process.stdout.write(JSON.stringify({ results: bench.results }));
