/** An observer that counts what sketches do. One may watch any number of sketches. */
import type { MergeEvent, SerializeEvent, SketchObserver } from '../core/observer.js';
import { isDataErrorCode, toCode } from './data-error-codes.js';
import { shardNames } from './label-values.js';
import { METRICS } from './names.js';
import { type MetricFamily, MetricRegistry } from './registry.js';
import { VERSION } from './version.js';
import { isMinKLowered, isTailGuaranteeLowered } from './weakened.js';

export interface CountingObserver
  extends Required<Omit<SketchObserver, 'onCreate' | 'onMerge' | 'onSerialize'>> {
  onMerge(event: MergeEvent): void;
  onSerialize(event: SerializeEvent): void;
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
  registry.set(METRICS.buildInfo, 1, VERSION);
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
      for (const [, { code }] of event.refused) registry.increase(METRICS.deserializeOutcomes, 1, code);
      registry.increase(METRICS.mergeSkipped, event.refused.length);
      time('merge', event.seconds);
      if (event.outcome !== 'ok') {
        const code = toCode(event.outcome);
        registry.increase(METRICS.mergeFailures, 1, code);
        if (isDataErrorCode(code)) registry.increase(METRICS.deserializeOutcomes, 1, code);
        return;
      }
      registry.increase(METRICS.mergeSources, event.sources);
      registry.increase(METRICS.mergeValues, event.values);
      const leftOut = new Set(event.refused.map(([position]) => position));
      shardNames(event.shards).forEach((shard, position) => {
        if (!leftOut.has(position)) registry.increase(METRICS.mergeShardSources, 1, shard);
      });
      if (isMinKLowered(event)) registry.increase(METRICS.mergeMinKLowered, 1);
      if (isTailGuaranteeLowered(event)) registry.increase(METRICS.mergeTailGuaranteeLowered, 1);
    },
    onQuery({ kind, answers, seconds }) {
      registry.increase(METRICS.queryAnswers, answers, kind);
      time('query', seconds, kind);
    },
    onSerialize({ bytes, n, seconds }) {
      registry.increase(METRICS.serializeBytes, bytes);
      registry.raise(METRICS.serializeMax, bytes);
      registry.increase(METRICS.serializeValues, n);
      time('serialize', seconds);
    },
    onDeserialize({ bytes, outcome, seconds }) {
      registry.increase(METRICS.deserializeOutcomes, 1, outcome === 'ok' ? outcome : toCode(outcome));
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
