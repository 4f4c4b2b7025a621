/** Bytes that every reader of foreign formats refuses, and the code of the refusal: one table for every entry point. */
import type { DataErrorCode } from '../../src/core/errors.js';
import {
  type ApacheFields,
  type ApacheType,
  writeApacheImage,
  writeFullApacheImage,
} from './apache-image.js';
import { type Kll2Fields, type KllFields, sealKll2, writeKll1, writeKll2 } from './kll-image.js';

export interface BadBytes {
  /** What is wrong with them. */
  wrong: string;
  format: 'datasketches' | 'kll1' | 'kll2';
  /** For Apache images: the type they are to be read as. */
  type: ApacheType;
  bytes: Uint8Array;
  code: DataErrorCode;
}

/** A sound image of k = 200: levels of 3, 2 and 1 items, n = 11. Capacity 422, so level 0 begins at 416. */
export const SOUND_APACHE: ApacheFields = {
  k: 200,
  n: 11n,
  offsets: [416, 419, 421],
  min: 1,
  max: 11,
  items: [9, 11, 1, 4, 6, 5],
};
export const SOUND_KLL1: KllFields = { k: 200, n: 11n, levels: [[9, 11, 1], [6, 4], [5]] };
export const SOUND_KLL2: Kll2Fields = { ...SOUND_KLL1, min: 0.5, max: 12 };

/** The sound Apache image of a type. */
export function soundApacheImage(type: ApacheType): Uint8Array {
  return writeApacheImage(type, SOUND_APACHE);
}

/** A copy with some bytes set: offset, then the bytes. */
function patched(bytes: Uint8Array, ...patches: [offset: number, bytes: number[]][]): Uint8Array {
  const copy = bytes.slice();
  for (const [offset, values] of patches) copy.set(values, offset);
  return copy;
}

function longer(bytes: Uint8Array, by = 1): Uint8Array {
  const copy = new Uint8Array(bytes.length + by);
  copy.set(bytes);
  return copy;
}

const apache = soundApacheImage('double');
const empty = Uint8Array.of(2, 1, 15, 1, 200, 0, 8, 0);
const single = writeApacheImage('double', { ...SOUND_APACHE, n: 1n, items: [7] });
const kll1 = writeKll1(SOUND_KLL1);
const kll2 = writeKll2(SOUND_KLL2);

function apacheRow(
  wrong: string,
  code: DataErrorCode,
  change: Partial<ApacheFields> | Uint8Array,
  type: ApacheType = 'double',
): BadBytes {
  const bytes =
    change instanceof Uint8Array ? change : writeFullApacheImage(type, { ...SOUND_APACHE, ...change });
  return { wrong, format: 'datasketches', type, bytes, code };
}
function kll1Row(wrong: string, code: DataErrorCode, change: Partial<KllFields> | Uint8Array): BadBytes {
  const bytes = change instanceof Uint8Array ? change : writeKll1({ ...SOUND_KLL1, ...change });
  return { wrong, format: 'kll1', type: 'double', bytes, code };
}
function kll2Row(wrong: string, code: DataErrorCode, change: Partial<Kll2Fields> | Uint8Array): BadBytes {
  const bytes = change instanceof Uint8Array ? change : writeKll2({ ...SOUND_KLL2, ...change });
  return { wrong, format: 'kll2', type: 'double', bytes, code };
}

const { NaN: NAN, POSITIVE_INFINITY: INF } = Number;

