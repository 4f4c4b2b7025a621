import { describe, expect, it } from 'vitest';
import { SketchDataError } from '../../src/core/errors.js';
import { KllSketch } from '../../src/index.js';
import { createCountingObserver } from '../../src/metrics/counting-observer.js';
import { METRICS, type MetricDescriptor, OTHER_LABEL_VALUE } from '../../src/metrics/names.js';
import { renderPrometheus } from '../../src/metrics/prometheus.js';
import type { MetricFamily } from '../../src/metrics/registry.js';

/** Values of a metric by suffix and label value. */
function samples(families: MetricFamily[], wanted: MetricDescriptor): Record<string, number> {
  const family = families.find(({ metric }) => metric === wanted);
  return Object.fromEntries(
    (family?.samples ?? []).map(({ suffix, labels, value }) => [
      suffix + Object.values(labels).join(),
      value,
    ]),
  );
}

const merge = {
  sources: 2,
  refused: [],
  outcome: 'ok',
  values: 10,
  seconds: 0,
  minKBefore: 200,
  minKAfter: 200,
  tailGuaranteeBefore: 'high',
  tailGuaranteeAfter: 'high',
} as const;

describe('the counting observer', () => {
  it('carries the clock it is given, and a monotone one by default', () => {
    expect(createCountingObserver({ now: () => 17 }).now()).toBe(17);
    const { now } = createCountingObserver();
    const before = now();
    expect(now()).toBeGreaterThanOrEqual(before);
  });

  it('sums values and rejected values, and keeps sum, count and maximum of the seconds', () => {
    const observer = createCountingObserver();
    observer.onIngest({ values: 100, rejected: 1, seconds: 0.25 });
    observer.onIngest({ values: 50, rejected: 0, seconds: 0.75 });
    observer.onIngest({ values: 1, rejected: 2, seconds: 0.5 });
    const families = observer.collect();
    expect(samples(families, METRICS.ingestValues)).toEqual({ '': 151 });
    expect(samples(families, METRICS.ingestRejected)).toEqual({ '': 3 });
    expect(samples(families, METRICS.ingestDuration)).toEqual({ _sum: 1.5, _count: 3 });
    expect(samples(families, METRICS.ingestDurationMax)).toEqual({ '': 0.75 });
  });

  it('counts compactions by level and shows the last population', () => {
    const observer = createCountingObserver();
    observer.onCompaction({ level: 0, compactions: 2, population: 60 });
    observer.onCompaction({ level: 0, compactions: 3, population: 44 });
    observer.onCompaction({ level: 7, compactions: 1, population: 9 });
    expect(samples(observer.collect(), METRICS.compactions)).toEqual({ 0: 5, 7: 1 });
    expect(samples(observer.collect(), METRICS.compactionPopulation)).toEqual({ 0: 44, 7: 9 });
  });

  it.each([
    [[1, 2], { 1: 1, 2: 1 }],
    [[undefined, null], { undefined: 1, null: 1 }],
    [{}, {}],
    ['ab', {}],
  ])('takes shards as they are given, %j, for nobody checks them where nobody watches', (shards, counted) => {
    const observer = createCountingObserver();
    const sources = [new KllSketch().add(1), new KllSketch().add(2)];
    KllSketch.mergeAll(sources, { observer, shards: shards as string[] });
    expect(samples(observer.collect(), METRICS.mergeShardSources)).toEqual(counted);
    expect(renderPrometheus(observer.collect())).toContain('kll_merge_sources_total 2');
  });

  it('counts sources of merges by shard, and merges that lowered a promise', () => {
    const observer = createCountingObserver();
    observer.onMerge({
      ...merge,
      shards: ['eu', 'us'],
      refused: [[1, new SketchDataError('ERR_ITEMS', 'x')]],
    });
    observer.onMerge({ ...merge, shards: ['eu'], sources: 1, minKAfter: 100 });
    observer.onMerge({ ...merge, tailGuaranteeBefore: 'both', tailGuaranteeAfter: 'none', seconds: 2 });
    const families = observer.collect();
    expect(samples(families, METRICS.mergeSources)).toEqual({ '': 5 });
    expect(samples(families, METRICS.mergeSkipped)).toEqual({ '': 1 });
    expect(samples(families, METRICS.mergeValues)).toEqual({ '': 30 });
    // The one of us was refused.
    expect(samples(families, METRICS.mergeShardSources)).toEqual({ eu: 2 });
    expect(samples(families, METRICS.mergeMinKLowered)).toEqual({ '': 1 });
    expect(samples(families, METRICS.mergeTailGuaranteeLowered)).toEqual({ '': 1 });
    expect(samples(families, METRICS.mergeDuration)).toEqual({ _sum: 2, _count: 3 });
  });

  it('counts queries by kind', () => {
    const observer = createCountingObserver();
    observer.onQuery({ kind: 'quantile', answers: 5, seconds: 0.5 });
    observer.onQuery({ kind: 'rank', answers: 1, seconds: 0.125 });
    const families = observer.collect();
    expect(samples(families, METRICS.queryAnswers)).toEqual({
      quantile: 5,
      rank: 1,
      cdf: 0,
      pmf: 0,
      bounds: 0,
    });
    expect(samples(families, METRICS.queryDuration)).toMatchObject({ _sumquantile: 0.5, _countrank: 1 });
    expect(samples(families, METRICS.queryDurationMax)).toMatchObject({ quantile: 0.5, rank: 0.125, cdf: 0 });
  });

  it('counts images written, and images read by outcome', () => {
    const observer = createCountingObserver();
    observer.onSerialize({ bytes: 300, n: 1000, seconds: 0.5 });
    observer.onDeserialize({ bytes: 300, outcome: 'ok', seconds: 0.25 });
    observer.onDeserialize({ bytes: 7, outcome: 'ERR_CHECKSUM', seconds: 0.25 });
    const families = observer.collect();
    expect(samples(families, METRICS.serializeBytes)).toEqual({ '': 300 });
    expect(samples(families, METRICS.serializeValues)).toEqual({ '': 1000 });
    expect(samples(families, METRICS.deserializeOutcomes)).toMatchObject({
      ok: 1,
      ERR_CHECKSUM: 1,
      ERR_ITEMS: 0,
    });
    expect(samples(families, METRICS.deserializeBytes)).toEqual({ '': 307 });
    expect(samples(families, METRICS.deserializeDuration)).toEqual({ _sum: 0.5, _count: 2 });
  });

  it('counts condensing and what came of it', () => {
    const observer = createCountingObserver();
    observer.onCondense({ fromItems: 2800, toItems: 500, variance: 1e-6, excessive: false, seconds: 0.5 });
    observer.onCondense({ fromItems: 2800, toItems: 500, variance: 3e-6, excessive: true, seconds: 0.5 });
    const families = observer.collect();
    expect(samples(families, METRICS.condenseItemsIn)).toEqual({ '': 5600 });
    expect(samples(families, METRICS.condenseItemsOut)).toEqual({ '': 1000 });
    expect(samples(families, METRICS.condenseVariance)).toEqual({ '': 3e-6 });
    expect(samples(families, METRICS.condenseExcessive)).toEqual({ '': 1 });
  });

  it('collects a copy that later events do not change', () => {
    const observer = createCountingObserver();
    const before = observer.collect();
    observer.onIngest({ values: 5, rejected: 0, seconds: 0 });
    expect(samples(before, METRICS.ingestValues)).toEqual({ '': 0 });
    expect(samples(observer.collect(), METRICS.ingestValues)).toEqual({ '': 5 });
  });

  it('gathers label values beyond a hundred under one', () => {
    const observer = createCountingObserver();
    for (let i = 0; i < 250; i++) observer.onMerge({ ...merge, shards: [`shard-${i}`] });
    observer.onMerge({ ...merge, shards: ['shard-0'] });
    const counts = samples(observer.collect(), METRICS.mergeShardSources);
    expect(Object.keys(counts)).toHaveLength(101);
    expect(counts[OTHER_LABEL_VALUE]).toBe(150);
    expect(counts['shard-0']).toBe(2);
  });
});
