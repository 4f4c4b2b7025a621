/**
 * Validation of what is stored, in the background: closed parts of buckets are read from storage, decoded and encoded
 * again, some at a time, all of them in turn. Damage is found before somebody asks for it, and while a backup of before
 * is still there.
 */
import { KllSketch } from '../../sketch/sketch.js';
import type { StoredBucket } from './buckets.js';
import { codeOf } from './error-code.js';
import { readBucket } from './part-merge.js';
import type { SeriesStore } from './series-store.js';

/** Some milliseconds of work. */
const PARTS_A_STEP = 64;

/** Inside a transaction. */
export function planValidation(store: SeriesStore, now: number): void {
  const { validateMs = 0 } = store.state.config;
  if (validateMs > 0) store.schedule.planBy('validate', '', now + validateMs);
}

/** A step of an alarm. @returns when to come back; undefined when validation is off, or there is nothing */
export function validate(store: SeriesStore, now: number): number | undefined {
  const { validateMs = 0 } = store.state.config;
  if (validateMs === 0 || store.series.count === 0) return undefined;
  store.transaction(() => validateNext(store));
  return now + validateMs;
}

/** Inside a transaction: the parts behind the last one, from the first again after the last of all. */
function validateNext(store: SeriesStore): void {
  const { sql, counters } = store;
  const { row } = sql.exec<{ row: number }>('SELECT row FROM validation').one();
  const parts = sql
    .exec<StoredBucket>(
      `SELECT row, series, level, start, part, version, n, closes, closing, code, image FROM buckets
         WHERE row > ? AND closes IS NULL AND code IS NULL ORDER BY row LIMIT ?`,
      row,
      PARTS_A_STEP,
    )
    .toArray();
  const last = parts.length === PARTS_A_STEP ? parts[PARTS_A_STEP - 1].row : 0;
  if (last !== row) sql.exec('UPDATE validation SET row = ?', last);
  let failed = 0;
  for (const part of parts) {
    const image = new Uint8Array(part.image);
    const code = faultOf(part, image);
    if (code === undefined) continue;
    failed++;
    store.setAside(part, code, image);
  }
  counters.validated(parts.length, failed);
}

/** Why a stored part is not what it was; undefined when it is. */
function faultOf(part: StoredBucket, image: Uint8Array): string | undefined {
  try {
    const sketch = readBucket(part, image);
    const again = sketch.toBytes({ state: false });
    // Another release may have encoded it otherwise: then it must decode to the same.
    const isSame = isEqual(again, image) || holdsSame(KllSketch.fromBytes(again), sketch);
    return isSame ? undefined : 'ERR_ROUND_TRIP';
  } catch (error) {
    return codeOf(error);
  }
}

/** Whether two sketches answer every question alike. */
export function holdsSame(a: KllSketch, b: KllSketch): boolean {
  for (const part of [
    'n',
    'k',
    'minK',
    'min',
    'max',
    'sum',
    'variance',
    'tailGuarantee',
    'numRetained',
  ] as const) {
    if (!Object.is(a[part], b[part])) return false;
  }
  const others = b[Symbol.iterator]();
  for (const { item, weight } of a) {
    const other = others.next().value as { item: number; weight: number };
    if (!Object.is(item, other.item) || weight !== other.weight) return false;
  }
  return true;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
