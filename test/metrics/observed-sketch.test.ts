import { describe, expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { createCountingObserver } from '../../src/metrics/counting-observer.js';
import { renderPrometheus } from '../../src/metrics/prometheus.js';
import { type ParsedFamily, parseExposition } from './exposition-parser.js';

/** A clock that moves by one millisecond whenever it is read. */
function steppingClock(): () => number {
  let now = 0;
  return () => ++now;
}

function value(families: Map<string, ParsedFamily>, name: string, label?: string): number {
  const sample = [...families.values()]
    .flatMap(({ samples }) => samples)
    .find((one) => one.name === name && (label === undefined || Object.values(one.labels).includes(label)));
  return sample?.value ?? Number.NaN;
}

describe('an observed sketch', () => {
  it('tells of everything that happens to it', () => {
    const observer = createCountingObserver({ now: steppingClock() });
    const sketch = new KllSketch({ k: 200, seed: 1, observer });
    sketch.extend(Float64Array.from({ length: 20_000 }, (_, i) => i));
    sketch.extend([1, Number.NaN, 2], { invalid: 'skip' });
    sketch.merge(new KllSketch({ k: 100, seed: 2 }).extend(Array.from({ length: 5000 }, (_, i) => -i)));
    sketch.quantilesAt([0.5, 0.9, 0.99]);
    sketch.rank(7);
    const bytes = sketch.toBytes();
    KllSketch.fromBytes(bytes, { observer });
    bytes[bytes.length >> 1] ^= 1;
    expect(() => KllSketch.fromBytes(bytes, { observer })).toThrow();
    sketch.condense(50);

    const seen = parseExposition(renderPrometheus(observer.collect()));
    expect(value(seen, 'kll_ingest_values_total')).toBe(20_002);
    expect(value(seen, 'kll_ingest_rejected_total')).toBe(1);
    expect(value(seen, 'kll_ingest_duration_seconds_sum')).toBeGreaterThan(0);
    expect(value(seen, 'kll_compactions_total')).toBeGreaterThan(0);
    expect(value(seen, 'kll_merge_sources_total')).toBe(1);
    expect(value(seen, 'kll_merge_values_total')).toBe(5000);
    expect(value(seen, 'kll_merge_min_k_lowered_total')).toBe(1);
    expect(value(seen, 'kll_query_answers_total', 'quantile')).toBe(3);
    expect(value(seen, 'kll_query_answers_total', 'rank')).toBe(1);
    expect(value(seen, 'kll_serialize_bytes_total')).toBe(bytes.length);
    expect(value(seen, 'kll_deserialize_outcomes_total', 'ok')).toBe(1);
    expect(value(seen, 'kll_deserialize_outcomes_total', 'ERR_CHECKSUM')).toBe(1);
    expect(value(seen, 'kll_deserialize_bytes_total')).toBe(2 * bytes.length);
    expect(value(seen, 'kll_condense_duration_seconds_count')).toBe(1);
    expect(value(seen, 'kll_condense_items_out_total')).toBeLessThan(
      value(seen, 'kll_condense_items_in_total'),
    );
  });

  it('has the bytes of one that nobody observes', () => {
    const values = Float64Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 10_007);
    const observed = new KllSketch({ seed: 3, observer: createCountingObserver() }).extend(values);
    observed.quantile(0.5);
    expect(observed.toBytes()).toEqual(new KllSketch({ seed: 3 }).extend(values).toBytes());
  });
});
