/**
 * What an object has to do later: one table (kind, key, at), and one alarm for its earliest entry.
 *
 *    transaction -> plan(kind, key, at) ... committed -> alarm at the earliest -> run: handlers of what is due
 *
 * A handler does a bounded piece of work and may be interrupted anywhere: it runs again, for its entry is forgotten
 * only after it has returned. What it throws is told and tried again later, with growing pauses. One that waits for
 * another object longer than a slice goes on beside the alarm: nothing else that is due waits for it.
 */

/** Does what is due. Returns when to come back (epoch milliseconds), or undefined when all is done. */
export type Handler = (key: string, now: number) => number | undefined | Promise<number | undefined>;

export interface ScheduleOptions<Kind extends string> {
  handlers: Readonly<Record<Kind, Handler>>;
  /** Told of what a handler throws: count it, log it. */
  onFailure(kind: Kind, error: unknown): void;
}

/** An alarm runs handlers for so long, then lets requests in and comes back at once. */
const SLICE_MS = 1_000;
/** The clock may stand still while nothing waits for storage or network, so handlers are counted too. */
const SLICE_HANDLERS = 64;
/** An entry whose handler goes on beside the alarm is looked at again after so long: its object may have died with it. */
const LOOK_AGAIN_MS = 5_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** An alarm that is so late was lost. */
const LOST_MS = 60_000;

interface Entry {
  [column: string]: SqlStorageValue;
  kind: string;
  key: string;
  at: number;
  failures: number;
}

/** An entry whose handler waits. */
interface UnderWay extends Pick<Entry, 'kind' | 'key' | 'at'> {
  /** The alarm does not wait for it any more. */
  isBeside: boolean;
  /** It was planned anew meanwhile. */
  isWanted: boolean;
}

export class Schedule<Kind extends string> {
  readonly #storage: DurableObjectStorage;
  readonly #options: ScheduleOptions<Kind>;
  /** When the alarm is set for; Infinity when it is not. */
  #armed = Infinity;
  /** Earliest entry planned since the alarm was last set. */
  #planned = Infinity;
  /** Handlers are being called: what they plan the same alarm comes to, or sets the next for. */
  #isCalling = false;
  readonly #underWay = new Set<UnderWay>();

