/** The batch container: many named sketches and raw values in one checksummed body (docs/formats.md). */
import type { SketchImage } from '../core/image.js';
import type { Precision } from './precision.js';

export const BATCH_MAGIC = 0xc8;
export const BATCH_VERSION = 1;
export const KEY_PRESENT = 1;
export const BATCH_ID_BYTES = 16;
/** What a series holds: a compact image, or values as one level. */
export enum KIND {
  image = 0,
  values = 1,
}

/** Many series that are sent, taken or refused as one. */
export interface Batch {
  /** 16 random bytes: the same for every retry. */
  id: Uint8Array;
  /** When the batch was made by the sender's clock, epoch milliseconds; for the duplicate window only. */
  created: number;
  /** Ingest key, where headers cannot be set. */
  key?: string | undefined;
  series: BatchSeries[];
}

/** One named series: an image, or at least one value. */
export type BatchSeries = BatchSeriesName & (ImageSeries | ValuesSeries);

export interface BatchSeriesName {
  name: string;
  /** Label keys and values; the order does not matter. */
  labels: Readonly<Record<string, string>>;
  /** Age at send of the newest value, milliseconds, at least 0. */
  age: number;
}

export interface ImageSeries {
  /** Sent without its state block. */
  image: SketchImage;
  /** Rounding of what is sent. */
  precision?: Precision | undefined;
  values?: undefined;
}

export interface ValuesSeries {
  /** Finite numbers; they arrive sorted. */
  values: Float64Array;
  image?: undefined;
}

/** What a reader takes, every bound checked before anything of that size is allocated. */
export interface BatchLimits {
  /** Length of the whole batch. */
  bytes: number;
  /** Strings in the table. */
  strings: number;
  /** UTF-8 bytes of one string, or of the key. */
  stringBytes: number;
  series: number;
  /** Labels of one series. */
  labels: number;
  /** Items and values of the whole batch, decoded; never more than 2^27. */
  items: number;
  /** Values behind one series: n of its image, or their count. Those of the whole batch are at most 2^53. */
  n: number;
  /** Largest k of an image. */
  k: number;
}
