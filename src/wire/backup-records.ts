/**
 * A backup as a stream of records, each with its place and its checksum (docs/formats.md).
 *
 *    record = u32 length of payload | u8 type | u32 ordinal | payload | u32 CRC-32C of all before it in the record
 *
 * The first record is the header, ordinal 0; those behind it count up; the last one is the end. A stream without its end
 * was cut off. A restore may bring the records in several runs: each begins with the header again, and goes on with any
 * later record.
 */
import { SketchDataError } from '../core/errors.js';
import { MAX_N } from '../core/image.js';
import { crc32c } from './crc32c.js';

export const BACKUP_CONTENT_TYPE = 'application/vnd.kll.backup';
export const BACKUP_FORMAT = 'kll-backup';
export const BACKUP_VERSION = 1;
/** Of one payload: more than any record holds. A hostile length allocates no more than this. */
export const MOST_PAYLOAD_BYTES = 8 * 2 ** 20;

const FRAME_BYTES = 9;
const CRC_BYTES = 4;
/** An id of a batch and the checksum of what it brought. */
const ID_BYTES = 20;

export enum RECORD {
  header = 1,
  settings = 2,
  key = 3,
  bucket = 4,
  ids = 5,
  end = 6,
}

/** What the header says. */
export interface BackupHeader {
  format: typeof BACKUP_FORMAT;
  version: number;
  /** 32 hex digits: what a restore knows its records by. */
  id: string;
  tenant: string;
  /** When the data was as it is here, epoch milliseconds. */
  created: number;
}

/** What the end record counts: all records but itself, and what was in them. */
export interface BackupTotals {
  records: number;
  keys: number;
  buckets: number;
  ids: number;
  /** Values in buckets, each once, whatever they were rolled up to. */
  values: number;
}

/** All of a bucket's part but its image. */
export interface BackupBucket {
  /** Of the series: canonical text of name and labels. */
  key: string;
  /** 0 minute, 1 hour, 2 day. */
  level: number;
  /** Epoch milliseconds. */
  start: number;
  n: number;
  /** When an open part closes, epoch milliseconds. */
  closes?: number;
  /** Why it cannot be read. */
  code?: string;
  /** The bucket above it is made of it too. */
  isRolledUp?: boolean;
  /** It has left in an export already. */
  isExported?: boolean;
}

export interface BackupId {
  /** 16 bytes. */
  id: Uint8Array;
  crc: number;
}

