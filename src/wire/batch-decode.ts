/** Reading a batch: the checksum, then every bound before its use. */
import { SketchDataError } from '../core/errors.js';
import { MAX_N } from '../core/image.js';
import { numberCheck, requireBytes, requireOptions } from '../core/options.js';
import {
  BATCH_ID_BYTES,
  BATCH_MAGIC,
  BATCH_VERSION,
  type Batch,
  type BatchLimits,
  type BatchSeries,
  KIND,
} from './batch.js';
import { DEC, RAW } from './codecs.js';
import { decodeBody } from './compact-decode.js';
import { requireChecksum } from './crc32c.js';
import { ByteReader, ownBytes } from './cursor.js';
import { decodeValues } from './decode-values.js';
import { notThisFormat } from './format-of.js';

/** Magic, version, flags, id, creation time, counts of strings and series, checksum. */
const SHORTEST = 3 + BATCH_ID_BYTES + 8 + 2 + 4;

/** Items of a batch, whatever its reader takes: two bits may stand for any number of equal ones. */
const MOST_ITEMS = 2 ** 27;

const LIMITS = [
  'bytes',
  'strings',
  'stringBytes',
  'series',
  'labels',
  'items',
  'n',
  'k',
] as const satisfies (keyof BatchLimits)[];

const toLimit = numberCheck((limit) => limit >= 0, 'limits', 'a number of at least 0');

/** A limit that is misspelt or left out would be none. */
function requireLimits(limits: BatchLimits): void {
  requireOptions(limits, 'limits');
  for (const name of LIMITS) toLimit(limits[name], `limits.${name}`);
}

/**
 * Reads a batch whole, or refuses it whole. A batch that is read gives the same bytes when written again, but for images
 * that another writer encoded less tightly.
 * @param source exactly one batch
 * @param limits what the reader takes
 * @throws SketchDataError; SketchArgumentError ERR_ARGUMENT_TYPE when it is not a Uint8Array or a limit is missing,
 *   ERR_ARGUMENT_RANGE for a limit below 0
 */
export function decodeBatch(source: Uint8Array, limits: BatchLimits): Batch {
  requireLimits(limits);
  const { length } = requireBytes(source);
  if (length > limits.bytes) {
    throw new SketchDataError('ERR_FIELD', `expected at most ${limits.bytes} bytes, found ${length}`);
  }
  const bytes = ownBytes(source);
  if (bytes.length > 0 && bytes[0] !== BATCH_MAGIC) throw notThisFormat(bytes, 'a batch container');
  const from = new ByteReader(bytes, 1, bytes.length - 4);
  if (bytes.length < SHORTEST) {
    throw new SketchDataError(
      'ERR_TRUNCATED',
      `expected at least ${SHORTEST} bytes, found ${bytes.length}`,
      bytes.length,
    );
  }
  const version = from.u8();
  if (version !== BATCH_VERSION)
    from.fail('ERR_VERSION', `expected version ${BATCH_VERSION}, found ${version}`);
  requireChecksum(bytes);
  const flags = from.u8();
  if (flags > 1) from.fail('ERR_RESERVED', `reserved flags ${flags}`);
  const at = from.skip(BATCH_ID_BYTES);
  const id = bytes.slice(at, at + BATCH_ID_BYTES);
  const created = readTime(from, 'creation time');
  const key = flags ? readString(from, limits) : undefined;
  const table = new StringTable(from, limits);
  const count = from.uv(limits.series, 'series');
  const series: BatchSeries[] = [];
  const left = { items: Math.min(limits.items, MOST_ITEMS), n: MAX_N };
  for (let i = 0; i < count; i++) series.push(readSeries(from, table, limits, left));
  table.requireAllUsed();
  if (from.at !== from.end) {
    from.fail('ERR_TRAILING_BYTES', `${from.end - from.at} bytes behind the last series`);
  }
  return { id, created, ...(key === undefined ? {} : { key }), series };
}

