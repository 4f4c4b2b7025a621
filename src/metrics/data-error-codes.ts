/** The codes under which bytes are refused, complete by type: what counts reading tells them from a caller's mistakes. */
import type { DataErrorCode } from '../core/errors.js';

const CODES: Record<DataErrorCode, true> = {
  ERR_TRUNCATED: true,
  ERR_TRAILING_BYTES: true,
  ERR_MAGIC: true,
  ERR_FOREIGN_FORMAT: true,
  ERR_VERSION: true,
  ERR_RESERVED: true,
  ERR_CHECKSUM: true,
  ERR_VARINT: true,
  ERR_FIELD: true,
  ERR_LEVELS: true,
  ERR_COUNT: true,
  ERR_ITEMS: true,
  ERR_CODEC: true,
  ERR_PADDING: true,
  ERR_TEXT: true,
};

export const DATA_ERROR_CODES = Object.keys(CODES) as DataErrorCode[];

/** Whether bytes were at fault. */
export function isDataErrorCode(code: string): code is DataErrorCode {
  return Object.hasOwn(CODES, code);
}

/** Of an error that is none of ours: the host's memory is full. */
export const UNKNOWN_CODE = 'ERR_UNKNOWN';

/** The code of an error, as events carry it. */
export function toCode(outcome: string | undefined): string {
  return outcome !== undefined && /^ERR_[A-Z_]+$/.test(outcome) ? outcome : UNKNOWN_CODE;
}
