/** What bytes are that a reader does not take, told by how they begin. */
import { SketchDataError } from '../core/errors.js';

/** A name, and what reads it; nothing for bytes that begin like none of ours. */
function looksLike([a, b, c, d]: Uint8Array): string | undefined {
  if (a === 0xc7) return 'a compact image: KllSketch.fromBytes reads it';
  if (a === 0xc8) return 'a batch: decodeBatch of kll-wasm/batch reads it';
  // Preamble of 2 or 5 ints, serial version 1 to 3, family 15 (KLL).
  if ((a === 2 || a === 5) && b >= 1 && b <= 3 && c === 15) {
    return 'an Apache DataSketches KLL image: fromDataSketches of kll-wasm/formats reads it';
  }
  // "KLL1", "KLL2"
  if (a === 75 && b === 76 && c === 76 && (d === 49 || d === 50)) {
    return `a KLL${d - 48} image: fromKll${d - 48} of kll-wasm/formats reads it`;
  }
  if (a === 0x1f && b === 0x8b) return 'gzip: decompress it first';
  return a === 0x7b ? 'JSON: KllSketch.fromJSON reads it' : undefined;
}

/**
 * The error for bytes that are not in the format a reader expects: it names the right reader where there is one.
 * @param expected name of the format
 */
export function notThisFormat(bytes: Uint8Array, expected: string): SketchDataError {
  const found = looksLike(bytes);
  const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return new SketchDataError(
    found ? 'ERR_FOREIGN_FORMAT' : 'ERR_MAGIC',
    `expected ${expected}, found ${found ?? `bytes that begin with ${start}`}`,
    0,
  );
}
