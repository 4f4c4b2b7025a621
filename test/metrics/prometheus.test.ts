import { describe, expect, it } from 'vitest';
import { createCountingObserver } from '../../src/metrics/counting-observer.js';
import { METRICS, type MetricDescriptor } from '../../src/metrics/names.js';
import { renderPrometheus } from '../../src/metrics/prometheus.js';
import { MetricRegistry } from '../../src/metrics/registry.js';
import { parseExposition } from './exposition-parser.js';

const all: MetricDescriptor[] = Object.values(METRICS);

describe('metric names', () => {
  it('begin with kll_, are unique, and counters alone end in _total', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { name, type } of all) {
      expect(name).toMatch(/^kll_[a-z][a-z_]*[a-z]$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
    }
  });

  it('say their unit: values that are measured end in it, help is one sentence', () => {
    for (const { name, type, unit, help } of all) {
      if (type !== 'counter') expect(name).toMatch(new RegExp(`_${unit}$`));
      expect(help, name).toMatch(/^[A-Z][^\n]*\.$/);
    }
  });
});

describe('Prometheus text', () => {
  it('of a fresh observer shows every metric that has no open label, at zero', () => {
    const families = parseExposition(renderPrometheus(createCountingObserver().collect()));
    for (const { name, labels, known } of all) expect(families.has(name), name).toBe(!labels || !!known);
    for (const { samples } of families.values()) {
      for (const { name, labels, value } of samples) {
        expect(value, name).toBe(name === 'kll_build_info' ? 1 : 'quantile' in labels ? Number.NaN : 0);
      }
    }
  });

  it('gives name, type, help, labels and values back through a strict reader', () => {
    const observer = createCountingObserver();
    observer.onIngest({ values: 1000, rejected: 3, seconds: 0.5 });
    observer.onIngest({ values: 24, rejected: 0, seconds: 1e-9 });
    observer.onCompaction({ level: 2, compactions: 4, population: 88 });
    const families = parseExposition(renderPrometheus(observer.collect()));
    expect(families.get('kll_ingest_values_total')).toEqual({
      name: 'kll_ingest_values_total',
      help: METRICS.ingestValues.help,
      type: 'counter',
      samples: [{ name: 'kll_ingest_values_total', labels: {}, value: 1024 }],
    });
    expect(families.get('kll_ingest_duration_seconds')?.samples).toEqual([
      { name: 'kll_ingest_duration_seconds_sum', labels: {}, value: 0.5 + 1e-9 },
      { name: 'kll_ingest_duration_seconds_count', labels: {}, value: 2 },
    ]);
    expect(families.get('kll_compactions_total')?.samples).toEqual([
      { name: 'kll_compactions_total', labels: { level: '2' }, value: 4 },
    ]);
  });

  it.each([
    'plain',
    'a"b',
    'a\\b',
    'a\nb',
    '\\n',
    '"\\"\n\\\\',
    '',
    '{x="y"}, #',
    'ünï €',
  ])('escapes the label value %j so that it comes back unchanged', (shard) => {
    const observer = createCountingObserver();
    const shards = [shard];
    observer.onMerge({
      sources: 1,
      refused: [],
      outcome: 'ok',
      shards,
      values: 1,
      seconds: 0,
      minKBefore: 200,
      minKAfter: 200,
      tailGuaranteeBefore: 'high',
      tailGuaranteeAfter: 'high',
    });
    const families = parseExposition(renderPrometheus(observer.collect()));
    expect(families.get('kll_merge_shard_sources_total')?.samples[0].labels).toEqual({ shard });
  });

  it('escapes backslashes and line feeds in help', () => {
    const metric: MetricDescriptor = {
      name: 'kll_x_total',
      help: 'A \\n is\na line.',
      type: 'counter',
      unit: 'calls',
    };
    const text = renderPrometheus(new MetricRegistry([metric]).collect());
    expect(text).toBe('# HELP kll_x_total A \\\\n is\\na line.\n# TYPE kll_x_total counter\nkll_x_total 0\n');
    expect(parseExposition(text).get('kll_x_total')?.help).toBe(metric.help);
  });

  it.each([
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [1e21, '1e+21'],
    [5e-324, '5e-324'],
    [2 ** 53, '9007199254740992'],
  ])('writes %d as %s', (value, written) => {
    const metric: MetricDescriptor = { name: 'kll_x', help: 'X.', type: 'gauge', unit: 'ratio' };
    const registry = new MetricRegistry([metric]);
    registry.set(metric, value);
    const text = renderPrometheus(registry.collect());
    expect(text.split('\n')[2]).toBe(`kll_x ${written}`);
    expect(parseExposition(text).get('kll_x')?.samples[0].value).toBe(value);
  });

  it('puts constant labels before the labels of each sample', () => {
    const observer = createCountingObserver();
    const text = renderPrometheus(observer.collect(), { service: 'checkout', zone: 'a"b' });
    expect(text).toContain('kll_ingest_values_total{service="checkout",zone="a\\"b"} 0\n');
    expect(text).toContain('kll_query_answers_total{service="checkout",zone="a\\"b",kind="rank"} 0\n');
    parseExposition(text);
  });

  it.each([
    'level',
    'shard',
    'quantile',
  ])('refuses the constant label %j of a fresh observer as of one that has counted', (label) => {
    const observer = createCountingObserver();
    const render = () => renderPrometheus(observer.collect(), { [label]: 'x' });
    expect(render).toThrow(/^constantLabels: kll_\w+ has a label \w+ of its own$/);
    observer.onCompaction({ level: 2, compactions: 4, population: 88 });
    expect(render).toThrow(RangeError);
  });

  it('lets quantile be a constant label where no metric keeps quantiles', () => {
    const metric: MetricDescriptor = { name: 'kll_x_seconds', help: 'X.', type: 'summary', unit: 'seconds' };
    const text = renderPrometheus(new MetricRegistry([metric]).collect(), { quantile: 'q' });
    expect(text).toContain('kll_x_seconds_sum{quantile="q"} 0\n');
  });

  it.each(['9lives', 'a-b', '', '__name__', 'kind'])('refuses the constant label %j', (label) => {
    expect(() => renderPrometheus(createCountingObserver().collect(), { [label]: 'x' })).toThrow(RangeError);
  });
});
