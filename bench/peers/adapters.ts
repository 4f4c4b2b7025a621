/** The peers, each as its documentation says it is to be used. Each is loaded in its own process alone. */
import { entry, type KllSketch } from '../support/library.js';
import type { Peer } from './peer.js';

type Loader = () => Promise<Peer<never>>;

/** @param sent k of the copy that is sent, where that is not the sketch itself */
async function kll(k: number, tails: 'none' | 'high', sent?: number): Promise<Peer<KllSketch>> {
  const { KllSketch: Sketch } = await entry('index');
  return {
    name: `kll-wasm, k = ${k}, ${sent ? `sent at ${sent}` : `tails ${tails}`}`,
    note: sent
      ? 'rank error bounded; blobs are condensed copies: encoding makes the copy'
      : 'rank error bounded; blobs are whole states',
    isRandomized: true,
    sendsLess: sent !== undefined,
    create: (seed) => new Sketch({ k, tails, seed }),
    add: (sketch, x) => sketch.add(x),
    extend: (sketch, values) => sketch.extend(values),
    quantile: (sketch, rank) => sketch.quantile(rank),
    merge: (sketch, other) => sketch.merge(other),
    mergeAll: (sketches) => Sketch.mergeAll(sketches, { k, tails, seed: 1 }),
    encode: sent ? (sketch) => sketch.condense(sent).toBytes() : (sketch) => sketch.toBytes(),
    decode: (bytes) => Sketch.fromBytes(bytes as Uint8Array),
    mergeBlobs: (blobs) => Sketch.mergeAll(blobs as Uint8Array[], { k, tails, seed: 1 }),
  };
}

const ddsketch = async () => {
  const { DDSketch } = await import('@datadog/sketches-js');
  const peer: Peer<InstanceType<typeof DDSketch>> = {
    name: '@datadog/sketches-js 2.1.1',
    note: 'error of the value 1 %; needs protobufjs, which it does not declare as a dependency',
    create: () => new DDSketch({ relativeAccuracy: 0.01 }),
    add: (sketch, x) => sketch.accept(x),
    quantile: (sketch, rank) => sketch.getValueAtQuantile(rank),
    merge: (sketch, other) => {
      sketch.merge(other);
      return sketch;
    },
    encode: (sketch) => sketch.toProto(),
    decode: (bytes) => DDSketch.fromProto(bytes as Uint8Array) as InstanceType<typeof DDSketch>,
  };
  return peer;
};

const hdr = async (useWebAssembly: boolean) => {
  const library = await import('hdr-histogram-js');
  const hdrHistogram = 'default' in library ? (library.default as typeof library) : library;
  if (useWebAssembly) await hdrHistogram.initWebAssembly();
  type Histogram = ReturnType<typeof hdrHistogram.build>;
  const create = () => hdrHistogram.build({ useWebAssembly, numberOfSignificantValueDigits: 3 });
  const peer: Peer<Histogram> = {
    name: `hdr-histogram-js 3.0.1, ${useWebAssembly ? 'WASM' : 'JS'}`,
    note: 'error of the value 0.1 %; positive integers: values are scaled; blobs are compressed base64',
    isInteger: true,
    onlyLatencies: true,
    create,
    add: (histogram, x) => histogram.recordValue(x),
    quantile: (histogram, rank) => histogram.getValueAtPercentile(100 * rank),
    merge: (histogram, other) => {
      histogram.add(other as never);
      return histogram;
    },
    encode: (histogram) => hdrHistogram.encodeIntoCompressedBase64(histogram),
    decode: (text) => hdrHistogram.decodeFromCompressedBase64(text as string, 32, useWebAssembly),
    free: (histogram) => histogram.destroy(),
  };
  return peer;
};

const tdigest = async () => {
  const library = await import('tdigest');
  const { TDigest } = library.default ?? library;
  type Digest = InstanceType<typeof TDigest>;
  const peer: Peer<Digest> = {
    name: 'tdigest 0.1.3',
    note: 'no bound; no serialization of its own: JSON of its centroids',
    create: () => new TDigest(),
    add: (digest, x) => digest.push(x),
    quantile: (digest, rank) => digest.percentile(rank),
    merge: (digest, other) => {
      digest.push_centroid(other.toArray());
      return digest;
    },
    encode: (digest) => {
      digest.compress();
      return JSON.stringify(digest.toArray());
    },
    decode: (text) => {
      const digest = new TDigest();
      digest.push_centroid(JSON.parse(text as string));
      return digest;
    },
  };
  return peer;
};

const node = async () => {
  const { createHistogram } = await import('node:perf_hooks');
  const peer: Peer<ReturnType<typeof createHistogram>> = {
    name: `Node ${process.versions.node} perf_hooks histogram`,
    note: 'Node alone; error of the value 0.1 %; positive integers',
    isInteger: true,
    onlyLatencies: true,
    create: () => createHistogram({ figures: 3 }),
    add: (histogram, x) => histogram.record(x),
    quantile: (histogram, rank) => histogram.percentile(100 * rank),
    merge: (histogram, other) => {
      histogram.add(other);
      return histogram;
    },
  };
  return peer;
};

