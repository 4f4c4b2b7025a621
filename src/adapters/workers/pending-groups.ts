/**
 * Batches that queries have seen, decoded: the next query decodes only those that came since, and merges only what they
 * changed. A sequence is kept until it is sealed, and as far as there is room; the rest is decoded for each query.
 */
import { BatchGroups, type Group } from './batch-groups.js';
import type { PendingBatches } from './pending.js';
import { type SealConfig, type SealedRow, sealGroup } from './seal.js';

/** Of one object, as estimated. */
const MOST_BYTES = 4 * 2 ** 20;

interface Kept {
  groups: BatchGroups;
  /** The last batch in it. */
  last: number;
  /** Groups that were merged, and got nothing since. */
  rows: Map<Group, SealedRow>;
}

export class PendingGroups {
  readonly #pending: PendingBatches;
  readonly #mostBytes: number;
  readonly #kept = new Map<number, Kept>();
  #config: SealConfig | undefined;
  /** Batches decoded so far. */
  decoded = 0;

  constructor(pending: PendingBatches, mostBytes = MOST_BYTES) {
    this.#pending = pending;
    this.#mostBytes = mostBytes;
  }

  /** Memory it takes, as estimated. */
  get bytes(): number {
    let bytes = 0;
    for (const { groups, rows } of this.#kept.values()) {
      bytes += groups.bytes;
      for (const { image } of rows.values()) bytes += image.length;
    }
    return bytes;
  }

  /**
   * What a sequence holds, merged per series and minute as sealing would.
   * @param isWanted which series and minutes
   */
  rowsOf(
    sequence: number,
    { workingK, tails, windowMs }: SealConfig,
    isWanted: (key: string, start: number) => boolean,
  ): SealedRow[] {
    const config = { workingK, tails, windowMs };
    if (JSON.stringify(config) !== JSON.stringify(this.#config)) this.#kept.clear();
    this.#config = config;
    const kept = this.#kept.get(sequence) ?? { groups: new BatchGroups(), last: 0, rows: new Map() };
    const batches = this.#pending.batchesOf(sequence, kept.last);
    this.decoded += batches.length;
    const news = new BatchGroups(batches, config);
    const rows: SealedRow[] = [];
    if (batches.length > 0 && this.bytes + news.bytes <= this.#mostBytes) {
      for (const group of kept.groups.addAll(news)) kept.rows.delete(group);
      kept.last = batches[batches.length - 1].batch;
      this.#kept.set(sequence, kept);
    } else {
      for (const group of news) if (isWanted(group.key, group.start)) rows.push(sealGroup(group, config));
    }
    for (const group of kept.groups) {
      if (!isWanted(group.key, group.start)) continue;
      let row = kept.rows.get(group);
      if (!row) kept.rows.set(group, (row = sealGroup(group, config)));
      rows.push(row);
    }
    return rows;
  }

  forget(sequence: number): void {
    this.#kept.delete(sequence);
  }

  /** Forgets sequences that are not pending any more. */
  keepOnly(sequences: readonly number[]): void {
    for (const sequence of this.#kept.keys()) if (!sequences.includes(sequence)) this.#kept.delete(sequence);
  }
}
