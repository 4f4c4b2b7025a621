/** Sketches at rest: every form the library reads, recognised by its first bytes. */
import { totalCapacity } from '../../core/capacity.js';
import { SketchDataError } from '../../core/errors.js';
import { type DataSketchesType, fromDataSketches, fromKll1, fromKll2 } from '../../formats.js';
import { KllSketch } from '../../index.js';
import { BACKUP_FORMAT } from '../../wire/backup-records.js';
import { fromBase64Url } from '../../wire/base64url.js';
import { dataError } from '../exit.js';
import type { ByteSource } from './byte-source.js';
import { startsWith } from './detect.js';

export type SketchFamily = 'compact' | 'json' | 'datasketches' | 'kll1' | 'kll2';

export interface SketchFile {
  name: string;
  family: SketchFamily;
  /** Apache images alone: how items are stored. */
  itemType?: DataSketchesType;
  /** True where the image does not say its type and its bytes told it. */
  typeGuessed?: boolean;
  bytes: Uint8Array;
  /** The image itself: the bytes, or those that JSON carries; absent where the JSON carries none. */
  image?: Uint8Array;
}

/** More than the largest sketch of any form. */
const MAX_BYTES = 1 << 26;

/** What is looked at of JSON. */
const JSON_HEAD_BYTES = 4096;
/**
 * An object with the format of a sketch, in any order of its members: tools sort them. Where an image comes first and
 * ends later than what is looked at, its magic tells.
 */
const SKETCH_JSON = /^\s*\{[^{}]*"(?:format"\s*:\s*"kll-wasm\/|bytes"\s*:\s*"x[^"]*$)/;

/** Which form of a sketch begins like this; none for anything else. */
export function sketchFamily(head: Uint8Array): SketchFamily | undefined {
  // As a letter in UTF-8 it has a second byte that no version has.
  if (head[0] === 0xc7 && head[1] >> 6 !== 2) return 'compact';
  if (startsWith(head, 'KLL1')) return 'kll1';
  if (startsWith(head, 'KLL2')) return 'kll2';
  if ((head[0] === 2 || head[0] === 5) && head[1] >= 1 && head[1] <= 3 && head[2] === 15)
    return 'datasketches';
  return SKETCH_JSON.test(new TextDecoder().decode(head.subarray(0, JSON_HEAD_BYTES))) ? 'json' : undefined;
}

function looksLikeBackup({ name, head }: ByteSource): boolean {
  return (
    name.endsWith('.kllbackup') || new TextDecoder().decode(head.subarray(0, 64)).includes(BACKUP_FORMAT)
  );
}

/**
 * Reads the bytes of a sketch.
 * @param type how the items of an Apache image are stored; found out when absent
 * @throws CliError exit code 3 for anything that is no sketch
 */
export async function readSketchFile(source: ByteSource, type?: DataSketchesType): Promise<SketchFile> {
  const { name } = source;
  const family = sketchFamily(source.head);
  if (!family) {
    await source.close();
    const found =
      source.head.length === 0 ? 'it is empty' : `it begins with ${hex(source.head.subarray(0, 4))}`;
    throw dataError(
      `${name}: not a sketch: ${found} (at byte 0)`,
      looksLikeBackup(source)
        ? 'It is a backup of an edge: kll restore puts it back, kll doctor checks all that lie in a folder.'
        : 'A sketch is a compact image, its JSON, an Apache DataSketches KLL image, KLL1 or KLL2. kll build makes one.',
      'ERR_MAGIC',
    );
  }
  const bytes = await source.readAll(MAX_BYTES);
  if (family === 'json') return { name, family, bytes, ...imageOf(bytes) };
  if (family !== 'datasketches') return { name, family, bytes, image: bytes };
  return {
    name,
    family,
    bytes,
    image: bytes,
    itemType: type ?? itemTypeOf(bytes),
    typeGuessed: type === undefined,
  };
}

