/**
 * A pause of the steps that an object does by itself, for maintenance: it has an end, so that it cannot be forgotten.
 * An object that came into being during a pause knows it by its tenant's configuration.
 */
import type { TenantConfig } from './contract.js';
import type { Schedule } from './schedule.js';

interface PauseContext {
  config: TenantConfig | undefined;
  now: number;
  schedule: Pick<Schedule<string>, 'move'>;
}

export class Pause {
  readonly #sql: SqlStorage;
  #until: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS pause (one INTEGER PRIMARY KEY CHECK (one = 1), until INTEGER NOT NULL)',
    );
    this.load();
  }

  /** Reads anew what the table says: after a transaction that failed, too. */
  load(): void {
    this.#until = this.#sql.exec<{ until: number }>('SELECT until FROM pause').toArray()[0]?.until;
  }

  /** When the pause ends, epoch milliseconds; undefined when there is none now. */
  end(config: TenantConfig | undefined, now: number): number | undefined {
    const until = this.#until ?? config?.pausedUntil ?? 0;
    return now < until ? until : undefined;
  }

  /**
   * Inside a transaction: begins a pause, or gives it another end. What waits for the end that was, waits for the new one.
   * @param until epoch milliseconds; a time that has passed ends it
   */
  set(until: number, { config, now, schedule }: PauseContext): void {
    const before = this.end(config, now);
    if (before !== undefined) schedule.move(before, Math.max(until, now));
    this.#sql.exec('INSERT INTO pause VALUES (1, ?) ON CONFLICT DO UPDATE SET until = excluded.until', until);
    this.#until = until;
  }

  /** Inside a transaction. */
  clear(): void {
    this.#sql.exec('DELETE FROM pause');
    this.#until = undefined;
  }
}
