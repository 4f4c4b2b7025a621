/**
 * The batch container (docs/formats.md, "Batch container"): many named series, each a sketch or a short list of
 * values, in one checksummed body, for beacons and for traffic between servers. The same bytes are sent on every retry.
 */
import { SketchArgumentError, SketchDataError } from '../core/errors.js';
import { MAX_K, MAX_N, type SketchImage } from '../core/image.js';
import { DEC, RAW } from './codecs.js';
import { decodeBody } from './compact-decode.js';
import { encodeBody } from './compact-encode.js';
import { crc32c, requireChecksum } from './crc32c.js';
import { ByteReader, ByteWriter, ownBytes } from './cursor.js';
import { decodeValues } from './decode-values.js';
import { encodeValues } from './encode-values.js';
import { notThisFormat } from './format-of.js';

const MAGIC = 0xc8;
const VERSION = 1;
const FLAG_KEY = 1;
const KIND = { image: 0, values: 1 } as const;
const ID_LENGTH = 16;
/** Header of 3, id, created, no strings, no series, checksum. */
const SHORTEST = 3 + ID_LENGTH + 8 + 1 + 1 + 4;

/** Labels of a series, each key once. They are written in the order of their keys' UTF-16 code units. */
export type Labels = readonly (readonly [key: string, value: string])[];

interface SeriesHead {
  name: string;
  labels: Labels;
  /** Milliseconds between the newest value and the sending of the batch, at least 0. */
  ageMs: number;
}
export interface ImageSeries extends SeriesHead {
  kind: 'image';
  /** Written without its state block. */
  image: SketchImage;
}
export interface ValuesSeries extends SeriesHead {
  kind: 'values';
  /** Finite, at least one; written in ascending order, so that is how they come back. */
  values: Float64Array;
}
export type BatchSeries = ImageSeries | ValuesSeries;

export interface Batch {
  /** 16 random bytes, which tell a batch from its repetition. */
  id: Uint8Array;
  /** The sender's clock, milliseconds of the epoch; good for the window of duplicates only. */
  createdMs: number;
  /** Ingest key, where headers cannot be set. */
  key?: string;
  series: readonly BatchSeries[];
}

/** What a reader accepts; every count is held to it before anything is allocated for it. */
export interface BatchLimits {
  /** Bytes of the whole container. */
  maxBytes: number;
  /** Names, label keys and label values that differ. */
  maxStrings: number;
  /** UTF-8 bytes of one of them, or of the ingest key. */
  maxStringBytes: number;
  maxSeries: number;
  /** Labels of one series. */
  maxLabels: number;
  /** Items of all images and values of all lists together: few bytes can stand for many equal items. */
  maxItems: number;
  /** n of one image. */
  maxN: number;
  maxK: number;
}

/** A 64 KiB beacon, sixteen times over. */
export const BATCH_LIMITS: Readonly<BatchLimits> = {
  maxBytes: 2 ** 20,
  maxStrings: 4096,
  maxStringBytes: 1024,
  maxSeries: 1024,
  maxLabels: 32,
  maxItems: 2 ** 18,
  maxN: MAX_N,
  maxK: 4096,
};

/**
 * A batch as bytes.
 * @throws SketchArgumentError ERR_ARGUMENT_RANGE for an id that is not 16 bytes, a time that is not finite, an age below
 *   0, a label key that comes twice, text with half a surrogate pair or an empty list; ERR_VALUE_NOT_FINITE for a value
 */
export function encodeBatch(batch: Batch): Uint8Array {
  const { id, createdMs, key } = batch;
  expect(id.length === ID_LENGTH, 'id', '16 bytes', id.length);
  expect(Number.isFinite(createdMs), 'createdMs', 'a finite time', createdMs);
  // Series come first, for they say which strings there are and in what order.
  const series = new ByteWriter();
  const strings = new Map<string, number>();
  const refer = (text: string) => {
    const index = strings.get(text) ?? strings.size;
    strings.set(text, index);
    series.uv(index);
  };
  for (const one of batch.series) writeSeries(series, one, refer);

  const to = new ByteWriter();
  to.u8(MAGIC);
  to.u8(VERSION);
  to.u8(key === undefined ? 0 : FLAG_KEY);
  to.raw(id);
  to.f64(createdMs);
  if (key !== undefined) writeText(to, key);
  to.uv(strings.size);
  for (const text of strings.keys()) writeText(to, text);
  to.uv(batch.series.length);
  to.raw(series.written);
  to.u32(crc32c(to.written));
  return to.written.slice();
}