export const BAD_FOREIGN_BYTES: readonly BadBytes[] = [
  apacheRow('nothing', 'ERR_TRUNCATED', new Uint8Array(0)),
  apacheRow('seven bytes', 'ERR_TRUNCATED', empty.slice(0, 7)),
  apacheRow('another family (REQ, 17)', 'ERR_MAGIC', patched(apache, [2, [17]])),
  apacheRow('a KLL1 image', 'ERR_FOREIGN_FORMAT', kll1),
  apacheRow('a KLL2 image', 'ERR_FOREIGN_FORMAT', kll2),
  apacheRow('a compact image', 'ERR_FOREIGN_FORMAT', patched(apache, [0, [0xc7, 0x12, 0]])),
  apacheRow('serial version 0', 'ERR_VERSION', patched(apache, [1, [0]])),
  apacheRow("Java's updatable form", 'ERR_VERSION', patched(apache, [1, [3]])),
  apacheRow('serial version 4', 'ERR_VERSION', patched(apache, [1, [4]])),
  apacheRow('a full preamble with the empty flag', 'ERR_FIELD', patched(apache, [3, [1]])),
  apacheRow('a full preamble with the single-item flag', 'ERR_FIELD', patched(apache, [3, [4]])),
  apacheRow('a full preamble of serial version 2', 'ERR_FIELD', patched(apache, [1, [2]])),
  apacheRow('a short preamble without a flag', 'ERR_FIELD', patched(empty, [3, [0]])),
  apacheRow('a short preamble with both flags', 'ERR_FIELD', patched(empty, [3, [5]])),
  apacheRow('an empty image of serial version 2', 'ERR_FIELD', patched(empty, [1, [2]])),
  apacheRow('a single item of serial version 1', 'ERR_FIELD', patched(single, [1, [1]])),
  apacheRow('a preamble of 3 ints', 'ERR_FIELD', patched(apache, [0, [3]])),
  apacheRow('k = 7', 'ERR_FIELD', patched(apache, [4, [7, 0]], [16, [7, 0]])),
  apacheRow('k = 0 in an empty image', 'ERR_FIELD', patched(empty, [4, [0, 0]])),
  apacheRow('m = 4', 'ERR_FIELD', patched(apache, [6, [4]])),
  apacheRow('an empty image with a byte behind it', 'ERR_TRAILING_BYTES', longer(empty)),
  apacheRow('a single item cut short', 'ERR_TRUNCATED', single.slice(0, 15)),
  apacheRow('a single item with a byte behind it', 'ERR_TRAILING_BYTES', longer(single)),
  apacheRow(
    'a single NaN',
    'ERR_ITEMS',
    writeApacheImage('double', { ...SOUND_APACHE, n: 1n, items: [NAN] }),
  ),
  apacheRow('a full preamble cut short', 'ERR_TRUNCATED', apache.slice(0, 19)),
  apacheRow('n = 0 in the full form', 'ERR_COUNT', { n: 0n, offsets: [200], items: [] }),
  apacheRow('n = 10 where weights sum to 11', 'ERR_COUNT', { n: 10n }),
  apacheRow('n = 12 where weights sum to 11', 'ERR_COUNT', { n: 12n }),
  apacheRow('n = 2^53 + 1', 'ERR_COUNT', { n: 2n ** 53n + 1n }),
  apacheRow('n = 2^64 - 1', 'ERR_COUNT', { n: 2n ** 64n - 1n }),
  apacheRow('minK = 7', 'ERR_FIELD', { minK: 7 }),
  apacheRow('minK above k', 'ERR_FIELD', { minK: 201 }),
  apacheRow('no levels', 'ERR_LEVELS', { numLevels: 0 }),
  apacheRow('62 levels', 'ERR_LEVELS', { numLevels: 62 }),
  apacheRow('level offsets cut short', 'ERR_TRUNCATED', patched(apache, [18, [61]])),
  apacheRow('a level that begins before the one below', 'ERR_LEVELS', { offsets: [416, 421, 419] }),
  apacheRow('a first level behind the capacity', 'ERR_LEVELS', { offsets: [423, 423, 423] }),
  apacheRow('a top level behind the capacity', 'ERR_LEVELS', { offsets: [416, 419, 423] }),
  apacheRow('an offset of 2^32 - 1', 'ERR_LEVELS', { offsets: [416, 419, 0xffffffff] }),
  apacheRow('as many items as the capacity and no bytes for them', 'ERR_TRUNCATED', {
    offsets: [0, 419, 421],
  }),
  apacheRow('the last byte missing', 'ERR_TRUNCATED', apache.slice(0, -1)),
  apacheRow('a byte behind the image', 'ERR_TRAILING_BYTES', longer(apache)),
  apacheRow('a float image read as doubles', 'ERR_TRUNCATED', soundApacheImage('float')),
  apacheRow('a double image read as floats', 'ERR_TRAILING_BYTES', apache, 'float'),
  apacheRow('a double image read as longs', 'ERR_ITEMS', apache, 'long'),
  apacheRow('a level 1 that descends', 'ERR_ITEMS', { items: [9, 11, 1, 6, 4, 5] }),
  apacheRow('NaN at level 0', 'ERR_ITEMS', { items: [9, NAN, 1, 4, 6, 5] }),
  apacheRow('NaN at level 1', 'ERR_ITEMS', { items: [9, 11, 1, NAN, 6, 5] }),
  apacheRow('a float NaN', 'ERR_ITEMS', { items: [9, NAN, 1, 4, 6, 5] }, 'float'),
  apacheRow('NaN for min', 'ERR_ITEMS', { min: NAN }),
  apacheRow('NaN for max', 'ERR_ITEMS', { max: NAN }),
  apacheRow('an item below min', 'ERR_ITEMS', { min: 1.5 }),
  apacheRow('an item above max', 'ERR_ITEMS', { max: 10 }),
  apacheRow('min above max', 'ERR_ITEMS', { min: 12, max: 0 }),
  apacheRow('a long of 2^53 + 1', 'ERR_ITEMS', { max: 2n ** 53n + 1n }, 'long'),
  apacheRow('a long of -2^53 - 1', 'ERR_ITEMS', { min: -(2n ** 53n) - 1n }, 'long'),
  apacheRow('a long of -2^63', 'ERR_ITEMS', { min: -(2n ** 63n) }, 'long'),
  apacheRow('one value in the full form with other bounds', 'ERR_ITEMS', {
    n: 1n,
    offsets: [199],
    items: [5],
  }),

  kll1Row('nothing', 'ERR_TRUNCATED', new Uint8Array(0)),
  kll1Row('another magic', 'ERR_MAGIC', patched(kll1, [3, [0x33]])),
  kll1Row('an Apache image', 'ERR_FOREIGN_FORMAT', apache),
  kll1Row('a KLL2 image', 'ERR_FOREIGN_FORMAT', kll2),
  kll1Row('a header cut short', 'ERR_TRUNCATED', kll1.slice(0, 27)),
  kll1Row('k = 7', 'ERR_FIELD', { k: 7 }),
  kll1Row('k = 65536', 'ERR_FIELD', { k: 65536 }),
  kll1Row('n = 10 where weights sum to 11', 'ERR_COUNT', { n: 10n }),
  kll1Row('n = 0 with items', 'ERR_COUNT', { n: 0n }),
  kll1Row('n = 2^53 + 1', 'ERR_COUNT', { n: 2n ** 53n + 1n }),
  kll1Row('no levels', 'ERR_LEVELS', { n: 0n, levels: [] }),
  kll1Row('65 levels', 'ERR_LEVELS', { numLevels: 65 }),
  kll1Row('2^32 - 1 levels', 'ERR_LEVELS', { numLevels: 0xffffffff }),
  kll1Row('a level more than there is', 'ERR_TRUNCATED', { numLevels: 4 }),
  kll1Row('a level less than there is', 'ERR_TRAILING_BYTES', { numLevels: 2 }),
  kll1Row('a level of 2^32 - 1 items', 'ERR_TRUNCATED', { lengths: [0xffffffff] }),
  kll1Row('the last byte missing', 'ERR_TRUNCATED', kll1.slice(0, -1)),
  kll1Row('a byte behind the image', 'ERR_TRAILING_BYTES', longer(kll1)),
  kll1Row('NaN among the items', 'ERR_ITEMS', { levels: [[9, NAN, 1], [6, 4], [5]] }),

  kll2Row('nothing', 'ERR_TRUNCATED', new Uint8Array(0)),
  kll2Row('another magic', 'ERR_MAGIC', patched(kll2, [0, [0]])),
  kll2Row('a KLL1 image', 'ERR_FOREIGN_FORMAT', kll1),
  kll2Row('an envelope cut short', 'ERR_TRUNCATED', kll2.slice(0, 11)),
  kll2Row('a payload of 2^32 - 1 bytes', 'ERR_TRUNCATED', patched(kll2, [4, [255, 255, 255, 255]])),
  kll2Row('the last byte missing', 'ERR_TRUNCATED', kll2.slice(0, -1)),
  kll2Row('a byte behind the image', 'ERR_TRAILING_BYTES', longer(kll2)),
  kll2Row('a byte behind the levels, checksummed', 'ERR_TRAILING_BYTES', sealKll2(longer(kll2))),
  kll2Row('a payload without a header', 'ERR_TRUNCATED', sealKll2(kll2.slice(0, 80))),
  kll2Row('a checksum of other bytes', 'ERR_CHECKSUM', patched(kll2, [100, [1]])),
  kll2Row('a reserved flag', 'ERR_RESERVED', { flags: 3 }),
  kll2Row('values and no flag', 'ERR_FIELD', { flags: 0 }),
  kll2Row('a flag and no values', 'ERR_FIELD', { flags: 1, n: 0n, levels: [[]] }),
  kll2Row('k = 7', 'ERR_FIELD', { k: 7, minK: 7 }),
  kll2Row('k = 65536', 'ERR_FIELD', { k: 65536 }),
  kll2Row('minK = 7', 'ERR_FIELD', { minK: 7 }),
  kll2Row('minK above k', 'ERR_FIELD', { minK: 201 }),
  kll2Row('n = 12 where weights sum to 11', 'ERR_COUNT', { n: 12n }),
  kll2Row('n = 2^53 + 1', 'ERR_COUNT', { n: 2n ** 53n + 1n }),
  kll2Row('no levels', 'ERR_LEVELS', { numLevels: 0 }),
  kll2Row('65 levels', 'ERR_LEVELS', { numLevels: 65 }),
  kll2Row('a level of 2^32 - 1 items', 'ERR_TRUNCATED', { lengths: [0xffffffff] }),
  kll2Row('another count of retained items', 'ERR_COUNT', { retained: 7n }),
  kll2Row('2^64 - 1 retained items', 'ERR_COUNT', { retained: 2n ** 64n - 1n }),
  kll2Row('NaN among the items', 'ERR_ITEMS', { levels: [[9, NAN, 1], [6, 4], [5]] }),
  kll2Row('an infinity among the items', 'ERR_ITEMS', { levels: [[9, INF, 1], [6, 4], [5]] }),
  kll2Row('an infinite max', 'ERR_ITEMS', { max: INF }),
  kll2Row('NaN for min', 'ERR_ITEMS', { min: NAN }),
  kll2Row('an item below min', 'ERR_ITEMS', { min: 2 }),
  kll2Row('an item above max', 'ERR_ITEMS', { max: 10 }),
  kll2Row('min above max', 'ERR_ITEMS', { min: 12, max: 1 }),
];
