/** The series of a page, found by name and labels; their number is capped. */
import { CollectorError } from './collector-error.js';
import { cleanLabels, cleanName, type Labels } from './labels.js';
import { Series, type SeriesSettings } from './series.js';

/** Stands for whatever lies beyond the cap, here as at the aggregator. */
const OTHER = '__other__';
const BEYOND: Labels = { [OTHER]: 'true' };
/** Names and labels as they were given, remembered so that they are cleaned once. */
const REMEMBERED = 512;

export interface TableSettings extends SeriesSettings {
  /** Series beyond which new ones enter `__other__`. */
  maxSeries: number;
  /** Decimals of a metric's values; 1 where nothing is said. */
  precision: Readonly<Record<string, number>>;
  /** What becomes of a label value. */
  cleanLabel(value: string, key: string): string;
  tell(error: CollectorError): void;
}

export class SeriesTable {
  readonly #series = new Map<string, Series>();
  readonly #known = new Map<string, Series>();
  #others = 0;
  #defaults: Labels = {};

  constructor(readonly settings: TableSettings) {}

  /** Number of series opened so far. */
  get size(): number {
    return this.#series.size;
  }

  /** Labels of every series that is looked up from now on, below those given with a value. */
  setDefaults(labels: Labels): void {
    if (keyOf('', labels) !== keyOf('', this.#defaults)) this.#known.clear();
    this.#defaults = labels;
  }

  /** @param labels as they were given; they are cleaned here */
  find(name: string, labels?: Labels): Series {
    let key = name;
    if (labels) for (const label in labels) key += `\0${label}\0${labels[label]}`;
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    const found = this.#open(cleanName(name) || OTHER, { ...this.#defaults, ...labels });
    this.#known.set(key, found);
    return found;
  }

  /** Those with values that wait. */
  dirty(): Series[] {
    return [...this.#series.values()].filter((series) => series.isDirty);
  }

  #open(name: string, labels: Labels): Series {
    const { settings } = this;
    const cleaned = cleanLabels(labels, settings.cleanLabel);
    const { maxSeries } = settings;
    if (this.#series.has(keyOf(name, cleaned)) || this.size - this.#others < maxSeries) {
      return this.#get(name, cleaned);
    }
    settings.tell(
      new CollectorError('ERR_SERIES_CAP', `more than ${maxSeries} series: ${name} enters ${OTHER}`),
    );
    // Names are capped as well: the last resort is one series for all that is left.
    const other = this.#others < maxSeries || this.#series.has(keyOf(name, BEYOND)) ? name : OTHER;
    const before = this.size;
    const series = this.#get(other, BEYOND);
    this.#others += this.size - before;
    return series;
  }

  #get(name: string, labels: Labels): Series {
    const { settings } = this;
    const key = keyOf(name, labels);
    let series = this.#series.get(key);
    if (!series) {
      const decimals = Object.hasOwn(settings.precision, name) ? settings.precision[name] : 1;
      this.#series.set(key, (series = new Series(name, labels, decimals, settings)));
    }
    return series;
  }
}

function keyOf(name: string, labels: Labels): string {
  return JSON.stringify([name, labels]);
}