/** The strings of a batch, once each, in the order in which the series first use them. */
class StringTable {
  readonly #strings: string[] = [];
  #used = 0;

  constructor(
    private readonly from: ByteReader,
    limits: BatchLimits,
  ) {
    const count = from.uv(limits.strings, 'strings');
    const seen = new Set<string>();
    for (let i = 0; i < count; i++) {
      const text = readString(from, limits);
      if (seen.has(text)) from.fail('ERR_FIELD', `string ${i} stands in the table twice`);
      seen.add(text);
      this.#strings.push(text);
    }
  }

  /** The string that the next index names. */
  next(name: string): string {
    const index = this.from.uv(this.#strings.length - 1, name);
    if (index > this.#used)
      this.from.fail('ERR_FIELD', `${name}: string ${index} before string ${this.#used}`);
    if (index === this.#used) this.#used++;
    return this.#strings[index];
  }

  requireAllUsed(): void {
    if (this.#used < this.#strings.length) this.from.fail('ERR_FIELD', `string ${this.#used} is not used`);
  }
}

function readSeries(
  from: ByteReader,
  table: StringTable,
  limits: BatchLimits,
  left: { items: number; n: number },
): BatchSeries {
  const name = table.next('name');
  const labelCount = from.uv(limits.labels, 'labels');
  // Entries, not assignments: a label may be called __proto__.
  const entries: [string, string][] = [];
  for (let i = 0; i < labelCount; i++) {
    const key = table.next('label key');
    if (i > 0 && !(key > entries[i - 1][0])) from.fail('ERR_FIELD', 'label keys do not ascend');
    entries.push([key, table.next('label value')]);
  }
  const labels = Object.fromEntries(entries);
  const kind = from.u8();
  if (kind === KIND.image) {
    const length = from.uv(from.end - from.at, 'image length');
    const start = from.skip(length);
    const image = decodeBody(from.bytes, start, start + length, {
      maxK: limits.k,
      maxItems: left.items,
      maxN: Math.min(limits.n, left.n),
    });
    left.items -= image.items.length;
    left.n -= image.n;
    return { name, labels, age: readTime(from, 'age'), image };
  }
  if (kind !== KIND.values) from.fail('ERR_RESERVED', `kind ${kind}`);
  const values = readValues(from, Math.min(left.items, limits.n, left.n));
  left.items -= values.length;
  left.n -= values.length;
  return { name, labels, age: readTime(from, 'age'), values };
}

/** Values in ascending order. */
function readValues(from: ByteReader, limit: number): Float64Array {
  const count = from.uv(limit, 'values');
  if (count === 0) from.fail('ERR_FIELD', 'a series without values');
  const codec = from.u8();
  if (codec !== RAW && codec !== DEC) from.fail('ERR_RESERVED', `codec of values ${codec}`);
  const values = decodeValues(from, codec, count + 2, [count]);
  const items = values.subarray(2);
  for (let i = 0; i < count; i++) {
    if (!(items[i] >= (i > 0 ? items[i - 1] : -Number.MAX_VALUE) && items[i] <= Number.MAX_VALUE)) {
      from.fail('ERR_ITEMS', `value ${i}, ${items[i]}, is not finite or does not ascend`);
    }
  }
  if (values[0] !== items[0] || values[1] !== items[count - 1]) {
    from.fail('ERR_ITEMS', 'bounds that are not those of the values');
  }
  return items;
}

function readTime(from: ByteReader, name: string): number {
  const ms = from.f64();
  if (!(ms >= 0 && ms < Infinity)) from.fail('ERR_FIELD', `${name}: ${ms}`);
  return ms;
}

function readString(from: ByteReader, limits: BatchLimits): string {
  const length = from.uv(limits.stringBytes, 'string length');
  const at = from.skip(length);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      from.bytes.subarray(at, at + length),
    );
  } catch {
    return from.fail('ERR_TEXT', 'expected UTF-8');
  }
}
