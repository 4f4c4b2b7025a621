/** Batches of named sketches and values: what senders post and an aggregator takes. */
import { badArgument } from '../core/errors.js';
import { requireOptions } from '../core/options.js';
import type { OwnBytes } from '../core/own-bytes.js';
import type { BatchLimits } from '../wire/batch.js';
import { decodeBatch as decode } from '../wire/batch-decode.js';
import { encodeBatch as encode, requireBatch } from '../wire/batch-encode.js';
import { type Precision, precisionByte } from '../wire/precision.js';
import { KllSketch } from './sketch.js';

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

/** One named series: a sketch, or at least one value. */
export interface BatchSeries {
  name: string;
  /** Label keys and values; their order does not matter. */
  labels: Readonly<Record<string, string>>;
  /** Age at send of the newest value, milliseconds, at least 0. */
  age: number;
  /** Sent without its state: condense it first. Not together with `values`. */
  sketch?: KllSketch | undefined;
  /** Finite numbers; they arrive sorted. */
  values?: Float64Array | undefined;
  /** Rounding of a sketch that is sent. */
  precision?: Precision | undefined;
}

/**
 * The bytes of a batch: the same for every retry. Its sketches are brought to the form that `toBytes` gives them.
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE for a series with neither a sketch nor values, or with both, and those of the fields
 */
export function encodeBatch(batch: Batch): OwnBytes {
  requireOptions(batch, 'batch');
  if (!Array.isArray(batch.series)) badArgument('ERR_ARGUMENT_TYPE', 'series', 'an array', batch.series);
  for (const [i, one] of batch.series.entries()) {
    requireOptions(one, `series[${i}]`);
    const { labels, sketch, values, precision } = one;
    requireOptions(labels, `series[${i}].labels`);
    // Its keys are none of its properties: as labels it would be empty.
    if (Symbol.iterator in labels) {
      badArgument('ERR_ARGUMENT_TYPE', `series[${i}].labels`, 'an object of texts', labels);
    }
    if (sketch instanceof KllSketch === Boolean(values)) {
      badArgument('ERR_ARGUMENT_TYPE', `series[${i}]`, 'a sketch or values, and not both', sketch);
    }
    if (precision) precisionByte(precision);
  }
  // Sketches are brought to rest for their images when all the rest is right: what is refused changes nothing.
  requireBatch(withImages(batch, () => true));
  return encode(withImages(batch, (sketch) => sketch.toImage()));
}

/** A batch with images in the place of sketches. */
function withImages<Image>(batch: Batch, imageOf: (sketch: KllSketch) => Image) {
  const series = batch.series.map(({ name, labels, age, sketch, values, precision }) =>
    sketch instanceof KllSketch
      ? { name, labels, age, image: imageOf(sketch), precision }
      : { name, labels, age, values: values! },
  );
  return { ...batch, series };
}

/**
 * Reads a batch whole, or refuses it whole.
 * @param limits what the reader takes, checked before anything of that size is allocated
 * @throws SketchDataError; SketchArgumentError ERR_ARGUMENT_TYPE when it is not a Uint8Array or a limit is missing,
 *   ERR_ARGUMENT_RANGE for a limit below 0
 */
export function decodeBatch(bytes: Uint8Array, limits: BatchLimits): Batch {
  const { series, ...rest } = decode(bytes, limits);
  return {
    ...rest,
    series: series.map(({ name, labels, age, image, values }) =>
      image
        ? { name, labels, age, sketch: KllSketch.fromImage(image) }
        : { name, labels, age, values: values! },
    ),
  };
}
