/**
 * What an ingest object holds, asked for page by page: more may wait than goes into one call.
 *
 * Each row counts by its sequence and the owner of its series alone, so pages need not be of one moment: they go through
 * sequences, minutes and keys in order, a row that is gone from a later page was applied, and one that came to an earlier
 * one was taken after the query began.
 */
import type { PendingAnswer, PendingPlace } from './contract.js';
import { FIRST_PLACE } from './pending-place.js';

/** All pages as one answer. @param ask for the page behind a place */
export async function pendingPages(
  ask: (after: PendingPlace) => Promise<PendingAnswer>,
): Promise<PendingAnswer> {
  const whole = await ask(FIRST_PLACE);
  for (let after = whole.next; after; ) {
    const { rows, ringVersion, oldest, next } = await ask(after);
    for (const row of rows) whole.rows.push(row);
    whole.ringVersion = Math.max(whole.ringVersion, ringVersion);
    if (oldest !== undefined) whole.oldest = Math.min(whole.oldest ?? Infinity, oldest);
    after = next;
  }
  delete whole.next;
  return whole;
}
