/** The order in which rows that wait are told: by sequence, minute and key. Sequences are sealed in theirs. */
import type { PendingPlace } from './contract.js';

/** Before all rows. */
export const FIRST_PLACE: PendingPlace = { sequence: 0, start: -Infinity, key: '' };

export function comparePlaces(a: PendingPlace, b: PendingPlace): number {
  return a.sequence - b.sequence || a.start - b.start || (a.key < b.key ? -1 : Number(a.key > b.key));
}
