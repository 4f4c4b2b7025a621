/** Telling an observer what happened. Without an observer nothing here runs but what is watched. */
import type { SketchObserver } from './observer.js';
import type { SketchState } from './state.js';

/**
 * What watches the sketches that are made or read from now on without an observer of their own. An entry may have it
 * set up at the first look (node.ts).
 */
export const ambient: { observer: SketchObserver | undefined } = { observer: undefined };

/** Starts now; gives the seconds since, on the observer's clock: 0 without one. */
export function stopwatch(observer: SketchObserver | undefined): () => number {
  const now = () => observer?.now?.() ?? 0;
  const start = now();
  return () => (now() - start) / 1000;
}

/** Works, and tells how it ended: 'ok', or the code of the error that is thrown on. */
export function watched<T>(
  observer: SketchObserver | undefined,
  work: () => T,
  tell: (outcome: string, seconds: number) => void,
): T {
  const seconds = stopwatch(observer);
  let outcome = 'ok';
  try {
    return work();
  } catch (error) {
    outcome = (error as { code: string }).code;
    throw error;
  } finally {
    tell(outcome, seconds());
  }
}

/** Reads bytes, and tells of it. */
export function watchedDecode<T>(
  bytes: Uint8Array,
  decode: () => T,
  observer: SketchObserver | undefined = ambient.observer,
): T {
  return watched(observer, decode, (outcome, seconds) =>
    observer?.onDeserialize?.({ bytes: bytes.length, outcome, seconds }),
  );
}

/** One event for each level that was compacted since `before`, the state's counters then. */
export function notifyCompactions(
  observer: SketchObserver | undefined,
  before: ArrayLike<number>,
  state: SketchState,
): void {
  const { compactions, sizes } = state;
  compactions.forEach((now, level) => {
    const count = (now >>> 1) - ((before[level] ?? 0) >>> 1);
    if (count > 0) observer?.onCompaction?.({ level, compactions: count, population: sizes[level] });
  });
}
