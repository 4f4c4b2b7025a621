import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SketchOptions } from '../../src/core/options.js';
import { WITHHELD } from '../../src/metrics/label-values.js';
import { bridgeMetrics } from '../../src/metrics/opentelemetry.js';
import { renderPrometheus } from '../../src/metrics/prometheus.js';
import { MetricRegistry } from '../../src/metrics/registry.js';
import {
  startTelemetry,
  startTelemetryFromEnvironment,
  type Telemetry,
} from '../../src/metrics/telemetry.js';
import { decodeBatch, encodeBatch } from '../../src/sketch/batch.js';
import { fromAny, fromDataSketches, fromKll1, fromKll2, toDataSketches } from '../../src/sketch/foreign.js';
import { KllSketch } from '../../src/sketch/sketch.js';
import { ADDRESSES, addressesIn, printed } from './addresses.js';

const LIMITS = {
  bytes: 1e6,
  strings: 100,
  stringBytes: 500,
  series: 100,
  labels: 16,
  items: 1e6,
  n: 1e6,
  k: 4096,
};

/** Calls that are given an address where something else belongs. */
const MISUSES: Record<string, (address: string) => unknown> = {
  'a value': (address) => new KllSketch().add(address as never),
  'a value of many': (address) => new KllSketch().extend([1, address as never]),
  'a list': (address) => new KllSketch().extend(address as never),
  'a weight': (address) => new KllSketch().extendWeighted([1], [address as never]),
  'an option k': (address) => new KllSketch({ k: address as never }),
  'an option seed': (address) => new KllSketch({ seed: address as never }),
  'an option tails': (address) => new KllSketch({ tails: address as never }),
  options: (address) => new KllSketch(address as SketchOptions),
  'a policy': (address) => new KllSketch().extend([1], { invalid: address as never }),
  'a rank': (address) => new KllSketch().quantile(address as never),
  'a queried value': (address) => new KllSketch().rank(address as never),
  splits: (address) => new KllSketch().cdf([address as never]),
  'a precision': (address) => new KllSketch().toBytes({ precision: address as never }),
  'a source': (address) => new KllSketch().merge(address as never),
  sources: (address) => KllSketch.mergeAll([address as never]),
  'an item type': (address) => toDataSketches(new KllSketch(), address as never),
  'a JSON format': (address) => KllSketch.fromJSON({ format: address, bytes: '' }),
  'JSON bytes': (address) => KllSketch.fromJSON({ format: 'kll-wasm/1', bytes: address }),
  bytes: (address) => KllSketch.fromBytes(address as never),
  'what bytes hold': (address) => KllSketch.fromBytes(asBytes(address)),
  'what bytes of any format hold': (address) => fromAny(asBytes(address)),
  'what an Apache image holds': (address) => fromDataSketches(asBytes(address)),
  'what a KLL1 blob holds': (address) => fromKll1(asBytes(`KLL1${address}`)),
  'what a KLL2 blob holds': (address) => fromKll2(asBytes(`KLL2${address}`)),
  'what a source holds': (address) => KllSketch.mergeAll([asBytes(address)]),
  'what is behind an image': (address) => KllSketch.fromBytes(behind(address)),
  'what a batch holds': (address) => decodeBatch(asBytes(address), LIMITS),
  'a broken batch': (address) => decodeBatch(broken(batchWith(address)), LIMITS),
  'a long name in a batch': (address) => decodeBatch(batchWith(address), { ...LIMITS, stringBytes: 4 }),
  'the id of a batch': (address) => encodeBatch({ id: address as never, created: 0, series: [] }),
  'a name that is no text': (address) => batchWith(`${address}\ud800`),
  'a series without values': (address) =>
    encodeBatch({ id: ID, created: 0, series: [{ name: address, labels: { [address]: address }, age: 0 }] }),
  'a constant label': (address) => renderPrometheus([], { [address]: address }),
  'the name of a metric': (address) =>
    new MetricRegistry([{ name: address, help: address, type: 'counter', unit: 'calls' }]),
  'a metric of no registry': (address) =>
    new MetricRegistry([]).increase({ name: address, help: '', type: 'counter', unit: 'calls' }, 1),
  'a level of events': (address) => startTelemetry({ events: { sink: () => {}, level: address as never } }),
  'a share of events': (address) => startTelemetry({ events: { sink: () => {}, share: address as never } }),
};

