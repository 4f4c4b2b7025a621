import { afterEach, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { createCountingObserver } from '../../src/metrics/counting-observer.js';
import { joinObservers } from '../../src/metrics/joined-observers.js';
import { renderPrometheus } from '../../src/metrics/prometheus.js';
import {
  startTelemetry,
  startTelemetryFromEnvironment,
  type Telemetry,
  telemetry,
} from '../../src/metrics/telemetry.js';
import { VERSION } from '../../src/metrics/version.js';
import { fromDataSketches, fromKll1, toDataSketches } from '../../src/sketch/foreign.js';
import { KllSketch } from '../../src/sketch/sketch.js';
import { parseExposition } from './exposition-parser.js';

afterEach(() => telemetry()?.stop());

/** The value of a metric, of the series that has a label value where one is given. */
function count({ collect }: Pick<Telemetry, 'collect'>, name: string, label?: string): number {
  const samples = [...parseExposition(renderPrometheus(collect())).values()].flatMap(
    (family) => family.samples,
  );
  const found = samples.find(
    (sample) => sample.name === name && (label === undefined || Object.values(sample.labels).includes(label)),
  );
  return found?.value ?? Number.NaN;
}

const spoiled = () => {
  const bytes = new KllSketch({ seed: 1 }).extend([1, 2, 3]).toBytes();
  bytes[bytes.length - 1] ^= 1;
  return bytes;
};

describe('telemetry', () => {
  it('is off until it is asked for', () => {
    expect(telemetry()).toBeUndefined();
    const observer = createCountingObserver();
    new KllSketch().extend([1, 2]);
    expect(count(observer, 'kll_ingest_values_total')).toBe(0);
  });

  it('watches every sketch that is made, read, merged or cloned while it is on', () => {
    const on = startTelemetry();
    const sketch = new KllSketch().extend([1, 2, 3]);
    expect(count(on, 'kll_ingest_values_total')).toBe(3);
    KllSketch.fromBytes(sketch.toBytes()).extend([4]);
    sketch.clone().extend([5]);
    KllSketch.fromJSON(sketch.toJSON()).extend([6]);
    sketch.condense(50).extend([7]);
    KllSketch.mergeAll([sketch]).extend([8]);
    fromDataSketches(toDataSketches(sketch)).extend([9]);
    expect(count(on, 'kll_ingest_values_total')).toBe(9);
    expect(count(on, 'kll_deserialize_outcomes_total', 'ok')).toBe(3);
    expect(count(on, 'kll_merge_sources_total')).toBe(1);
  });

  it('leaves sketches to the observer they were given', () => {
    const on = startTelemetry();
    const own = createCountingObserver();
    new KllSketch({ observer: own }).extend([1, 2]).clone().extend([3]);
    expect(count(on, 'kll_ingest_values_total')).toBe(0);
    expect(count(own, 'kll_ingest_values_total')).toBe(3);
  });

  it('stopped, does not watch what is made later, and what it watched goes on', () => {
    const on = startTelemetry();
    const before = new KllSketch().extend([1]);
    on.stop();
    expect(telemetry()).toBeUndefined();
    new KllSketch().extend([1, 2, 3]);
    before.extend([2]);
    expect(count(on, 'kll_ingest_values_total')).toBe(2);
  });

  it('begins again where it was on, and the stop of the former does not end it', () => {
    const first = startTelemetry();
    const second = startTelemetry();
    first.stop();
    expect(telemetry()).toBe(second);
    new KllSketch().extend([1]);
    expect(count(first, 'kll_ingest_values_total')).toBe(0);
    expect(count(second, 'kll_ingest_values_total')).toBe(1);
  });

  it('counts by code what is refused, wherever it is read', () => {
    const on = startTelemetry();
    // They stand at zero from the start: the first refusal is a rise.
    for (const name of ['kll_deserialize_outcomes_total', 'kll_merge_failures_total'])
      expect(count(on, name, 'ERR_CHECKSUM')).toBe(0);
    expect(() => KllSketch.fromBytes(spoiled())).toThrow();
    expect(() => new KllSketch().merge(spoiled())).toThrow();
    expect(() => KllSketch.mergeAll([spoiled()])).toThrow();
    KllSketch.mergeAll([spoiled(), spoiled()], { invalid: 'skip' });
    expect(() => fromKll1(spoiled())).toThrow();
    expect(() => fromDataSketches(spoiled())).toThrow();
    expect(count(on, 'kll_deserialize_outcomes_total', 'ERR_CHECKSUM')).toBe(5);
    expect(count(on, 'kll_deserialize_outcomes_total', 'ERR_FOREIGN_FORMAT')).toBe(2);
    expect(count(on, 'kll_merge_failures_total', 'ERR_CHECKSUM')).toBe(2);
    expect(count(on, 'kll_merge_skipped_total')).toBe(2);
  });

  it('does not count a merge of too much as bytes refused', () => {
    const on = startTelemetry();
    expect(count(on, 'kll_merge_failures_total', 'ERR_COUNT_OVERFLOW')).toBe(0);
    const full = new KllSketch().extendWeighted([1], [2 ** 53 - 1]);
    expect(() => new KllSketch().extend([1, 2]).merge(full)).toThrow();
    expect(count(on, 'kll_merge_failures_total', 'ERR_COUNT_OVERFLOW')).toBe(1);
    expect(count(on, 'kll_deserialize_outcomes_total', 'ERR_COUNT_OVERFLOW')).toBeNaN();
  });

  it('keeps durations of questions by kind in sketches of its own, which nobody watches', () => {
    let now = 0;
    // The n-th question takes n milliseconds.
    let step = 0;
    let isStart = true;
    const clock = () => {
      if (isStart) step++;
      else now += step;
      isStart = !isStart;
      return now;
    };
    const on = startTelemetry({ now: clock });
    const sketch = new KllSketch();
    sketch.add(1);
    for (let i = 0; i < 2000; i++) sketch.rank(1);
    const quantiles = parseExposition(renderPrometheus(on.collect()))
      .get('kll_query_duration_seconds')!
      .samples.filter(({ labels }) => labels.kind === 'rank' && 'quantile' in labels);
    expect(quantiles.map(({ labels }) => labels.quantile)).toEqual(['0.5', '0.95', '0.99']);
    for (const { labels, value } of quantiles) {
      // 1 to 2000 ms; k = 200 keeps ranks within 1 % (docs/accuracy.md), seeds are random: three times that.
      expect(Math.abs(value - Number(labels.quantile) * 2)).toBeLessThan(0.06);
    }
    expect(count(on, 'kll_ingest_values_total')).toBe(0);
  });

  it('changes nothing about the bytes', () => {
    const go = () => {
      const sketch = new KllSketch({ k: 50, seed: 1 }).extend(
        Float64Array.from({ length: 9000 }, (_, i) => i),
      );
      sketch.merge(new KllSketch({ seed: 2 }).extend([1, 2, 3]).toBytes());
      return sketch.toBytes();
    };
    const unwatched = go();
    startTelemetry({ events: { sink: () => {}, level: 'debug' } });
    expect(go()).toEqual(unwatched);
  });

  it('says how many lines of events were refused', () => {
    const sink = () => {
      throw new Error('the disk is full');
    };
    const on = startTelemetry({ events: { sink, level: 'info' } });
    expect(on.droppedEvents).toBe(0);
    new KllSketch().merge(new KllSketch()).merge(new KllSketch());
    expect(on.droppedEvents).toBe(2);
    expect(startTelemetry().droppedEvents).toBe(0);
  });

  it('says which version it is of', () => {
    expect(VERSION).toBe(manifest.version);
    expect(count(startTelemetry(), 'kll_build_info', manifest.version)).toBe(1);
  });
});

describe('telemetry from the environment', () => {
  it.each([
    {},
    { KLL_TELEMETRY: '0' },
    { KLL_TELEMETRY: '' },
    { KLL_TELEMETRY_EVENTS: 'info' },
  ])('stays off with %j', (environment) => {
    expect(startTelemetryFromEnvironment(environment)).toBeUndefined();
    expect(telemetry()).toBeUndefined();
  });

  it('counts with KLL_TELEMETRY=1, and writes no events', () => {
    const lines: string[] = [];
    const on = startTelemetryFromEnvironment({ KLL_TELEMETRY: '1' }, (line) => void lines.push(line))!;
    new KllSketch().extend([1]).merge(new KllSketch().extend([2]));
    expect(count(on, 'kll_ingest_values_total')).toBe(2);
    expect(lines).toEqual([]);
  });

  it('writes events of a level, and a share of them, where these are set', () => {
    const lines: string[] = [];
    const sink = (line: string) => void lines.push(line);
    const on = { KLL_TELEMETRY: '1', KLL_TELEMETRY_EVENTS: 'info' };
    startTelemetryFromEnvironment(on, sink);
    new KllSketch().merge(new KllSketch());
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['merge']);
    telemetry()?.stop();
    startTelemetryFromEnvironment({ ...on, KLL_TELEMETRY_SHARE: '0' }, sink);
    new KllSketch().merge(new KllSketch());
    expect(lines).toHaveLength(1);
  });

  it('counts, and says what it takes, where a setting is none', () => {
    const lines: string[] = [];
    const settings = { KLL_TELEMETRY: '1', KLL_TELEMETRY_EVENTS: 'https://user@example.com/' };
    const on = startTelemetryFromEnvironment(settings, (line) => void lines.push(line));
    expect(on).toBe(telemetry());
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0])).toMatchObject({ event: 'settings_ignored' });
    expect(lines[0]).not.toContain('example.com');
  });

  it('leaves alone what is on already', () => {
    const on = startTelemetry();
    expect(startTelemetryFromEnvironment({ KLL_TELEMETRY: '1' })).toBe(on);
  });
});

describe('joined observers', () => {
  it('are all told, in their order, by the first clock there is', () => {
    const told: string[] = [];
    const joined = joinObservers(
      { onMerge: () => void told.push('first') },
      {
        now: () => 7,
        onMerge: (_, { k }) => void told.push(`second, k = ${k}`),
        onQuery: () => void told.push('?'),
      },
    );
    expect(joined.now?.()).toBe(7);
    expect(Object.keys(joined).sort()).toEqual(['now', 'onMerge', 'onQuery']);
    new KllSketch({ k: 77, observer: joined }).merge(new KllSketch()).quantile(0.5);
    expect(told).toEqual(['first', 'second, k = 77', '?']);
  });

  it('keep the `this` of an observer that is a class', () => {
    class Counter {
      merges = 0;
      onMerge() {
        this.merges++;
      }
    }
    const counter = new Counter();
    new KllSketch({ observer: joinObservers(counter) }).merge(new KllSketch());
    expect(counter.merges).toBe(1);
  });
});
