/**
 * Every metric the library gives out: its name, help, type, unit and labels. Whatever shows, watches or explains
 * a metric takes its name from here.
 */

import { DATA_ERROR_CODES } from './data-error-codes.js';
import { MERGE_ERROR_CODES } from './merge-error-codes.js';
import { VERSION } from './version.js';

/** A `summary` has a sum and a count; quantiles where its descriptor names them. */
export type MetricType = 'counter' | 'gauge' | 'summary';
export type MetricUnit =
  | 'values'
  | 'items'
  | 'bytes'
  | 'seconds'
  | 'calls'
  | 'sources'
  | 'ratio'
  | 'requests'
  | 'batches'
  | 'rows'
  | 'series'
  | 'buckets'
  | 'objects'
  | 'info';

export interface MetricDescriptor {
  readonly name: string;
  /** One sentence, without a line break. */
  readonly help: string;
  readonly type: MetricType;
  readonly unit: MetricUnit;
  /** Label names; absent where there is one series. */
  readonly labels?: readonly string[];
  /** Label values known beforehand: their series stand at zero from the start, so that rates see the first event. */
  readonly known?: readonly string[];
  /** Quantiles of a summary, 0..1, each with the label `quantile`; kept by a sketch for each series. */
  readonly quantiles?: readonly number[];
}

const QUERY_KINDS = ['quantile', 'rank', 'cdf', 'pmf', 'bounds'] as const;