const ID = new Uint8Array(16);
const asBytes = (text: string) => new TextEncoder().encode(text.padEnd(64));

function behind(address: string): Uint8Array {
  const image = new KllSketch({ seed: 1 }).extend([1, 2, 3]).toBytes();
  return Uint8Array.of(...image, ...asBytes(address));
}

const batchWith = (name: string) =>
  encodeBatch({
    id: ID,
    created: 0,
    series: [{ name, labels: { page: name }, age: 0, values: Float64Array.of(1) }],
  });

function broken(bytes: Uint8Array): Uint8Array {
  bytes[bytes.length - 5] ^= 255;
  return bytes;
}

let lines: string[];
let on: Telemetry;
let written: string[];
beforeEach(() => {
  lines = [];
  written = [];
  on = startTelemetry({ events: { sink: (line) => void lines.push(line), level: 'debug' } });
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...args) => void written.push(...args.map(printed)));
  }
});
afterEach(() => {
  on.stop();
  vi.restoreAllMocks();
});

/** All that was given out since the start of a test. */
async function output(): Promise<string> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  bridgeMetrics(on, { meter: provider.getMeter('test') });
  await provider.forceFlush();
  const exported = printed(exporter.getMetrics().map(({ scopeMetrics }) => scopeMetrics));
  await provider.shutdown();
  return [...lines, ...written, renderPrometheus(on.collect()), exported].join('\n');
}

describe('addresses of pages and people', () => {
  it('would be found if they were there', () => {
    for (const address of ADDRESSES) {
      expect(addressesIn(`a line\n{"shard":"${address}"}`), address).toHaveLength(1);
      expect(addressesIn(printed(new Error(address))), address).not.toEqual([]);
      expect(addressesIn(printed({ nested: { found: address } })), address).not.toEqual([]);
    }
  });

  it.each(
    Object.entries(MISUSES),
  )('given as %s stand in no error, event, metric or log', async (_, misuse) => {
    for (const address of ADDRESSES) {
      let thrown: unknown;
      try {
        misuse(address);
      } catch (error) {
        thrown = error;
      }
      expect(thrown, 'an error').toBeInstanceOf(Error);
      expect(addressesIn(printed(thrown)), printed(thrown)).toEqual([]);
    }
    expect(addressesIn(await output())).toEqual([]);
  });

  it('that values are too are at hand for the caller who asks for what was found', () => {
    expect(() => new KllSketch().add(ADDRESSES[2] as never)).toThrow(
      expect.objectContaining({ found: ADDRESSES[2] }),
    );
  });

  it('given as names of shards are withheld from events and metrics, and counted', async () => {
    const source = new KllSketch({ seed: 1 }).extend([1]);
    KllSketch.mergeAll(
      ADDRESSES.map((address, i) => (i % 2 ? asBytes(address) : source)),
      { invalid: 'skip', shards: ADDRESSES },
    );
    KllSketch.mergeAll([source], { shards: ['eu-west.3:9090'] });
    const all = await output();
    expect(addressesIn(all)).toEqual([]);
    const merged = ADDRESSES.filter((_, i) => i % 2 === 0).length;
    expect(all).toContain(`kll_merge_shard_sources_total{shard="${WITHHELD}"} ${merged}\n`);
    expect(all).toContain('kll_merge_shard_sources_total{shard="eu-west.3:9090"} 1\n');
    expect(lines.some((line) => line.includes(`"shard":"${WITHHELD}"`))).toBe(true);
  });

  it('in the environment are not repeated', () => {
    on.stop();
    for (const address of ADDRESSES) {
      startTelemetryFromEnvironment({ KLL_TELEMETRY: '1', KLL_TELEMETRY_EVENTS: address })?.stop();
    }
    expect(written).toHaveLength(ADDRESSES.length);
    expect(addressesIn(written.join('\n'))).toEqual([]);
  });
});
