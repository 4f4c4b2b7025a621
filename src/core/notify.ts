/** Telling an observer what happened. Without an observer nothing here runs. */
import type { SketchObserver } from './observer.js';
import type { SketchState } from './state.js';

/** Starts now; gives the seconds since, on the observer's clock: 0 without one. */
export function stopwatch(observer: SketchObserver | undefined): () => number {
  const now = () => observer?.now?.() ?? 0;
  const start = now();
  return () => (now() - start) / 1000;
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