export const METRICS = {
  ingestValues: {
    name: 'kll_ingest_values_total',
    help: 'Values that entered sketches, weights counted.',
    type: 'counter',
    unit: 'values',
  },
  ingestRejected: {
    name: 'kll_ingest_rejected_total',
    help: 'Values that were not finite numbers and were left out on request.',
    type: 'counter',
    unit: 'values',
  },
  ingestDuration: {
    name: 'kll_ingest_duration_seconds',
    help: 'Time spent taking blocks of values into sketches.',
    type: 'summary',
    unit: 'seconds',
  },
  ingestDurationMax: {
    name: 'kll_ingest_duration_max_seconds',
    help: 'Longest time one block of values took since the start.',
    type: 'gauge',
    unit: 'seconds',
  },
  compactions: {
    name: 'kll_compactions_total',
    help: 'Compactions by level; an item of level L stands for 2^L values.',
    type: 'counter',
    unit: 'calls',
    labels: ['level'],
  },
  compactionPopulation: {
    name: 'kll_compaction_population_items',
    help: 'Items on the level after its most recent compaction in any sketch.',
    type: 'gauge',
    unit: 'items',
    labels: ['level'],
  },
  mergeSources: {
    name: 'kll_merge_sources_total',
    help: 'Sketches and images merged into others.',
    type: 'counter',
    unit: 'sources',
  },
  mergeSkipped: {
    name: 'kll_merge_skipped_total',
    help: 'Images that were refused and left out of a merge on request.',
    type: 'counter',
    unit: 'sources',
  },
  mergeShardSources: {
    name: 'kll_merge_shard_sources_total',
    help: 'Sources merged by the shard they came from, where the caller named it.',
    type: 'counter',
    unit: 'sources',
    labels: ['shard'],
  },
  mergeValues: {
    name: 'kll_merge_values_total',
    help: 'Values that entered sketches by merging.',
    type: 'counter',
    unit: 'values',
  },
  mergeMinKLowered: {
    name: 'kll_merge_min_k_lowered_total',
    help: 'Merges after which a larger error holds because a source had a smaller k.',
    type: 'counter',
    unit: 'calls',
  },
  mergeTailGuaranteeLowered: {
    name: 'kll_merge_tail_guarantee_lowered_total',
    help: 'Merges after which the tails are less protected because a source protected them less.',
    type: 'counter',
    unit: 'calls',
  },
  mergeDuration: {
    name: 'kll_merge_duration_seconds',
    help: 'Time spent merging.',
    type: 'summary',
    unit: 'seconds',
  },
  mergeDurationMax: {
    name: 'kll_merge_duration_max_seconds',
    help: 'Longest time one merge took since the start.',
    type: 'gauge',
    unit: 'seconds',
  },
  mergeFailures: {
    name: 'kll_merge_failures_total',
    help: 'Merges that were refused as a whole, by the code of the error.',
    type: 'counter',
    unit: 'calls',
    labels: ['code'],
    known: MERGE_ERROR_CODES,
  },
  queryAnswers: {
    name: 'kll_query_answers_total',
    help: 'Answers given, by kind of question; one call may ask for many.',
    type: 'counter',
    unit: 'values',
    labels: ['kind'],
    known: QUERY_KINDS,
  },
  queryDuration: {
    name: 'kll_query_duration_seconds',
    help: 'Time spent answering, by kind of question.',
    type: 'summary',
    unit: 'seconds',
    labels: ['kind'],
    known: QUERY_KINDS,
    quantiles: [0.5, 0.95, 0.99],
  },
  queryDurationMax: {
    name: 'kll_query_duration_max_seconds',
    help: 'Longest time one question took since the start, by kind.',
    type: 'gauge',
    unit: 'seconds',
    labels: ['kind'],
    known: QUERY_KINDS,
  },
  serializeBytes: {
    name: 'kll_serialize_bytes_total',
    help: 'Bytes of the images written.',
    type: 'counter',
    unit: 'bytes',
  },
  serializeValues: {
    name: 'kll_serialize_values_total',
    help: 'Values the images written stand for.',
    type: 'counter',
    unit: 'values',
  },
  serializeMax: {
    name: 'kll_serialize_max_bytes',
    help: 'Largest image written since the start.',
    type: 'gauge',
    unit: 'bytes',
  },
  serializeDuration: {
    name: 'kll_serialize_duration_seconds',
    help: 'Time spent writing images.',
    type: 'summary',
    unit: 'seconds',
  },
  serializeDurationMax: {
    name: 'kll_serialize_duration_max_seconds',
    help: 'Longest time one image took to write since the start.',
    type: 'gauge',
    unit: 'seconds',
  },
  deserializeOutcomes: {
    name: 'kll_deserialize_outcomes_total',
    help: 'Images read, by outcome: ok, or the code of the error; of those that merges take, the refused alone.',
    type: 'counter',
    unit: 'calls',
    labels: ['outcome'],
    known: ['ok', ...DATA_ERROR_CODES],
  },
  deserializeBytes: {
    name: 'kll_deserialize_bytes_total',
    help: 'Bytes of the images read or refused, those of merges apart.',
    type: 'counter',
    unit: 'bytes',
  },
  deserializeDuration: {
    name: 'kll_deserialize_duration_seconds',
    help: 'Time spent reading images, refused ones included.',
    type: 'summary',
    unit: 'seconds',
  },
  deserializeDurationMax: {
    name: 'kll_deserialize_duration_max_seconds',
    help: 'Longest time one image took to read since the start.',
    type: 'gauge',
    unit: 'seconds',
  },
  condenseItemsIn: {
    name: 'kll_condense_items_in_total',
    help: 'Items of the sketches that were condensed.',
    type: 'counter',
    unit: 'items',
  },
  condenseItemsOut: {
    name: 'kll_condense_items_out_total',
    help: 'Items of the condensed copies.',
    type: 'counter',
    unit: 'items',
  },
  condenseExcessive: {
    name: 'kll_condense_excessive_total',
    help: 'Condensed copies with more than twice the variance of one condensing: something condenses to keep.',
    type: 'counter',
    unit: 'calls',
  },
  condenseVariance: {
    name: 'kll_condense_variance_ratio',
    help: 'Condensing variance of the most recent condensed copy, in units of n squared.',
    type: 'gauge',
    unit: 'ratio',
  },
  condenseDuration: {
    name: 'kll_condense_duration_seconds',
    help: 'Time spent condensing.',
    type: 'summary',
    unit: 'seconds',
  },
  condenseDurationMax: {
    name: 'kll_condense_duration_max_seconds',
    help: 'Longest time one condensing took since the start.',
    type: 'gauge',
    unit: 'seconds',
  },
  buildInfo: {
    name: 'kll_build_info',
    help: 'Always 1: the version of the library.',
    type: 'gauge',
    unit: 'info',
    labels: ['version'],
    known: [VERSION],
  },
} as const satisfies Record<string, MetricDescriptor>;

/** What stands for every label value beyond the limit of a label. */
export const OTHER_LABEL_VALUE = '__other__';
