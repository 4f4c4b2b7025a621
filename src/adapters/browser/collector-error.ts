import { attempt } from './attempt.js';

/** What a collector tells `onError`: nothing of it ever reaches the page's own code as an exception. */
export type CollectorErrorCode =
  | 'ERR_VALUE' // a value that is not a finite number: it was left out
  | 'ERR_SERIES_CAP' // more series than `maxSeries`: the rest enters `__other__`
  | 'ERR_CALLBACK' // a function among the options threw, or a name or label that is no text: the value was left out
  | 'ERR_REFUSED' // the endpoint will never take a batch: it was forgotten
  | 'ERR_EXPIRED' // a batch that nobody took within 24 hours was given up
  | 'ERR_OUTBOX_FULL' // the oldest batch was given up for room
  | 'ERR_KERNEL_UNREACHABLE'; // the kernel's chunk could not be fetched: series go on without it

export class CollectorError extends Error {
  override readonly name = 'CollectorError';
  constructor(
    readonly code: CollectorErrorCode,
    what: string,
    options?: { cause?: unknown },
  ) {
    super(what, options);
  }
}

/** Tells of each kind of error once. */
export function tellOnce(tell: (error: Error) => void): (error: Error) => void {
  const told = new Set<unknown>();
  return (error) => {
    const { code } = error as CollectorError;
    if (told.has(code)) return;
    told.add(code);
    // Whoever listens must not break what it listens to.
    attempt(() => tell(error));
  };
}
