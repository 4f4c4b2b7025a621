/** Refusals as every client sees them: RFC 9457 problem details with a stable `code`. */

import { logError } from './log.js';

/** One thing wrong with a batch. */
export interface Fault {
  code: string;
  detail: string;
  /** Position in the list of series; absent where it is the batch as a whole. */
  series?: number;
  /** Byte offset in the container, or path in the JSON. */
  position?: number | string;
}

export interface ProblemMembers {
  status: number;
  code: ProblemCode;
  detail: string;
  faults?: readonly Fault[];
  headers?: Readonly<Record<string, string>>;
}

/** Codes of answers that are no success; docs/errors.md explains each. */
export const PROBLEM_CODES = [
  'ERR_NOT_FOUND',
  'ERR_METHOD',
  'ERR_UNAUTHENTICATED',
  'ERR_TOKEN',
  'ERR_KEY',
  'ERR_FORBIDDEN',
  'ERR_ORIGIN',
  'ERR_RATE',
  'ERR_BUSY',
  'ERR_CONTENT_TYPE',
  'ERR_CONTENT_ENCODING',
  'ERR_GZIP',
  'ERR_BODY_SIZE',
  'ERR_BODY_SLOW',
  'ERR_BODY',
  'ERR_BATCH',
  'ERR_LIMITS',
  'ERR_CREATED',
  'ERR_CONFLICT',
  'ERR_TOO_OLD',
  'ERR_FULL',
  'ERR_STORAGE_FULL',
  'ERR_UNAVAILABLE',
  'ERR_PARAMETER',
  'ERR_QUERY_TOO_LARGE',
  'ERR_SNAPSHOT',
  'ERR_NOT_EMPTY',
  'ERR_EXPORT',
  'ERR_NOT_REPRESENTABLE',
  'ERR_RING_LIMIT',
  'ERR_INTERNAL',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
};

/** A list of faults is cut here: it must not be larger than what it is about. */
export const FAULTS_SHOWN = 100;

/** Thrown anywhere in the Worker; becomes the response. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: ProblemCode;
  readonly faults: readonly Fault[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor({ status, code, detail, faults, headers = {} }: ProblemMembers) {
    super(detail);
    this.status = status;
    this.code = code;
    this.faults = faults;
    this.headers = headers;
  }

  toResponse(): Response {
    const { status, code, message, faults } = this;
    return new Response(
      JSON.stringify({
        type: 'about:blank',
        title: TITLES[status] ?? 'Error',
        status,
        code,
        detail: message,
        ...(faults ? { faults: faults.slice(0, FAULTS_SHOWN), faultCount: faults.length } : {}),
      }),
      { status, headers: { ...this.headers, 'content-type': 'application/problem+json' } },
    );
  }
}

/** Throws a `Problem`. */
export function refuse(status: number, code: ProblemCode, detail: string): never {
  throw new Problem({ status, code, detail });
}

/** This isolate has its hands full. */
export function busy(
  detail = 'more batches are on their way to storage than it takes in a moment; try again',
): Problem {
  return new Problem({
    status: 429,
    code: 'ERR_BUSY',
    detail,
    headers: { 'retry-after': '1' },
  });
}

/** An object or the directory did not answer. A batch that was not acknowledged may be sent again: its id makes sure of one. */
export function unavailable(error: unknown): Problem {
  logError('no answer of an object', error);
  return new Problem({
    status: 503,
    code: 'ERR_UNAVAILABLE',
    detail: 'storage did not answer; try again',
    headers: { 'retry-after': '1' },
  });
}

/** For the `catch` of a call. @throws what `unavailable` makes of it */
export function fail(error: unknown): never {
  throw unavailable(error);
}