/**
 * Decodes a sketch.
 * @throws CliError exit code 3 with the library's code when the bytes are refused
 */
export function decodeSketch(file: SketchFile): KllSketch {
  try {
    switch (file.family) {
      case 'compact':
        return KllSketch.fromBytes(file.bytes);
      case 'json':
        return KllSketch.fromJSON(parseJson(file.bytes));
      case 'kll1':
        return fromKll1(file.bytes);
      case 'kll2':
        return fromKll2(file.bytes);
      case 'datasketches':
        return fromDataSketches(file.bytes, file.itemType!);
    }
  } catch (error) {
    if (error instanceof SketchDataError) {
      throw dataError(`${file.name}: ${error.message}`, hintFor(error, file), error.code);
    }
    throw error;
  }
}

/** What programs are told of a file: of an Apache image also as what its items were read, and whether that had to be found out. */
export function inputReport({ name, family, itemType, typeGuessed, bytes }: SketchFile) {
  return {
    name,
    form: family,
    itemType: itemType ?? null,
    ...(itemType ? { isItemTypeGuessed: typeGuessed === true } : {}),
    bytes: bytes.length,
  };
}

/** What people call the form of a file. */
export function describeFamily({ family, itemType, typeGuessed }: SketchFile): string {
  switch (family) {
    case 'compact':
      return 'compact image';
    case 'json':
      return 'compact image in JSON';
    case 'kll1':
      return 'KLL1';
    case 'kll2':
      return 'KLL2';
    case 'datasketches':
      return `Apache DataSketches KLL, ${itemType}${typeGuessed ? ' (found from its bytes)' : ''}`;
  }
}

/** The image in JSON; nothing where there is none, which decoding will say. */
function imageOf(json: Uint8Array): { image?: Uint8Array } {
  try {
    const { bytes } = parseJson(json) as { bytes?: unknown };
    return typeof bytes === 'string' ? { image: fromBase64Url(bytes) } : {};
  } catch {
    return {};
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new SketchDataError('ERR_TEXT', `not JSON: ${(error as Error).message}`);
  }
}

function hintFor(error: SketchDataError, { family, typeGuessed }: SketchFile): string {
  if (error.code === 'ERR_CHECKSUM' || error.code === 'ERR_TRUNCATED') {
    return 'The bytes were damaged or cut short on their way: fetch or build the sketch again.';
  }
  if (family === 'datasketches' && typeGuessed) {
    return 'If its items are not what kll took them for, say --type double, float or long.';
  }
  return 'kll inspect shows what can be read of it.';
}

/** No measurement is this small, and not 0: what is, read as a double, is an integer below 3e18. */
const LEAST_DOUBLE = 1e-100;

/**
 * The type of an Apache image, which does not say it. Its length tells 4-byte from 8-byte items, their bits integers
 * from doubles. Integers beyond 2^53, as nanoseconds since 1970, are integers too: reading them will refuse them.
 */
export function itemTypeOf(bytes: Uint8Array): DataSketchesType {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 8;
  let items = 1;
  if (bytes[0] === 5 && bytes.length >= 24) {
    const k = view.getUint16(4, true);
    const numLevels = bytes[18];
    if (k < 8 || numLevels < 1 || numLevels > 61) return 'double';
    start = 20 + 4 * numLevels;
    items = totalCapacity(k, numLevels) - view.getUint32(20, true) + 2;
  }
  if (bytes.length - start === 4 * items) return 'float';
  if (bytes.length - start !== 8 * items) return 'double';
  let nonZero = false;
  for (let at = start; at + 8 <= bytes.length; at += 8) {
    const integer = view.getBigInt64(at, true);
    const isLong = integer < 0n ? integer >= -(2n ** 53n) : view.getFloat64(at, true) < LEAST_DOUBLE;
    if (!isLong) return 'double';
    nonZero ||= integer !== 0n;
  }
  return nonZero ? 'long' : 'double';
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
