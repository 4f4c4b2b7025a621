/** Whether a merge left a sketch that promises less than it did. */
import { TAILS } from '../core/image.js';
import type { MergeEvent } from '../core/observer.js';

export function isMinKLowered({ minKBefore, minKAfter }: MergeEvent): boolean {
  return minKAfter < minKBefore;
}

export function isTailGuaranteeLowered({ tailGuaranteeBefore, tailGuaranteeAfter }: MergeEvent): boolean {
  return TAILS[tailGuaranteeAfter] < TAILS[tailGuaranteeBefore];
}

export function isWeakened(event: MergeEvent): boolean {
  return isMinKLowered(event) || isTailGuaranteeLowered(event);
}