  constructor(storage: DurableObjectStorage, options: ScheduleOptions<Kind>) {
    this.#storage = storage;
    this.#options = options;
    storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS schedule (kind TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL,
         failures INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, key)) WITHOUT ROWID`,
    );
  }

  /** Sets the alarm if it is missing: for constructors, inside `blockConcurrencyWhile`. */
  async restore(): Promise<void> {
    this.#armed = (await this.#storage.getAlarm()) ?? Infinity;
    this.#armEarliest();
  }

  /**
   * Runs `body` as one transaction: all of it is stored, or, when it throws, nothing. What it planned has its alarm
   * in the same commit.
   */
  transaction<T>(body: () => T): T {
    const planned = this.#planned;
    try {
      const result = this.#storage.transactionSync(body);
      this.#arm();
      return result;
    } catch (error) {
      this.#planned = planned;
      throw error;
    }
  }

  /** Plans an entry, or moves it. Inside `transaction`. @param at epoch milliseconds */
  plan(kind: Kind, key: string, at: number): void {
    this.#storage.sql.exec(
      `INSERT INTO schedule (kind, key, at) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET at = excluded.at, failures = 0`,
      kind,
      key,
      Math.ceil(at),
    );
    this.#planned = Math.min(this.#planned, Math.ceil(at));
  }

  /** Plans an entry unless it is planned for as early. Inside `transaction`. @param at epoch milliseconds */
  planBy(kind: Kind, key: string, at: number): void {
    const planned = this.plannedFor(kind, key);
    if (planned === undefined || planned > at) this.plan(kind, key, at);
  }

  /** When an entry is planned for. */
  plannedFor(kind: Kind, key: string): number | undefined {
    const rows = this.#storage.sql.exec<{ at: number }>(
      'SELECT at FROM schedule WHERE kind = ? AND key = ?',
      kind,
      key,
    );
    return rows.toArray()[0]?.at;
  }

  /** Inside a transaction: what waits for a time waits for another. @param to epoch milliseconds */
  move(from: number, to: number): void {
    const at = Math.ceil(to);
    const { rowsWritten } = this.#storage.sql.exec('UPDATE schedule SET at = ? WHERE at = ?', at, from);
    if (rowsWritten > 0) this.#planned = Math.min(this.#planned, at);
  }

  /** Inside `transaction`: nothing is to be done any more. */
  clear(): void {
    this.#storage.sql.exec('DELETE FROM schedule');
  }

  /** When the earliest entry is planned for; Infinity when there is none. */
  get earliest(): number {
    return (
      this.#storage.sql.exec<{ at: number | null }>('SELECT min(at) AS at FROM schedule').one().at ?? Infinity
    );
  }

  /**
   * What is due, earliest first, in a slice of time; then sets the next alarm. An object's `alarm()`. Handlers that wait
   * for others wait together, and no longer than a slice.
   */
  async run(): Promise<void> {
    this.#armed = Infinity;
    try {
      const end = Date.now() + SLICE_MS;
      for (let left = SLICE_HANDLERS; left > 0 && Date.now() <= end; ) {
        const due = this.#due(Date.now(), left);
        if (due.length === 0) break;
        const waiting: Promise<void>[] = [];
        const failures: unknown[] = [];
        this.#isCalling = true;
        for (const entry of due) {
          if (Date.now() > end) break;
          // A handler before it may have done it, or moved it.
          if (this.plannedFor(entry.kind as Kind, entry.key) !== entry.at || this.#putOff(entry)) continue;
          waiting.push(this.#handle(entry).catch((error) => void failures.push(error)));
        }
        this.#isCalling = false;
        // The next round sees it, or the end.
        this.#planned = Infinity;
        left -= due.length;
        await this.#waitFor(waiting);
        // The schedule itself cannot be written: the platform rings again.
        if (failures.length > 0) throw failures[0];
        // Lets requests in between.
        await scheduler.wait(0);
      }
    } finally {
      this.#isCalling = false;
      this.#armEarliest();
    }
  }

  async #handle({ kind, key, at, failures }: Entry): Promise<void> {
    const step: UnderWay = { kind, key, at, isBeside: false, isWanted: false };
    let next: number | undefined;
    let failed = 0;
    try {
      const pending = this.#options.handlers[kind as Kind](key, Date.now());
      if (typeof pending === 'object') {
        this.#underWay.add(step);
        next = await pending;
        if (step.isWanted) next = Date.now();
      } else next = pending;
    } catch (error) {
      failed = failures + 1;
      next = Date.now() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
      this.#options.onFailure(kind as Kind, error);
    } finally {
      this.#underWay.delete(step);
    }
    this.#settle(step, next, failed);
    if (step.isBeside) this.#armEarliest();
  }

  /** Until all have ended, or a slice is over: those that have not are left to themselves. */
  async #waitFor(waiting: readonly Promise<void>[]): Promise<void> {
    const allEnded = new AbortController();
    const slice = scheduler.wait(SLICE_MS, { signal: allEnded.signal }).catch(() => {});
    await Promise.race([Promise.all(waiting), slice]);
    allEnded.abort();
    for (const step of this.#underWay) if (!step.isBeside) this.#leaveBeside(step);
  }

  /** Puts off an entry whose handler has not ended yet. @returns whether that is so */
  #putOff({ kind, key, at }: Entry): boolean {
    for (const step of this.#underWay) {
      if (step.kind !== kind || step.key !== key) continue;
      step.isWanted ||= at !== step.at;
      step.at = at;
      this.#leaveBeside(step);
      return true;
    }
    return false;
  }

  #leaveBeside(step: UnderWay): void {
    const at = Date.now() + LOOK_AGAIN_MS;
    this.#settle(step, at, 0);
    step.at = at;
    step.isBeside = true;
  }

  #due(now: number, limit: number): Entry[] {
    return this.#storage.sql
      .exec<Entry>(
        'SELECT kind, key, at, failures FROM schedule WHERE at <= ? ORDER BY at LIMIT ?',
        now,
        limit,
      )
      .toArray();
  }

  /** Forgets or moves an entry that was dealt with, unless somebody has planned it anew meanwhile. */
  #settle(
    { kind, key, at }: Pick<Entry, 'kind' | 'key' | 'at'>,
    next: number | undefined,
    failures: number,
  ): void {
    const { sql } = this.#storage;
    if (next === undefined) {
      sql.exec('DELETE FROM schedule WHERE kind = ? AND key = ? AND at = ?', kind, key, at);
    } else {
      sql.exec(
        'UPDATE schedule SET at = ?, failures = ? WHERE kind = ? AND key = ? AND at = ?',
        Math.ceil(next),
        failures,
        kind,
        key,
        at,
      );
    }
  }

  #armEarliest(): void {
    this.#planned = this.earliest;
    this.#arm();
  }

  /** Sets the alarm where an entry is earlier than it, or where it was lost. Commits with the writes around it. */
  #arm(): void {
    if (this.#isCalling) return;
    const now = Date.now();
    const lost = this.#armed < now - LOST_MS;
    if (this.#planned < this.#armed || lost) {
      const at = lost ? Math.min(this.#planned, now) : this.#planned;
      this.#armed = at;
      // Not awaited: it is stored with the writes before it, and a failure breaks the object as theirs does.
      void this.#storage.setAlarm(at);
    }
    this.#planned = Infinity;
  }
}
