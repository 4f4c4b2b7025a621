/** The codes under which a merge fails as a whole: bytes that are refused, what the caller gave, a host without a kernel. */
import type { ArgumentErrorCode, RuntimeErrorCode } from '../core/errors.js';
import { DATA_ERROR_CODES, UNKNOWN_CODE } from './data-error-codes.js';

const CALLERS: ArgumentErrorCode[] = ['ERR_ARGUMENT_TYPE', 'ERR_COUNT_OVERFLOW'];
const HOSTS: RuntimeErrorCode[] = [
  'ERR_WASM_REFUSED',
  'ERR_WASM_UNSUPPORTED',
  'ERR_KERNEL_ABSENT',
  'ERR_KERNEL',
];

export const MERGE_ERROR_CODES = [...DATA_ERROR_CODES, ...CALLERS, ...HOSTS, UNKNOWN_CODE];
