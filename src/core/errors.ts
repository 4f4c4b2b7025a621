/**
 * The three kinds of error the library throws. Each has a stable `code`, says what was found and
 * what was expected, and is thrown before anything has changed.
 */

/** Codes of {@link SketchArgumentError}: the caller passed something the call does not take. */
export type ArgumentErrorCode =
  | 'ERR_ARGUMENT_TYPE' // the wrong kind of value
  | 'ERR_ARGUMENT_RANGE' // the right kind, outside its range
  | 'ERR_VALUE_NOT_FINITE' // NaN or an infinity where values are added
  | 'ERR_VALUE_TYPE' // a string, null, BigInt ... where values are added
  | 'ERR_WEIGHT' // a weight that is not a positive integer
  | 'ERR_COUNT_OVERFLOW' // n would pass 2^53
  | 'ERR_LENGTH_MISMATCH' // values and weights of different lengths
  | 'ERR_NOT_INTEGER' // a non-integer where 64-bit integers are written
  | 'ERR_FLOAT_OVERFLOW'; // a value too large for a 32-bit float

/** Codes of {@link SketchDataError}: bytes that are not a sketch we can trust. */
export type DataErrorCode =
  | 'ERR_TRUNCATED' // fewer bytes than the form needs
  | 'ERR_TRAILING_BYTES' // more bytes than the form has
  | 'ERR_MAGIC' // not this format
  | 'ERR_FOREIGN_FORMAT' // another known format; the message names the function to call
  | 'ERR_VERSION' // a version we do not read
  | 'ERR_RESERVED' // a reserved bit or value
  | 'ERR_CHECKSUM' // the checksum does not match
  | 'ERR_VARINT' // an over-long, too large or truncated variable-length integer
  | 'ERR_FIELD' // a header field outside its range, or fields that contradict each other
  | 'ERR_LEVELS' // level count, sizes or offsets that cannot be
  | 'ERR_COUNT' // weights do not sum to n, or n is above 2^53
  | 'ERR_ITEMS' // unsorted, NaN, or outside [min, max]
  | 'ERR_CODEC' // codec parameters or bit stream that no writer produces
  | 'ERR_PADDING' // padding bits or bytes that are not zero
  | 'ERR_TEXT'; // text that is not base64url, or JSON of another shape

/** Codes of {@link SketchRuntimeError}: the host refuses what the sketch needs. */
export type RuntimeErrorCode =
  | 'ERR_WASM_REFUSED' // compiling WebAssembly is forbidden here (CSP without wasm-unsafe-eval)
  | 'ERR_WASM_UNSUPPORTED' // no WebAssembly, or no SIMD
  | 'ERR_WASM_MEMORY'; // the host gives the kernel no more memory

/** The caller's mistake. Nothing was changed. */
export class SketchArgumentError extends Error {
  override readonly name = 'SketchArgumentError';
  readonly #found: unknown;
  /**
   * @param code stable code of the condition
   * @param argument name of the argument at fault
   * @param expected what would have been right, as a phrase
   * @param found the value found; the message shows numbers and plain words alone
   * @param index position in a bulk argument, when there is one
   */
  constructor(
    readonly code: ArgumentErrorCode,
    readonly argument: string,
    readonly expected: string,
    found: unknown,
    readonly index?: number,
  ) {
    super(
      `${argument}${index === undefined ? '' : `[${index}]`}: expected ${expected}, found ${show(found)}`,
    );
    this.#found = found;
  }

  /** The value found. Logs that print what an error holds do not print this. */
  get found(): unknown {
    return this.#found;
  }
}

/** Bytes (or text) that are refused. Nothing was changed. */
export class SketchDataError extends Error {
  override readonly name = 'SketchDataError';
  /**
   * @param code stable code of the condition
   * @param what what is wrong: what was found and what was expected
   * @param offset byte offset at which it was noticed, when there is one
   */
  constructor(
    readonly code: DataErrorCode,
    readonly what: string,
    readonly offset?: number,
    /** Position of the source in a call that takes several. */
    readonly source?: number,
  ) {
    super(
      `${source === undefined ? '' : `source ${source}: `}${what}${offset === undefined ? '' : ` (at byte ${offset})`}`,
    );
  }
}

/** The host cannot run the kernel. Nothing was changed. */
export class SketchRuntimeError extends Error {
  override readonly name = 'SketchRuntimeError';
  constructor(
    readonly code: RuntimeErrorCode,
    what: string,
    options?: { cause?: unknown },
  ) {
    super(what, options);
  }
}

/** Throws a `SketchArgumentError`. */
export function badArgument(
  code: ArgumentErrorCode,
  argument: string,
  expected: string,
  found: unknown,
  index?: number,
): never {
  throw new SketchArgumentError(code, argument, expected, found, index);
}

/** A short rendering of any value for an error message, which logs will hold: no addresses of people or pages. */
function show(value: unknown): string {
  if (typeof value === 'string') {
    return /^[\w +-]{0,40}$/.test(value) ? `"${value}"` : `${value.length} characters`;
  }
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value) return `a ${value.constructor?.name || 'object'}`;
  return Object.is(value, -0) ? '-0' : typeof value === 'bigint' ? `${value}n` : String(value);
}
