/** Writing a batch. */
import { SketchArgumentError } from '../core/errors.js';
import { isArrayOf, isBytes } from '../core/options.js';
import type { OwnBytes } from '../core/own-bytes.js';
import {
  BATCH_ID_BYTES,
  BATCH_MAGIC,
  BATCH_VERSION,
  type Batch,
  type BatchSeries,
  type BatchSeriesName,
  KEY_PRESENT,
  KIND,
} from './batch.js';
import { encodeBody } from './compact-encode.js';
import { ByteWriter } from './cursor.js';
import { encodeDecimal, encodeValues, type ValuesEncoder } from './encode-values.js';
import { roundImage } from './precision.js';

/**
 * The bytes of a batch: the same for every retry.
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE for an id that has not 16 bytes, a time or an age
 *   that is not finite or negative, no values, or a string that is not well-formed; ERR_VALUE_NOT_FINITE
 */
export function encodeBatch(batch: Batch): OwnBytes {
  requireBatch(batch);
  const series = batch.series.map((one) =>
    one.image && one.precision ? { ...one, image: roundImage(one.image, one.precision) } : one,
  );
  return writeBatch({ ...batch, series }, encodeValues);
}

/**
 * The bytes of a batch that is known to be right, and whose images are rounded already.
 * @param encodeItems writes the items of images: with fewer codecs a sender of rounded values loads less script
 */
export function writeBatch({ id, created, key, series }: Batch, encodeItems: ValuesEncoder): OwnBytes {
  const to = new ByteWriter();
  to.u8(BATCH_MAGIC);
  to.u8(BATCH_VERSION);
  to.u8(key === undefined ? 0 : KEY_PRESENT);
  to.raw(id);
  to.f64(created);
  if (key !== undefined) writeString(to, key);

  // Strings are numbered as the series use them, so the series are written apart and follow the table.
  const indices = new Map<string, number>();
  const body = new ByteWriter();
  body.uv(series.length);
  for (const one of series) {
    writeSeries(body, one, encodeItems, (text) => {
      const index = indices.get(text) ?? indices.size;
      indices.set(text, index);
      body.uv(index);
    });
  }
  to.uv(indices.size);
  for (const text of indices.keys()) writeString(to, text);
  to.raw(body.bytes);
  return to.sealed();
}

function writeSeries(
  to: ByteWriter,
  series: BatchSeries,
  encodeItems: ValuesEncoder,
  writeIndex: (text: string) => void,
): void {
  writeIndex(series.name);
  const keys = Object.keys(series.labels).sort();
  to.uv(keys.length);
  for (const key of keys) {
    writeIndex(key);
    writeIndex(series.labels[key]);
  }
  if (series.image) {
    to.u8(KIND.image);
    const image = new ByteWriter();
    encodeBody(image, series.image, encodeItems);
    to.uv(image.length);
    to.raw(image.bytes);
  } else {
    to.u8(KIND.values);
    writeValues(to, series.values!);
  }
  to.f64(series.age);
}

/** Count, codec, then the values as an image with one level has them. */
function writeValues(to: ByteWriter, unsorted: Float64Array): void {
  const { length } = unsorted;
  const values = new Float64Array(length + 2);
  // Adding 0 makes -0 a 0, as where values are added to a sketch.
  for (let i = 0; i < length; i++) values[i + 2] = unsorted[i] + 0;
  const sorted = values.subarray(2).sort();
  values[0] = sorted[0];
  values[1] = sorted[length - 1];
  const { codec, body } = encodeDecimal(values, [length]);
  to.uv(length);
  to.u8(codec);
  to.raw(body);
}

function writeString(to: ByteWriter, text: string): void {
  const utf8 = new TextEncoder().encode(text);
  to.uv(utf8.length);
  to.raw(utf8);
}

/** Checks everything but images, of which it need only know where they are. */
export function requireBatch({
  id,
  created,
  key,
  series,
}: Omit<Batch, 'series'> & {
  series: readonly (BatchSeriesName & { image?: unknown; values?: Float64Array | undefined })[];
}): void {
  if (!isBytes(id) || id.length !== BATCH_ID_BYTES) {
    throw new SketchArgumentError('ERR_ARGUMENT_TYPE', 'id', 'a Uint8Array of 16 bytes', id);
  }
  requireTime(created, 'created');
  if (key !== undefined) requireText(key, 'key');
  series.forEach(({ name, labels, age, image, values }, position) => {
    const argument = `series[${position}]`;
    requireText(name, `${argument}.name`);
    for (const text of Object.entries(labels).flat()) requireText(text, `${argument}.labels`);
    if (!image) requireValues(values!, `${argument}.values`);
    requireTime(age, `${argument}.age`);
  });
}

function requireValues(values: Float64Array, argument: string): void {
  if (!isArrayOf('Float64Array', values) || values.length === 0) {
    throw new SketchArgumentError(
      'ERR_ARGUMENT_TYPE',
      argument,
      'a Float64Array of at least one value',
      values,
    );
  }
  for (const x of values) {
    if (!Number.isFinite(x))
      throw new SketchArgumentError('ERR_VALUE_NOT_FINITE', argument, 'finite numbers', x);
  }
}

function requireTime(ms: number, argument: string): void {
  if (!(Number.isFinite(ms) && ms >= 0)) {
    throw new SketchArgumentError('ERR_ARGUMENT_RANGE', argument, 'milliseconds, finite and at least 0', ms);
  }
}

function requireText(text: string, argument: string): void {
  // The encoder replaces half a surrogate pair.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  if (typeof text !== 'string' || decoder.decode(new TextEncoder().encode(text)) !== text) {
    throw new SketchArgumentError('ERR_ARGUMENT_TYPE', argument, 'well-formed text', text);
  }
}
