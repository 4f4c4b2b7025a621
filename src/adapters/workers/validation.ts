/**
 * Validation of what is stored, in the background: closed parts of buckets are read from storage, decoded and encoded
 * again, some at a time, all of them in turn. Damage is found before somebody asks for it, and while a backup of before
 * is still there.
 */
import { KllSketch } from '../../sketch/sketch.js';
import { BUCKET_COLUMNS, type StoredBucket } from './buckets.js';
import { codeOf } from './error-code.js';
import { readBucket } from './part-merge.js';
import type { SeriesStore } from './series-store.js';

/** Ten or twenty milliseconds of work. */
const PARTS_A_STEP = 256;
/** A round takes no longer, however much is stored: backups are kept for longer than that. */
const ROUND_MS = 24 * 60 * 60_000;

/** Inside a transaction. */
export function planValidation(store: SeriesStore, now: number): void {
  const { validateMs = 0 } = store.state.config;
  if (validateMs > 0) store.schedule.planBy('validate', '', now + validateMs);
}

/** A step of an alarm. @returns when to come back; undefined when validation is off, or there is nothing */
export function validate(store: SeriesStore, now: number): number | undefined {
  const { validateMs = 0 } = store.state.config;
  if (validateMs === 0 || store.series.count === 0) return undefined;
  const { parts, bytes } = store.transaction(() => validateNext(store));
  if (parts < PARTS_A_STEP) return now + validateMs;
  // What was read is a share of what is stored, and takes that share of a round at most.
  return now + Math.min(validateMs, (ROUND_MS * bytes) / store.sql.databaseSize);
}

/**
 * Inside a transaction: the parts behind the last one, from the first again after the last of all.
 * @returns how many they were, and the bytes of their images
 */
function validateNext(store: SeriesStore): { parts: number; bytes: number } {
  const { sql, counters } = store;
  const { row } = sql.exec<{ row: number }>('SELECT row FROM validation').one();
  const found = sql.exec<StoredBucket>(
    `SELECT ${BUCKET_COLUMNS}, image FROM buckets
       WHERE row > ? AND closes IS NULL AND code IS NULL ORDER BY row LIMIT ?`,
    row,
    PARTS_A_STEP,
  );
  let last = 0;
  let parts = 0;
  let bytes = 0;
  const damaged: { part: StoredBucket; code: string; image: Uint8Array }[] = [];
  for (const part of found) {
    const image = new Uint8Array(part.image);
    const code = faultOf(part, image);
    if (code !== undefined) damaged.push({ part, code, image });
    last = part.row;
    parts++;
    bytes += image.length;
  }
  const next = parts === PARTS_A_STEP ? last : 0;
  if (next !== row) sql.exec('UPDATE validation SET row = ?', next);
  for (const { part, code, image } of damaged) store.setAside(part, code, image);
  counters.validated(parts, damaged.length);
  return { parts, bytes };
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