function writeSeries(to: ByteWriter, series: BatchSeries, refer: (text: string) => void): void {
  const { name, ageMs } = series;
  const labels = [...series.labels].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  expect(ageMs >= 0 && ageMs < Infinity, 'ageMs', 'a finite age of at least 0', ageMs);
  refer(name);
  to.uv(labels.length);
  for (const [i, [label, value]] of labels.entries()) {
    expect(i === 0 || label !== labels[i - 1][0], 'labels', 'each key once', label);
    refer(label);
    refer(value);
  }
  to.u8(KIND[series.kind]);
  if (series.kind === 'image') {
    const body = new ByteWriter();
    encodeBody(body, series.image, { state: false });
    to.uv(body.length);
    to.raw(body.written);
  } else {
    writeValues(to, series.values);
  }
  to.f64(ageMs);
}

function writeValues(to: ByteWriter, values: Float64Array): void {
  const { length } = values;
  expect(length > 0, 'values', 'at least one', length);
  // Adding 0 makes -0 a 0, as where values are added to a sketch.
  const sorted = values.map((x) => x + 0).sort();
  for (const x of sorted) {
    if (!Number.isFinite(x))
      throw new SketchArgumentError('ERR_VALUE_NOT_FINITE', 'values', 'finite values', x);
  }
  const level = new Float64Array(length + 2);
  level[0] = sorted[0];
  level[1] = sorted[length - 1];
  level.set(sorted, 2);
  const { codec, body } = encodeValues(level, [length], DEC);
  to.uv(length);
  to.u8(codec);
  to.raw(body);
}

function writeText(to: ByteWriter, text: string): void {
  // Half a surrogate pair has no UTF-8: two strings could become one.
  expect(!/\p{Surrogate}/u.test(text), 'text', 'well-formed Unicode', text);
  const bytes = new TextEncoder().encode(text);
  to.uv(bytes.length);
  to.raw(bytes);
}

function expect(condition: boolean, argument: string, expected: string, found: unknown): void {
  if (!condition) throw new SketchArgumentError('ERR_ARGUMENT_RANGE', argument, expected, found);
}

/**
 * Reads a batch: all of it is sound, or nothing of it is taken.
 * @param source exactly one container
 * @param limits what is accepted; what is left out is as in {@link BATCH_LIMITS}
 * @throws SketchDataError for bytes that no writer produces, or that pass a limit; SketchArgumentError
 *   ERR_ARGUMENT_TYPE when they are not a Uint8Array
 */
export function decodeBatch(source: Uint8Array, limits: Partial<BatchLimits> = {}): Batch {
  const bytes = ownBytes(source);
  const within = { ...BATCH_LIMITS, ...limits };
  if (bytes[0] !== MAGIC && bytes.length > 0) throw notThisFormat(bytes, 'batch');
  if (bytes.length < SHORTEST || bytes.length > within.maxBytes) {
    throw new SketchDataError(
      bytes.length < SHORTEST ? 'ERR_TRUNCATED' : 'ERR_FIELD',
      `expected ${SHORTEST}..${within.maxBytes} bytes, found ${bytes.length}`,
    );
  }
  if (bytes[1] !== VERSION) {
    throw new SketchDataError('ERR_VERSION', `expected version ${VERSION}, found ${bytes[1]}`, 1);
  }
  requireChecksum(bytes);
  const from = new ByteReader(bytes, 2, bytes.length - 4);
  const flags = from.u8();
  if (flags > FLAG_KEY) from.fail('ERR_RESERVED', `reserved flags ${flags}`);
  const idAt = from.skip(ID_LENGTH);
  const id = bytes.slice(idAt, idAt + ID_LENGTH);
  const createdMs = from.f64();
  if (!Number.isFinite(createdMs))
    from.fail('ERR_FIELD', `created: expected a finite time, found ${createdMs}`);
  const key = flags & FLAG_KEY ? readText(from, within.maxStringBytes) : undefined;
  const strings = new StringTable(from, within);
  const count = from.uv(within.maxSeries, 'series');
  const series: BatchSeries[] = [];
  let items = within.maxItems;
  for (let i = 0; i < count; i++) {
    const one = readSeries(from, strings, { ...within, maxItems: items });
    items -= one.kind === 'image' ? one.image.items.length : one.values.length;
    series.push(one);
  }
  strings.requireAllUsed(from);
  if (from.at !== from.end)
    from.fail('ERR_TRAILING_BYTES', `${from.end - from.at} bytes behind the last series`);
  return { id, createdMs, ...(key === undefined ? {} : { key }), series };
}

