/** Whether there is room for more: in an ingest object, and in the series objects that its rows go to. */

/** Asking for the size of the storage costs more than a take may. */
const TAKES_A_MEASUREMENT = 64;
/** So long a series object counts for as large as it told; then batches are taken until it tells again. */
const TOLD_MS = 60_000;

export class Room {
  readonly #sql: SqlStorage;
  #bytes = 0;
  #takesToMeasurement = 0;
  /** By slot. */
  readonly #owners = new Map<number, { bytes: number; at: number }>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** A series object has told how large it is; those of a former release do not. */
  told(slot: number, bytes: number | undefined, now: number): void {
    if (bytes !== undefined) this.#owners.set(slot, { bytes, at: now });
  }

  /** @param most bytes of each object */
  isFull(most: number, now: number): boolean {
    if (this.#takesToMeasurement-- <= 0 || this.#bytes >= most) {
      this.#bytes = this.#sql.databaseSize;
      this.#takesToMeasurement = TAKES_A_MEASUREMENT;
    }
    if (this.#bytes >= most) return true;
    for (const { bytes, at } of this.#owners.values()) if (bytes >= most && now < at + TOLD_MS) return true;
    return false;
  }

  /** Owners were emptied too. */
  clear(): void {
    this.#owners.clear();
  }
}