export interface BackupRecord {
  type: RECORD;
  ordinal: number;
  payload: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** One record as bytes. */
export function encodeRecord(type: RECORD, ordinal: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FRAME_BYTES + payload.length + CRC_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint8(4, type);
  view.setUint32(5, ordinal, true);
  bytes.set(payload, FRAME_BYTES);
  view.setUint32(FRAME_BYTES + payload.length, crc32c(bytes, 0, FRAME_BYTES + payload.length), true);
  return bytes;
}

/** Payload of header, settings, key and end records. */
export function encodeJson(value: object): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** @throws SketchDataError ERR_TEXT */
export function decodeJson<T>(payload: Uint8Array): T {
  try {
    const value: unknown = JSON.parse(decoder.decode(payload));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as T;
  } catch {
    // Falls through: not JSON at all.
  }
  throw new SketchDataError('ERR_TEXT', 'expected a JSON object in a record of a backup');
}

/** @throws SketchDataError ERR_MAGIC, ERR_VERSION, ERR_FIELD */
export function decodeHeader({ type, ordinal, payload }: BackupRecord): BackupHeader {
  const header = type === RECORD.header && ordinal === 0 ? decodeJson<BackupHeader>(payload) : undefined;
  if (header?.format !== BACKUP_FORMAT) {
    throw new SketchDataError('ERR_MAGIC', 'expected a backup, which begins with its header record');
  }
  if (header.version !== BACKUP_VERSION) {
    throw new SketchDataError('ERR_VERSION', `expected version ${BACKUP_VERSION}, found ${header.version}`);
  }
  const { id, tenant, created } = header;
  if (!/^[0-9a-f]{32}$/.test(id) || typeof tenant !== 'string' || !Number.isSafeInteger(created)) {
    throw new SketchDataError('ERR_FIELD', 'expected id, tenant and creation time in the header of a backup');
  }
  return header;
}

/** Payload of a bucket record: u32 length of its JSON | JSON | image. */
export function encodeBucket(bucket: BackupBucket, image: Uint8Array): Uint8Array {
  const text = encodeJson(bucket);
  const payload = new Uint8Array(4 + text.length + image.length);
  new DataView(payload.buffer).setUint32(0, text.length, true);
  payload.set(text, 4);
  payload.set(image, 4 + text.length);
  return payload;
}

/**
 * What its image holds is not looked at here.
 * @throws SketchDataError ERR_TRUNCATED, ERR_TEXT, ERR_FIELD
 */
export function decodeBucket(payload: Uint8Array): { bucket: BackupBucket; image: Uint8Array } {
  const textBytes = payload.length < 4 ? payload.length : viewOf(payload).getUint32(0, true);
  if (4 + textBytes > payload.length) {
    throw new SketchDataError('ERR_TRUNCATED', `expected ${textBytes} bytes of JSON in a bucket record`);
  }
  const bucket = decodeJson<BackupBucket>(payload.subarray(4, 4 + textBytes));
  const { key, level, start, n, closes, code } = bucket;
  const isRight =
    typeof key === 'string' &&
    (level === 0 || level === 1 || level === 2) &&
    Number.isSafeInteger(start) &&
    Number.isInteger(n) &&
    n >= 0 &&
    n <= MAX_N &&
    (closes === undefined || Number.isSafeInteger(closes)) &&
    (code === undefined || typeof code === 'string');
  if (!isRight) throw new SketchDataError('ERR_FIELD', 'expected key, level, start and n in a bucket record');
  return { bucket, image: payload.subarray(4 + textBytes) };
}

/**
 * Payload of an ids record: u32 hour of the senders' clocks | (16 bytes id | u32 checksum)*. Without any id: those of hours up
 * to this one are forgotten.
 */
export function encodeIds(hour: number, ids: readonly BackupId[]): Uint8Array {
  const payload = new Uint8Array(4 + ID_BYTES * ids.length);
  const view = viewOf(payload);
  view.setUint32(0, hour, true);
  ids.forEach(({ id, crc }, i) => {
    payload.set(id, 4 + ID_BYTES * i);
    view.setUint32(4 + ID_BYTES * i + 16, crc, true);
  });
  return payload;
}

/** @throws SketchDataError ERR_TRUNCATED */
export function decodeIds(payload: Uint8Array): { hour: number; ids: BackupId[] } {
  if (payload.length < 4 || (payload.length - 4) % ID_BYTES !== 0) {
    throw new SketchDataError(
      'ERR_TRUNCATED',
      `expected ids of ${ID_BYTES} bytes, found ${payload.length - 4}`,
    );
  }
  const view = viewOf(payload);
  const ids: BackupId[] = [];
  for (let at = 4; at < payload.length; at += ID_BYTES) {
    ids.push({ id: payload.slice(at, at + 16), crc: view.getUint32(at + 16, true) });
  }
  return { hour: view.getUint32(0, true), ids };
}

/** Takes a backup apart as its bytes come, in pieces of any size. */
export class RecordReader {
  #held = new Uint8Array(0);
  #at = 0;
  /** Bytes before the first one that is held. */
  #passed = 0;

  /** More of the stream. Its bytes are copied. */
  push(bytes: Uint8Array): void {
    const rest = this.#held.length - this.#at;
    const held = new Uint8Array(rest + bytes.length);
    held.set(this.#held.subarray(this.#at));
    held.set(bytes, rest);
    this.#passed += this.#at;
    this.#held = held;
    this.#at = 0;
  }

  /**
   * The next record; undefined when more bytes are wanted first.
   * @throws SketchDataError ERR_FIELD for a length or type that cannot be, ERR_CHECKSUM
   */
  next(): BackupRecord | undefined {
    const held = this.#held.subarray(this.#at);
    if (held.length < FRAME_BYTES) return undefined;
    const view = viewOf(held);
    const length = view.getUint32(0, true);
    const type = view.getUint8(4);
    const at = this.#passed + this.#at;
    if (length > MOST_PAYLOAD_BYTES) {
      throw new SketchDataError(
        'ERR_FIELD',
        `expected at most ${MOST_PAYLOAD_BYTES} bytes, found ${length}`,
        at,
      );
    }
    if (held.length < FRAME_BYTES + length + CRC_BYTES) return undefined;
    if (crc32c(held, 0, FRAME_BYTES + length) !== view.getUint32(FRAME_BYTES + length, true)) {
      throw new SketchDataError('ERR_CHECKSUM', 'the checksum of a record does not match', at);
    }
    if (RECORD[type] === undefined) {
      throw new SketchDataError(
        'ERR_FIELD',
        `expected a type of record up to ${RECORD.end}, found ${type}`,
        at,
      );
    }
    this.#at += FRAME_BYTES + length + CRC_BYTES;
    return {
      type,
      ordinal: view.getUint32(5, true),
      payload: held.subarray(FRAME_BYTES, FRAME_BYTES + length),
    };
  }

  /** No more bytes come. @throws SketchDataError ERR_TRUNCATED when they end within a record */
  end(): void {
    const rest = this.#held.length - this.#at;
    if (rest === 0) return;
    throw new SketchDataError(
      'ERR_TRUNCATED',
      `the backup ends within a record`,
      this.#passed + this.#at + rest,
    );
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
