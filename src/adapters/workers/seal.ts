/**
 * Sealing: batches of one sequence become one sketch for each series and minute, small enough to hand over. Nothing is
 * lost by it: n and sum stay exact, and a row is refused only where it cannot be read.
 */
import { KllSketch } from '../../sketch/sketch.js';
import { BatchGroups, type Group } from './batch-groups.js';
import type { TenantConfig } from './contract.js';
import type { PendingBatch } from './pending.js';

/** What one series holds of one minute. */
export interface SealedRow {
  key: string;
  /** Start of the minute, epoch milliseconds. */
  start: number;
  n: number;
  /** Compact image, working k, without state. */
  image: Uint8Array;
}

export interface Sealed {
  rows: SealedRow[];
  /** Batches that cannot be read, and why. */
  unreadable: BatchGroups['unreadable'];
  /** Sketches and lists of values that were merged. */
  merged: number;
}

export type SealConfig = Pick<TenantConfig, 'workingK' | 'tails' | 'windowMs'>;

/** Merges batches per series and minute. */
export function sealBatches(batches: readonly PendingBatch[], config: SealConfig): Sealed {
  const groups = new BatchGroups(batches, config);
  const rows = Array.from(groups, (group) => sealGroup(group, config));
  return { rows, unreadable: groups.unreadable, merged: groups.sources };
}

/** Merges what came of one series and minute; it stays as it is. */
export function sealGroup(
  { key, start, n, sketches, values }: Group,
  { workingK, tails }: Omit<SealConfig, 'windowMs'>,
): SealedRow {
  const sources = [...sketches];
  if (values.length > 0) {
    const raw = new KllSketch({ k: workingK, tails });
    for (const some of values) raw.extend(some);
    sources.push(raw);
  }
  const sketch =
    sources.length === 1 && values.length > 0
      ? sources[0]
      : KllSketch.mergeAll(sources, { k: workingK, tails });
  return { key, start, n, image: sketch.toBytes({ state: false }) };
}
