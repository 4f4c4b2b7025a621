/** What the server takes; `GET /v1/limits` publishes it. */
import type { BatchLimits } from '../../wire/batch.js';
import type { IngestKey } from './contract.js';
import type { EdgeEnv } from './env.js';
import { numberOf } from './variables.js';

export interface EdgeLimits {
  /** Body as sent, bytes. */
  maxBodyBytes: number;
  /** Body after inflating, bytes. */
  maxInflatedBytes: number;
  /** Series of a batch. */
  maxSeries: number;
  /** Labels of a series. */
  maxLabels: number;
  /** Different strings of a batch. */
  maxStrings: number;
  /** UTF-8 bytes of a name, label key or label value. */
  maxStringBytes: number;
  /** Characters of a series' name and labels, written as JSON. */
  maxKeyLength: number;
  /** The same of all series of a batch together. */
  maxTotalKeyLength: number;
  /** Items and values of a batch, decoded. */
  maxItems: number;
  /** Values behind one series. */
  maxN: number;
  /** Values behind a batch, weights counted. */
  maxTotalN: number;
  maxK: number;
  /** A creation time further in the future is refused, milliseconds. */
  maxFutureMs: number;
}

export interface QueryLimits {
  maxQuantiles: number;
  maxMatchers: number;
  maxAlternatives: number;
  maxBy: number;
  maxBuckets: number;
  maxSeries: number;
  /** Groups of an answer. */
  maxGroups: number;
  /** Quantiles and shares of all groups of an answer together. */
  maxPoints: number;
  maxPage: number;
}

/** Nesting of JSON that is read: what the schemas need, and some room. */
export const MAX_JSON_DEPTH = 8;
/** Lists and objects of JSON that is read: what 10,000 series need, three each, and some room. */
export const MAX_JSON_NODES = 50_000;
/** How far a sender's clock may be ahead of ours. */
export const MAX_FUTURE_MS = 48 * 3_600_000;

/** @param key the ingest key that was used, when there is one: its own limits are the smaller ones */
export function limitsOf(env: EdgeEnv, key?: IngestKey): EdgeLimits {
  const ownN = numberOf(env, 'KLL_MAX_N');
  const ownSeries = 10_000;
  return {
    maxBodyBytes: numberOf(env, 'KLL_MAX_BODY_BYTES'),
    maxInflatedBytes: numberOf(env, 'KLL_MAX_INFLATED_BYTES'),
    maxSeries: key ? Math.min(ownSeries, key.maxSeries) : ownSeries,
    maxLabels: 32,
    maxStrings: 20_000,
    maxStringBytes: 512,
    maxKeyLength: 4096,
    maxTotalKeyLength: 8 * 2 ** 20,
    maxItems: 1_000_000,
    maxN: key ? Math.min(ownN, key.maxN) : ownN,
    maxTotalN: 2 ** 52 - 1,
    maxK: 4096,
    maxFutureMs: MAX_FUTURE_MS,
  };
}

export function queryLimitsOf(env: EdgeEnv): QueryLimits {
  return {
    maxQuantiles: 200,
    maxMatchers: 16,
    maxAlternatives: 64,
    maxBy: 8,
    maxBuckets: numberOf(env, 'KLL_MAX_BUCKETS'),
    maxSeries: numberOf(env, 'KLL_MAX_QUERY_SERIES'),
    maxGroups: numberOf(env, 'KLL_MAX_QUERY_GROUPS'),
    maxPoints: 20_000,
    maxPage: 1000,
  };
}

/** Groups that an answer may have. @param points quantiles and shares of each */
export function mostGroups({ maxGroups, maxPoints }: QueryLimits, points: number): number {
  return Math.min(maxGroups, Math.floor(maxPoints / Math.max(1, points)));
}

/**
 * The decoder's bounds: those that keep it from allocating more than it should. What can be told of every series
 * (k, n, labels) is checked behind it, so that a refusal names all of them.
 */
export function decoderLimits(limits: EdgeLimits): BatchLimits {
  return {
    bytes: limits.maxInflatedBytes,
    strings: limits.maxStrings,
    stringBytes: limits.maxStringBytes,
    series: limits.maxSeries,
    labels: limits.maxLabels,
    items: limits.maxItems,
    n: 2 ** 53,
    k: 65535,
  };
}
