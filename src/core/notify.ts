/** Telling an observer what happened. Without an observer nothing here runs. */
import type { SketchObserver } from './observer.js';
import type { SketchState } from './state.js';

/** Seconds since it was made, on the observer's clock; 0 without one. */
export class Stopwatch {
  readonly #start: number;
  readonly #observer: SketchObserver | undefined;
  constructor(observer: SketchObserver | undefined) {
    this.#observer = observer;
    this.#start = observer?.now ? observer.now() : 0;
  }
  get seconds(): number {
    return this.#observer?.now ? (this.#observer.now() - this.#start) / 1000 : 0;
  }
}

/** One event for each level that was compacted since `before`, the state's counters then. */
export function notifyCompactions(
  observer: SketchObserver | undefined,
  before: Uint32Array,
  state: SketchState,
): void {
  const { compactions, sizes } = state;
  for (let level = 0; level < compactions.length; level++) {
    const count = (compactions[level] >>> 1) - ((before[level] ?? 0) >>> 1);
    if (count > 0) observer?.onCompaction?.({ level, compactions: count, population: sizes[level] });
  }
}
