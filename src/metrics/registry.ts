/** Where counts are kept between scrapes: one series for each metric and label value. */
import { KllSketch } from '../sketch/sketch.js';
import { toLabelValue } from './label-values.js';
import { type MetricDescriptor, OTHER_LABEL_VALUE } from './names.js';

export interface Sample {
  /** Appended to the metric's name: `_sum` and `_count` of summaries, '' of their quantiles and of all others. */
  readonly suffix: '' | '_sum' | '_count';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with its series, in the order in which they were first seen. */
export interface MetricFamily {
  readonly metric: MetricDescriptor;
  readonly samples: readonly Sample[];
}

interface Series {
  readonly label: string | undefined;
  value: number;
  count: number;
  /** Of what was observed, where quantiles are asked for. */
  readonly sketch: KllSketch | undefined;
}

/** Distinct values a label may take before the rest is counted under `__other__`. */
const LABEL_VALUES_LIMIT = 100;

export class MetricRegistry {
  readonly #families = new Map<MetricDescriptor, Map<string | undefined, Series>>();

  /**
   * @param metrics what is reported, in this order, from the first scrape on
   * @throws RangeError for a name that Prometheus does not take
   */
  constructor(metrics: Iterable<MetricDescriptor>) {
    for (const metric of metrics) {
      if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(metric.name)) {
        throw new RangeError('metrics: expected names of letters, digits and _, found another');
      }
      this.#families.set(metric, new Map());
      if (!metric.labels) this.#series(metric, undefined);
      for (const label of metric.known ?? []) this.#series(metric, label);
    }
  }

  /** Adds to a counter. @throws RangeError for a metric that is not of this registry */
  increase(metric: MetricDescriptor, by: number, label?: string): void {
    this.#series(metric, label).value += by;
  }

  /** Sets a gauge. @throws RangeError as `increase` */
  set(metric: MetricDescriptor, value: number, label?: string): void {
    this.#series(metric, label).value = value;
  }

  /** Raises a gauge to a value it has not reached yet. @throws RangeError as `increase` */
  raise(metric: MetricDescriptor, value: number, label?: string): void {
    const series = this.#series(metric, label);
    if (value > series.value) series.value = value;
  }

  /**
   * Adds one observation to a summary.
   * @throws RangeError as `increase`
   * @throws SketchArgumentError ERR_VALUE_TYPE, ERR_VALUE_NOT_FINITE where the metric has quantiles
   */
  observe(metric: MetricDescriptor, value: number, label?: string): void {
    const series = this.#series(metric, label);
    series.value += value;
    series.count++;
    series.sketch?.add(value);
  }

  /** All metrics as they stand now; what is returned does not change later. */
  collect(): MetricFamily[] {
    return [...this.#families].map(([metric, series]) => ({
      metric,
      samples: [...series.values()].flatMap(({ label, value, count, sketch }): Sample[] => {
        const labels: Record<string, string> = label === undefined ? {} : { [metric.labels![0]]: label };
        if (metric.type !== 'summary') return [{ suffix: '', labels, value }];
        return [
          ...(metric.quantiles ?? []).map((rank): Sample => {
            const answer = sketch!.quantile(rank);
            return { suffix: '', labels: { ...labels, quantile: String(rank) }, value: answer };
          }),
          { suffix: '_sum', labels, value },
          { suffix: '_count', labels, value: count },
        ];
      }),
    }));
  }

  #series(metric: MetricDescriptor, label: string | undefined): Series {
    const family = this.#families.get(metric);
    if (!family) throw new RangeError('metric: expected one of this registry, found another');
    let series = family.get(label);
    if (series) return series;
    const safe = label === undefined ? label : toLabelValue(label);
    // An unbounded label fills the memory of whoever scrapes: the rest shares one series.
    const key = family.has(safe) || family.size < LABEL_VALUES_LIMIT ? safe : OTHER_LABEL_VALUE;
    series = family.get(key) ?? {
      label: key,
      value: 0,
      count: 0,
      // Watched by nobody: it would be told of itself.
      sketch: metric.quantiles && new KllSketch({ observer: {} }),
    };
    family.set(key, series);
    return series;
  }
}
