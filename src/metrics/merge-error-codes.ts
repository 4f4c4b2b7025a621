/** The codes under which a merge fails as a whole: bytes that are refused, what the caller gave, a host without a kernel. */
import type { ArgumentErrorCode, RuntimeErrorCode } from '../core/errors.js';
import { DATA_ERROR_CODES, UNKNOWN_CODE } from './data-error-codes.js';

const CALLERS: ArgumentErrorCode[] = ['ERR_ARGUMENT_TYPE', 'ERR_COUNT_OVERFLOW'];
/** Complete by type. */
const HOSTS: Record<RuntimeErrorCode, true> = {
  ERR_WASM_REFUSED: true,
  ERR_WASM_UNSUPPORTED: true,
  ERR_WASM_MEMORY: true,
};

export const MERGE_ERROR_CODES = [...DATA_ERROR_CODES, ...CALLERS, ...Object.keys(HOSTS), UNKNOWN_CODE];
