/**
 * What must be reached, and when it is. The figures come from a machine with the floor and the sort below; where this
 * machine is slower, the same ratios to its own floor or its own sort count instead.
 */

/** ns a value: copy and scan of what fits the caches, and of 1e7 and more; Float64Array.sort at 1e6. */
export const REFERENCE = { cached: 0.4, streamed: 0.77, sort: 78 };

export function referenceFloor(n: number): number {
  return n < 1e7 ? REFERENCE.cached : REFERENCE.streamed;
}

/** The reference sort for n values: its cost grows as log n. */
export function referenceSort(n: number): number {
  return (REFERENCE.sort * Math.log(Math.max(2, Math.min(n, 4e6)))) / Math.log(1e6);
}

export type Verdict = 'met' | 'met by ratio' | 'not met' | '';

export interface Speed {
  /** Values of the stream, for the reference sort; 1e6 where the case has none. */
  n: number;
  floor: number;
  sort: number;
}

/** How much slower than the reference this machine is: by the floor and by the sort, the lesser. */
export function slowness({ n, floor, sort }: Speed): number {
  return Math.max(1, Math.min(floor / referenceFloor(n), sort / referenceSort(n)));
}

export function verdictOf(value: number, target: number | undefined, speed?: Speed): Verdict {
  if (target === undefined) return '';
  if (value <= target) return 'met';
  return speed && value <= target * slowness(speed) ? 'met by ratio' : 'not met';
}
