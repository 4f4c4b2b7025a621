/**
 * What an ingest object holds, asked for page by page: more may wait than goes into one call.
 *
 * Each row counts by its sequence and the owner of its series alone, so pages need not be of one moment: they go through
 * sequences, minutes and keys in order, a row that is gone from a later page was applied, and one that came to an earlier
 * one was taken after the query began.
 */
import { callBytes, MOST_CALL_BYTES, MOST_QUERY_BYTES } from './call-bytes.js';
import type { PendingAnswer, PendingPlace } from './contract.js';
import { AT_ONCE } from './fan-out.js';
import { FIRST_PLACE } from './pending-place.js';

/** Room for what waits, for all ingest objects of a query together: hours may wait behind a pause. */
export class PendingRoom {
  /** Bytes of one page: those that are asked for at once go into it together. */
  readonly page: number;
  readonly #most: number;
  #held = 0;

  /** @param objects how many are asked */
  constructor(objects: number, most = MOST_QUERY_BYTES) {
    this.#most = most;
    this.page = Math.min(MOST_CALL_BYTES, Math.floor(most / Math.min(objects, AT_ONCE)));
  }

  /** Bytes that lie in it. */
  get held(): number {
    return this.#held;
  }

  /** More came than there is room for: no answer is whole then. */
  get isFull(): boolean {
    return this.#held > this.#most;
  }

  take(rows: PendingAnswer['rows']): void {
    for (const row of rows) this.#held += callBytes(row);
  }
}

/** All pages as one answer; no further ones once the room is full. @param ask for the page behind a place */
export async function pendingPages(
  ask: (after: PendingPlace) => Promise<PendingAnswer>,
  room: PendingRoom,
): Promise<PendingAnswer> {
  const whole = await ask(FIRST_PLACE);
  room.take(whole.rows);
  for (let after = whole.next; after && !room.isFull; ) {
    const { rows, ringVersion, oldest, next } = await ask(after);
    room.take(rows);
    for (const row of rows) whole.rows.push(row);
    whole.ringVersion = Math.max(whole.ringVersion, ringVersion);
    if (oldest !== undefined) whole.oldest = Math.min(whole.oldest ?? Infinity, oldest);
    after = next;
  }
  delete whole.next;
  return whole;
}