const prometheus = async () => {
  const library = await import('prom-client');
  const { Registry, Summary } = library.default ?? library;
  const RANKS = [0.5, 0.9, 0.95, 0.99, 0.999];
  let count = 0;
  type S = { summary: InstanceType<typeof Summary>; read(): Map<number, number> };
  const peer: Peer<S> = {
    name: 'prom-client 15.1.3 Summary',
    note: 'a t-digest within; answers the ranks it was made for',
    ranks: RANKS,
    create: () => {
      const summary = new Summary({
        name: `latency_${count++}`,
        help: 'latency',
        percentiles: RANKS,
        registers: [new Registry()],
      });
      // `get` is asynchronous; what it reads is not.
      const { hashMap } = summary as unknown as {
        hashMap: Record<string, { td: { compress(): void; percentile(rank: number): number } }>;
      };
      return {
        summary,
        read: () => {
          const [{ td }] = Object.values(hashMap);
          td.compress();
          return new Map(RANKS.map((rank) => [rank, td.percentile(rank)]));
        },
      };
    },
    add: ({ summary }, x) => summary.observe(x),
    quantile: (sketch, rank) => sketch.read().get(rank) ?? Number.NaN,
  };
  return peer;
};

const opentelemetry = async () => {
  const path = '@opentelemetry/sdk-metrics/build/src/aggregator/ExponentialHistogram.js';
  const library = await import(path);
  const { ExponentialHistogramAggregator } = library.default ?? library;
  interface Accumulation {
    record(x: number): void;
    count: number;
    zeroCount: number;
    scale: number;
    positive: Side;
    negative: Side;
  }
  interface Side {
    offset: number;
    length: number;
    at(i: number): number;
  }
  const aggregator = new ExponentialHistogramAggregator(160, true);
  const peer: Peer<Accumulation> = {
    name: 'OpenTelemetry sdk-metrics 2.2.0 exponential histogram',
    note: '160 buckets; answers no quantiles: read off its buckets here, at their geometric middle',
    create: () => aggregator.createAccumulation([0, 0]),
    add: (histogram, x) => histogram.record(x),
    merge: (histogram, other) => aggregator.merge(histogram, other),
    quantile: (histogram, rank) => {
      const base = 2 ** (2 ** -histogram.scale);
      const middle = (index: number) => base ** (index + 0.5);
      let left = rank * histogram.count;
      const { positive, negative } = histogram;
      for (let i = negative.length - 1; i >= 0; i--) {
        left -= negative.at(i);
        if (left <= 0) return -middle(negative.offset + i);
      }
      left -= histogram.zeroCount;
      if (left <= 0 && histogram.zeroCount) return 0;
      for (let i = 0; i < positive.length; i++) {
        left -= positive.at(i);
        if (left <= 0) return middle(positive.offset + i);
      }
      return middle(positive.offset + positive.length - 1);
    },
  };
  return peer;
};

/** Keeps everything: exact, and as large as what it was given. */
const sorted = async () => {
  class Kept {
    values = new Float64Array(1024);
    count = 0;
    isSorted = true;

    push(x: number): void {
      this.room(1);
      this.values[this.count++] = x;
      this.isSorted = false;
    }
    extend(values: Float64Array): void {
      this.room(values.length);
      this.values.set(values, this.count);
      this.count += values.length;
      this.isSorted = false;
    }
    quantile(rank: number): number {
      if (!this.isSorted) this.values.subarray(0, this.count).sort();
      this.isSorted = true;
      return this.values[Math.max(0, Math.ceil(rank * this.count) - 1)];
    }
    private room(more: number): void {
      if (this.count + more <= this.values.length) return;
      const larger = new Float64Array(Math.max(2 * this.values.length, this.count + more));
      larger.set(this.values.subarray(0, this.count));
      this.values = larger;
    }
  }
  const peer: Peer<Kept> = {
    name: 'sorted Float64Array',
    note: 'exact; keeps everything, sorts at the first question after an add',
    create: () => new Kept(),
    add: (kept, x) => kept.push(x),
    extend: (kept, values) => kept.extend(values),
    quantile: (kept, rank) => kept.quantile(rank),
    merge: (kept, other) => {
      kept.extend(other.values.subarray(0, other.count));
      return kept;
    },
    encode: (kept) => new Uint8Array(kept.values.buffer.slice(0, 8 * kept.count)),
    decode: (bytes) => {
      const kept = new Kept();
      kept.extend(new Float64Array((bytes as Uint8Array).slice().buffer));
      return kept;
    },
  };
  return peer;
};

/** The Apache algorithm, in TypeScript: the test suite's own reference. */
const apache = async () => {
  const { ApacheCascade, randomCoin } = await import('../../test/support/apache-cascade.js');
  const peer: Peer<InstanceType<typeof ApacheCascade>> = {
    name: 'Apache KLL, k = 200, in TypeScript',
    note: 'the cascade of datasketches-cpp, rebuilt for the tests; builds its view at every question',
    isRandomized: true,
    create: (seed) => new ApacheCascade(200, randomCoin(seed)),
    add: (sketch, x) => sketch.update(x),
    extend: (sketch, values) => sketch.updateAll(values),
    quantile: (sketch, rank) => sketch.quantile(rank),
    merge: (sketch, other) => {
      sketch.merge(other);
      return sketch;
    },
    encode: (sketch) => sketch.toBytes('double'),
  };
  return peer;
};

export const PEERS: Record<string, Loader> = {
  'kll-none': () => kll(200, 'none') as never,
  'kll-high': () => kll(200, 'high') as never,
  'kll-condensed': () => kll(1024, 'high', 200) as never,
  ddsketch: ddsketch as never,
  'hdr-wasm': () => hdr(true) as never,
  'hdr-js': () => hdr(false) as never,
  tdigest: tdigest as never,
  node: node as never,
  prometheus: prometheus as never,
  opentelemetry: opentelemetry as never,
  sorted: sorted as never,
  apache: apache as never,
};
