/**
 * Cuts through an ingest object's stream for backups: what came before is with the series objects, what comes after
 * stays here until the cut is released.
 *
 *    hold -> (sequences up to the cut are handed over, later ones wait) -> release; ids until the backup ends
 *
 * A cut lives in memory and for a bounded time: an object that begins anew has none, and whoever made it is told so and
 * makes another.
 */
import type { BatchIds } from './batch-ids.js';
import type { IdsPage } from './contract.js';

/** A backup that died holds nothing back for longer. */
const LONGEST_HOLD_MS = 15_000;
/** Cuts of backups that died are forgotten after. */
const LONGEST_CUT_MS = 3_600_000;
/** Batches taken since a cut, remembered by id: beyond it the cut is given up. */
const MOST_LATER_IDS = 500_000;
const IDS_A_PAGE = 20_000;

interface Cut {
  began: number;
  /** The last sequence before it. */
  sequence: number;
  isHolding: boolean;
  /** Ids that were taken after it: not part of the backup. */
  later: Set<string>;
}

export class BackupCuts {
  readonly #cuts = new Map<string, Cut>();

  /** @param sequence the last one that belongs to the backup */
  hold(token: string, sequence: number, now: number): void {
    for (const [name, cut] of this.#cuts) if (now - cut.began > LONGEST_CUT_MS) this.#cuts.delete(name);
    this.#cuts.set(token, { began: now, sequence, isHolding: true, later: new Set() });
  }

  /** Up to which sequence may be sealed now; Infinity when no cut is held. */
  limit(now: number): number {
    let limit = Infinity;
    for (const cut of this.#cuts.values()) {
      if (now - cut.began > LONGEST_HOLD_MS) cut.isHolding = false;
      if (cut.isHolding) limit = Math.min(limit, cut.sequence);
    }
    return limit;
  }

  /** A later sequence leaves all the same: cuts that held it back are broken. */
  breakThrough(): void {
    for (const cut of this.#cuts.values()) cut.isHolding = false;
  }

  /** A batch was taken. */
  took(id: ArrayBuffer): void {
    for (const [token, { later }] of this.#cuts) {
      if (later.size >= MOST_LATER_IDS) this.#cuts.delete(token);
      else later.add(nameOf(id));
    }
  }

  /** @returns whether nothing later has left since it was held */
  release(token: string, now: number): boolean {
    this.limit(now);
    const cut = this.#cuts.get(token);
    if (!cut?.isHolding) return false;
    cut.isHolding = false;
    return true;
  }

  /** The backup is made, or given up. */
  end(token: string): void {
    this.#cuts.delete(token);
  }

  /** Ids that were taken before a cut, page by page; undefined when there is no such cut any more. */
  page(token: string, ids: BatchIds, from?: IdsPage['next']): IdsPage | undefined {
    const cut = this.#cuts.get(token);
    if (!cut) return undefined;
    const page = ids.page(from, IDS_A_PAGE);
    return { ...page, ids: page.ids.filter(({ id }) => !cut.later.has(nameOf(id))) };
  }
}

function nameOf(id: ArrayBuffer): string {
  return String.fromCharCode(...new Uint8Array(id));
}
