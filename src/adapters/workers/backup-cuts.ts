/**
 * Cuts through an ingest object's stream for backups: what came before is with the series objects, what comes after
 * stays here until the cut is released.
 *
 *    hold -> (sequences up to the cut are handed over, later ones wait) -> release; ids until the backup ends
 *
 * What is held back is held in memory and for a bounded time: an object that begins anew holds nothing, and whoever made
 * the cut is told so and makes another. Which ids came after a cut is stored with them: a backup streams for as long as
 * its reader takes, and an object that nobody calls meanwhile leaves memory within seconds.
 */
import type { BatchIds } from './batch-ids.js';
import type { IdsPage } from './contract.js';

/** A backup that died holds nothing back for longer. */
const LONGEST_HOLD_MS = 15_000;
/** Without a sign of life for so long a backup has died, and its cut is forgotten: every batch since costs it a row. */
const LONGEST_SILENCE_MS = 15 * 60_000;
/** Batches taken since a cut: beyond it the cut is given up. */
const MOST_LATER_IDS = 500_000;
const IDS_A_PAGE = 20_000;

interface Hold {
  began: number;
  /** The last sequence before the cut. */
  sequence: number;
}

interface Cut {
  /** When it was made, or its backup last gave a sign of life; the column of that name too. */
  began: number;
  /** Ids that came after it. */
  later: number;
}

export class BackupCuts {
  readonly #sql: SqlStorage;
  readonly #held = new Map<string, Hold>();
  readonly #cuts = new Map<string, Cut>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS cuts (token TEXT PRIMARY KEY, began INTEGER NOT NULL) WITHOUT ROWID;
       CREATE TABLE IF NOT EXISTS cut_ids (token TEXT NOT NULL, id BLOB NOT NULL, PRIMARY KEY (token, id)) WITHOUT ROWID`,
    );
    this.load();
  }

  /** Reads anew what the tables say: after a transaction that failed, too. */
  load(): void {
    this.#cuts.clear();
    const rows = this.#sql.exec<{ token: string; began: number; later: number }>(
      'SELECT token, began, (SELECT count(*) FROM cut_ids AS i WHERE i.token = c.token) AS later FROM cuts AS c',
    );
    for (const { token, began, later } of rows) this.#cuts.set(token, { began, later });
  }

  /** Inside a transaction. @param sequence the last one that belongs to the backup */
  hold(token: string, sequence: number, now: number): void {
    this.#forgetOld(now);
    this.end(token);
    this.#sql.exec('INSERT INTO cuts VALUES (?, ?)', token, now);
    this.#cuts.set(token, { began: now, later: 0 });
    this.#held.set(token, { began: now, sequence });
  }

  /** Inside a transaction. The backup is alive. */
  renew(token: string, now: number): void {
    const cut = this.#cuts.get(token);
    if (!cut) return;
    cut.began = now;
    this.#sql.exec('UPDATE cuts SET began = ? WHERE token = ?', now, token);
  }

  /** Up to which sequence may be sealed now; Infinity when no cut is held. */
  limit(now: number): number {
    let limit = Infinity;
    for (const [token, { began, sequence }] of this.#held) {
      if (now - began > LONGEST_HOLD_MS) this.#held.delete(token);
      else limit = Math.min(limit, sequence);
    }
    return limit;
  }

  /** A later sequence leaves all the same: cuts that held it back are broken. */
  breakThrough(): void {
    this.#held.clear();
  }

  /** Inside the transaction that takes a batch. */
  took(id: ArrayBuffer, now: number): void {
    if (this.#cuts.size === 0) return;
    this.#forgetOld(now);
    for (const [token, cut] of this.#cuts) {
      if (cut.later >= MOST_LATER_IDS) this.end(token);
      else {
        this.#sql.exec('INSERT OR IGNORE INTO cut_ids VALUES (?, ?)', token, id);
        cut.later++;
      }
    }
  }

  /** @returns whether nothing later has left since it was held */
  release(token: string, now: number): boolean {
    this.limit(now);
    return this.#held.delete(token);
  }

  /** Inside a transaction. The backup is made, or given up. */
  end(token: string): void {
    this.#held.delete(token);
    if (!this.#cuts.delete(token)) return;
    this.#sql.exec('DELETE FROM cut_ids WHERE token = ?', token);
    this.#sql.exec('DELETE FROM cuts WHERE token = ?', token);
  }

  /** Inside a transaction: as if no backup had ever begun. */
  clear(): void {
    for (const token of [...this.#cuts.keys()]) this.end(token);
  }

  /** Ids that were taken before a cut, page by page; undefined when there is no such cut any more. */
  page(token: string, ids: BatchIds, from?: IdsPage['next']): IdsPage | undefined {
    if (!this.#cuts.has(token)) return undefined;
    const page = ids.page(from, IDS_A_PAGE);
    if (page.ids.length === 0) return page;
    const [first, last] = [page.ids[0].id, page.ids[page.ids.length - 1].id];
    const rows = this.#sql.exec<{ id: ArrayBuffer }>(
      'SELECT id FROM cut_ids WHERE token = ? AND id BETWEEN ? AND ?',
      token,
      first,
      last,
    );
    const later = new Set(rows.toArray().map(({ id }) => nameOf(id)));
    return { ...page, ids: page.ids.filter(({ id }) => !later.has(nameOf(id))) };
  }

  #forgetOld(now: number): void {
    for (const [token, { began }] of this.#cuts) if (now - began > LONGEST_SILENCE_MS) this.end(token);
  }
}

function nameOf(id: ArrayBuffer): string {
  return String.fromCharCode(...new Uint8Array(id));
}