/** The strings of a batch: none twice, in order of first use, none unused, so that a batch has one form only. */
class StringTable {
  readonly #strings: string[];
  #used = 0;

  constructor(from: ByteReader, limits: BatchLimits) {
    const count = from.uv(limits.maxStrings, 'strings');
    const distinct = new Set<string>();
    for (let i = 0; i < count; i++) distinct.add(readText(from, limits.maxStringBytes));
    if (distinct.size < count) from.fail('ERR_FIELD', 'a string comes twice');
    this.#strings = [...distinct];
  }
  /** The string that the next index refers to. */
  read(from: ByteReader): string {
    const index = from.uv(this.#strings.length - 1, 'string index');
    if (index > this.#used) from.fail('ERR_FIELD', `string ${index} before string ${this.#used}`);
    if (index === this.#used) this.#used++;
    return this.#strings[index];
  }
  requireAllUsed(from: ByteReader): void {
    const { length } = this.#strings;
    if (this.#used < length) from.fail('ERR_FIELD', `${length - this.#used} strings that nothing refers to`);
  }
}

function readSeries(from: ByteReader, strings: StringTable, limits: BatchLimits): BatchSeries {
  const name = strings.read(from);
  const count = from.uv(limits.maxLabels, 'labels');
  const labels: [string, string][] = [];
  for (let i = 0; i < count; i++) {
    const key = strings.read(from);
    if (i > 0 && !(labels[i - 1][0] < key)) from.fail('ERR_FIELD', 'label keys that do not ascend');
    labels.push([key, strings.read(from)]);
  }
  const kind = from.u8();
  if (kind > KIND.values) from.fail('ERR_RESERVED', `expected kind 0 or 1, found ${kind}`);
  const content =
    kind === KIND.image
      ? { kind: 'image' as const, image: readImage(from, limits) }
      : { kind: 'values' as const, values: readValues(from, limits) };
  const ageMs = from.f64();
  if (!(ageMs >= 0 && ageMs < Infinity)) from.fail('ERR_FIELD', `age: expected at least 0, found ${ageMs}`);
  return { name, labels, ...content, ageMs };
}

function readImage(from: ByteReader, limits: BatchLimits): SketchImage {
  const at = from.skip(from.uv(limits.maxBytes, 'image length'));
  return decodeBody(from.bytes, at, from.at, { ...limits, maxK: Math.min(limits.maxK, MAX_K) });
}

function readValues(from: ByteReader, limits: BatchLimits): Float64Array {
  const count = from.uv(limits.maxItems, 'values');
  if (count === 0) from.fail('ERR_FIELD', 'an empty list of values');
  const codec = from.u8();
  if (codec !== RAW && codec !== DEC) from.fail('ERR_CODEC', `expected codec 0 or 1, found ${codec}`);
  const level = decodeValues(from, codec, count + 2, [count]);
  const values = level.slice(2);
  // All values are there, so the first is min and the last is max.
  if (level[0] !== values[0] || level[1] !== values[count - 1])
    from.fail('ERR_ITEMS', 'min or max of another list');
  for (let i = 0; i < count; i++) {
    if (!Number.isFinite(values[i]) || (i > 0 && values[i] < values[i - 1])) {
      from.fail('ERR_ITEMS', `value ${i}, ${values[i]}, is not finite or does not ascend`);
    }
  }
  return values;
}

function readText(from: ByteReader, maxBytes: number): string {
  const at = from.skip(from.uv(maxBytes, 'text length'));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      from.bytes.subarray(at, from.at),
    );
  } catch {
    return from.fail('ERR_TEXT', 'text that is not UTF-8');
  }
}
