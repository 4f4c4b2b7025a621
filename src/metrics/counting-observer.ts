/** An observer that counts what sketches do. One may watch any number of sketches. */
import { TAILS } from '../core/image.js';
import type { SketchObserver } from '../core/observer.js';
import { METRICS } from './names.js';
import { type MetricFamily, MetricRegistry } from './registry.js';

export interface CountingObserver extends Required<SketchObserver> {
  /** All counts as they stand now. */
  collect(): MetricFamily[];
}

export interface CountingObserverOptions {
  /** Monotone clock in milliseconds. Default: `performance.now()`. */
  now?: () => number;
}

/**
 * Makes an observer that counts calls, values, bytes, outcomes and seconds.
 * @returns an observer for the `observer` option of sketches; give `collect()` to {@link renderPrometheus}
 * @example
 * const observer = createCountingObserver();
 * const sketch = new KllSketch({ observer });
 * sketch.extend([1, 2, 3]);
 * console.log(renderPrometheus(observer.collect()));
 */
export function createCountingObserver(options: CountingObserverOptions = {}): CountingObserver {
  const registry = new MetricRegistry(Object.values(METRICS));
  const time = (name: TimedOperation, seconds: number, label?: string) => {
    registry.observe(METRICS[`${name}Duration`], seconds, label);
    registry.raise(METRICS[`${name}DurationMax`], seconds, label);
  };
  return {
    now: options.now ?? (() => performance.now()),
    collect: () => registry.collect(),
    onIngest({ values, rejected, seconds }) {
      registry.increase(METRICS.ingestValues, values);
      registry.increase(METRICS.ingestRejected, rejected);
      time('ingest', seconds);
    },
    onCompaction({ level, compactions, population }) {
      registry.increase(METRICS.compactions, compactions, String(level));
      registry.set(METRICS.compactionPopulation, population, String(level));
    },
    onMerge(event) {
      registry.increase(METRICS.mergeSources, event.sources);
      registry.increase(METRICS.mergeSkipped, event.skipped);
      registry.increase(METRICS.mergeValues, event.values);
      for (const shard of event.shards ?? []) registry.increase(METRICS.mergeShardSources, 1, shard);
      if (event.minKAfter < event.minKBefore) registry.increase(METRICS.mergeMinKLowered, 1);
      if (TAILS[event.tailGuaranteeAfter] < TAILS[event.tailGuaranteeBefore]) {
        registry.increase(METRICS.mergeTailGuaranteeLowered, 1);
      }
      time('merge', event.seconds);
    },
    onQuery({ kind, answers, seconds }) {
      registry.increase(METRICS.queryAnswers, answers, kind);
      time('query', seconds, kind);
    },
    onSerialize({ bytes, n, seconds }) {
      registry.increase(METRICS.serializeBytes, bytes);
      registry.increase(METRICS.serializeValues, n);
      time('serialize', seconds);
    },
    onDeserialize({ bytes, outcome, seconds }) {
      registry.increase(METRICS.deserializeOutcomes, 1, outcome);
      registry.increase(METRICS.deserializeBytes, bytes);
      time('deserialize', seconds);
    },
    onCondense({ fromItems, toItems, variance, excessive, seconds }) {
      registry.increase(METRICS.condenseItemsIn, fromItems);
      registry.increase(METRICS.condenseItemsOut, toItems);
      registry.set(METRICS.condenseVariance, variance);
      if (excessive) registry.increase(METRICS.condenseExcessive, 1);
      time('condense', seconds);
    },
  };
}

type TimedOperation = 'ingest' | 'merge' | 'query' | 'serialize' | 'deserialize' | 'condense';
