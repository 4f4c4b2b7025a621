/** The series of a page, found by name and labels; their number is capped. */
import { CollectorError } from './collector-error.js';
import { cleanLabels, cleanName, type Labels } from './labels.js';
import { Series, type SeriesSettings } from './series.js';

/** Stands for whatever lies beyond the cap, here as at the aggregator. */
const OTHER = '__other__';
const BEYOND: Labels = { [OTHER]: 'true' };
/** Names, label keys and label values that are remembered, each where it was given. */
const REMEMBERED = 2048;

/**
 * Names and labels as they were given, remembered so that they are cleaned once: a name leads to a label key, that to a value,
 * and so on. A key of them all, joined, would have to be made and hashed for every value: five times as slow.
 */
interface Known extends Map<string, Known> {
  series?: Series;
}

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
  readonly #known: Known = new Map();
  #remembered = 0;
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
    if (this.#remembered > REMEMBERED) {
      this.#known.clear();
      this.#remembered = 0;
    }
    let known = this.#next(this.#known, name);
    // Of no labels there are no keys.
    for (const key in labels!) known = this.#next(this.#next(known, key), `${labels![key]}`);
    return (known.series ??= this.#open(cleanName(name) || OTHER, { ...this.#defaults, ...labels }));
  }

  #next(known: Known, given: string): Known {
    let next = known.get(given);
    if (!next) {
      known.set(given, (next = new Map()));
      this.#remembered++;
    }
    return next;
  }

  /** Those with values that wait. */
  dirty(): Series[] {
    return [...this.#series.values()].filter((series) => series.isDirty);
  }

  #open(name: string, labels: Labels): Series {
    const { cleanLabel, maxSeries, tell } = this.settings;
    const series = this.#get(name, cleanLabels(labels, cleanLabel), this.size - this.#others < maxSeries);
    if (series) return series;
    tell(new CollectorError('ERR_SERIES_CAP', `more than ${maxSeries} series: ${name} enters ${OTHER}`));
    const before = this.size;
    // Names are capped as well: the last resort is one series for all that is left.
    const other =
      this.#get(name, BEYOND, this.#others < maxSeries) ?? (this.#get(OTHER, BEYOND, true) as Series);
    this.#others += this.size - before;
    return other;
  }

  /** @param isRoom whether one that is not there is opened */
  #get(name: string, labels: Labels, isRoom: boolean): Series | undefined {
    const { settings } = this;
    const key = keyOf(name, labels);
    let series = this.#series.get(key);
    if (!series && isRoom) {
      const decimals = Object.hasOwn(settings.precision, name) ? settings.precision[name] : 1;
      this.#series.set(key, (series = new Series(name, labels, decimals, settings)));
    }
    return series;
  }
}

function keyOf(name: string, labels: Labels): string {
  return JSON.stringify([name, labels]);
}
