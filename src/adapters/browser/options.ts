/** What a collector can be told, checked once. */
import { badArgument } from '../../core/errors.js';
import { TAILS, type Tails } from '../../core/image.js';
import { cleanLabel, type Labels, routeTemplate } from './labels.js';
import type { OutgoingSeries } from './series.js';
import type { Source } from './sources/source.js';

/** An option that is undefined is one that is not given. */
export interface CollectorOptions {
  /** URL that takes batches: `/v1/ingest` of an edge, best on the page's own origin. */
  endpoint: string;
  /** Ingest key; it travels inside the batch. No secret: it stands in the page. */
  key?: string | undefined;
  /** Accuracy of what is sent, 8..1024; the rank error falls about as 1/k. Default 200. */
  k?: number | undefined;
  /** Which ends are kept sharp. Default 'high'. */
  tails?: Tails | undefined;
  /** Share of sessions that are measured, 0..1. Default 1. */
  sample?: number | undefined;
  /** Labels of every value, by the page's URL. Default: `route`, the template of its path. */
  labels?: ((url: URL) => Labels) | undefined;
  /**
   * What becomes of every label value before it may leave. Default: origins, query strings, fragments and ids are taken
   * out. Replacing it, you answer for what is sent.
   */
  cleanLabel?: ((value: string, key: string) => string) | undefined;
  /** Decimals, 0..15, that values of a metric are rounded to. Default 1, for `cls` 4. */
  precision?: Readonly<Record<string, number>> | undefined;
  /** Series beyond which new ones enter `__other__`, 1..1000. Default 50. */
  maxSeries?: number | undefined;
  /** When batches leave, and whether they outlive the page. */
  flush?:
    | {
        /** How often what was recorded is sent while the page lives, milliseconds, at least 1000. Default 30 000. */
        interval?: number | undefined;
        /** Whether batches are kept in localStorage until they are acknowledged. Default true; without: at most once. */
        store?: boolean | undefined;
      }
    | undefined;
  /** Whether anything may be stored or sent; a function is asked each time. Default true. */
  consent?: boolean | (() => boolean) | undefined;
  /** Sees what is about to be stored and sent, and may leave out or rename series; null drops all. */
  beforeSend?: ((series: OutgoingSeries[]) => OutgoingSeries[] | null | undefined) | undefined;
  /** What is measured by itself: webVitals(...), longTasks() ... Default none. */
  sources?: readonly Source[] | undefined;
  /** Is told of each kind of error once. Default: a warning on the console, without what a function of the page threw. */
  onError?: ((error: Error) => void) | undefined;
}

type Told = Omit<CollectorOptions, 'key' | 'beforeSend' | 'flush'>;

export type CollectorSettings = { [Name in keyof Told]-?: NonNullable<Told[Name]> } & Pick<
  CollectorOptions,
  'key' | 'beforeSend'
> & { interval: number; store: boolean };

/**
 * All but `endpoint` is checked.
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
 */
export function toSettings(options: CollectorOptions): CollectorSettings {
  const defaults: Omit<CollectorSettings, 'endpoint'> = {
    k: 200,
    tails: 'high',
    sample: 1,
    labels: (url: URL) => ({ route: routeTemplate(url.pathname) }),
    cleanLabel,
    maxSeries: 50,
    consent: true,
    sources: [],
    onError: (error: Error) => console.warn(String(error)),
    interval: 30_000,
    store: true,
    precision: {},
  };
  const settings = defaults as CollectorSettings & Record<string, unknown>;
  // Nothing at all is told of as an endpoint that is missing; an option that is undefined asks for the default.
  for (const [name, value] of Object.entries({ ...options?.flush, ...options })) {
    if (value !== undefined) settings[name] = value;
  }
  const { tails, sample } = settings;
  const precision = (settings.precision = { cls: 4, ...settings.precision });
  if (!Object.hasOwn(TAILS, tails))
    badArgument('ERR_ARGUMENT_TYPE', 'tails', "'none', 'high' or 'both'", tails);
  within('k', settings.k, 8, 1024);
  within('maxSeries', settings.maxSeries, 1, 1000);
  within('flush.interval', settings.interval, 1000, 2 ** 31 - 1);
  for (const [name, decimals] of Object.entries(precision)) within(`precision.${name}`, decimals, 0, 15);
  for (const name of ['labels', 'cleanLabel', 'beforeSend', 'onError']) {
    const value = settings[name];
    if (value !== undefined && typeof value !== 'function')
      badArgument('ERR_ARGUMENT_TYPE', name, 'a function', value);
  }
  if (!Array.isArray(settings.sources))
    badArgument('ERR_ARGUMENT_TYPE', 'sources', 'an array of sources', settings.sources);
  if (!(sample >= 0 && sample <= 1))
    badArgument('ERR_ARGUMENT_RANGE', 'sample', 'a number from 0 to 1', sample);
  return settings;
}

/** @throws SketchArgumentError ERR_ARGUMENT_RANGE */
export function within(name: string, x: number, least: number, most: number): void {
  if (!(Number.isInteger(x) && x >= least && x <= most)) {
    badArgument('ERR_ARGUMENT_RANGE', name, `an integer from ${least} to ${most}`, x);
  }
}
