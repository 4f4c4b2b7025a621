/** Several observers of the same sketches. */
import type { SketchObserver } from '../core/observer.js';

type Hook = Exclude<keyof SketchObserver, 'now'>;

/** All there are, complete by type. */
const HOOKS: Record<Hook, true> = {
  onCreate: true,
  onIngest: true,
  onCompaction: true,
  onMerge: true,
  onQuery: true,
  onSerialize: true,
  onDeserialize: true,
  onCondense: true,
};

/** One observer that tells each of several, in their order; the clock is that of the first that has one. */
export function joinObservers(...observers: readonly SketchObserver[]): SketchObserver {
  const clock = observers.find((observer) => observer.now);
  const joined: Record<string, unknown> = clock ? { now: () => clock.now?.() } : {};
  for (const hook of Object.keys(HOOKS) as Hook[]) {
    const told = observers.filter((observer) => observer[hook]);
    // A hook that nobody has stays absent: what it would be told is not gathered then.
    if (told.length === 0) continue;
    joined[hook] = (...args: unknown[]) => {
      for (const observer of told) (observer[hook] as (...args: unknown[]) => void)(...args);
    };
  }
  return joined as SketchObserver;
}
