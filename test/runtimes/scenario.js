// What every runtime does with the packed package: the same seeds and inputs, through every part that touches the
// kernel, and a digest of the bytes of each. Plain JavaScript, so that it runs anywhere as it is.
import { KllSketch } from 'kll-wasm';
import { fromAny, fromDataSketches, toDataSketches } from 'kll-wasm/formats';
import { createCountingObserver, renderPrometheus } from 'kll-wasm/metrics';

/** Integer arithmetic alone: no engine's Math functions decide the input. */
function latencies(count, seed) {
  const values = new Float64Array(count);
  let state = seed >>> 0;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = (1 + ((state >>> 8) % 997) * ((state >>> 20) % 61)) / 10;
  }
  return values;
}

async function sha256(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export async function scenario() {
  const sketches = {};
  sketches.staged = new KllSketch({ seed: 1 }).extend(latencies(150, 1));
  for (const tails of ['none', 'high', 'both']) {
    for (const k of [200, 1024]) {
      const sketch = new KllSketch({ k, tails, seed: 2 }).extend(latencies(300_000, 2));
      for (const x of latencies(3000, 3)) sketch.add(x, 2);
      sketches[`${tails} ${k}`] = sketch.extendWeighted([5, 6], [7, 1e6]);
    }
  }
  sketches.merged = new KllSketch({ seed: 4 })
    .merge(sketches['none 200'])
    .merge(sketches['high 1024'].toBytes());
  sketches.many = KllSketch.mergeAll(Object.values(sketches), { seed: 5 });
  sketches.condensed = sketches['high 1024'].condense(100);
  sketches.foreign = fromDataSketches(toDataSketches(sketches['both 1024']), 'double', { seed: 6 });
  sketches.loaded = fromAny(sketches.merged.toBytes()).extend(latencies(50_000, 7));
  sketches.json = KllSketch.fromJSON(JSON.parse(JSON.stringify(sketches.many)));

  const observer = createCountingObserver();
  sketches.observed = new KllSketch({ seed: 8, observer }).extend(latencies(20_000, 8));

  const digests = {};
  const answers = {};
  for (const [name, sketch] of Object.entries(sketches)) {
    const { lower, upper } = sketch.quantileBounds(0.99);
    answers[name] = [sketch.n, sketch.sum, ...sketch.quantiles(5), sketch.quantile(0.99), lower, upper];
    digests[name] = await sha256(sketch.toBytes());
  }
  let refused = '';
  try {
    KllSketch.fromBytes(Uint8Array.of(0xc7, 1, 2, 3));
  } catch (error) {
    refused = error.code;
  }
  return { digests, answers, refused, metrics: renderPrometheus(observer.collect()).includes('20000') };
}
