/** Which format bytes are in, told by how they begin. */
import { SketchDataError } from '../core/errors.js';

export type Format = 'compact' | 'batch' | 'datasketches' | 'kll1' | 'kll2';

/** Name of each format and of the function that reads it. */
const READERS: Record<Format, [name: string, reader: string]> = {
  compact: ['a compact image', 'KllSketch.fromBytes'],
  batch: ['a batch container', 'the batch reader'],
  datasketches: ['an Apache DataSketches KLL image', 'fromDataSketches of kll-wasm/formats'],
  kll1: ['a KLL1 image', 'fromKll1 of kll-wasm/formats'],
  kll2: ['a KLL2 image', 'fromKll2 of kll-wasm/formats'],
};

/**
 * The format that bytes begin like; whether they are sound is for its reader to say.
 * @returns undefined when it is none of ours
 */
export function formatOf(bytes: Uint8Array): Format | undefined {
  const [first, second, third, fourth] = bytes;
  if (first === 0xc7) return 'compact';
  if (first === 0xc8) return 'batch';
  if (first === 0x4b && second === 0x4c && third === 0x4c) {
    return fourth === 0x31 ? 'kll1' : fourth === 0x32 ? 'kll2' : undefined;
  }
  // Preamble of 2 or 5 ints, serial version 1 to 3, family 15 (KLL).
  if ((first === 2 || first === 5) && second >= 1 && second <= 3 && third === 15) return 'datasketches';
  return undefined;
}

/** The error for bytes that are not in the format a reader expects: it names the right reader where there is one. */
export function notThisFormat(bytes: Uint8Array, expected: Format): SketchDataError {
  const found = formatOf(bytes);
  const [name] = READERS[expected];
  if (found === undefined || found === expected) {
    const advice = wrapped(bytes);
    if (advice) return new SketchDataError('ERR_FOREIGN_FORMAT', `expected ${name}, found ${advice}`, 0);
    const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    return new SketchDataError('ERR_MAGIC', `expected ${name}, found bytes that begin with ${start}`, 0);
  }
  const [foundName, reader] = READERS[found];
  return new SketchDataError(
    'ERR_FOREIGN_FORMAT',
    `this is ${foundName}, not ${name}: read it with ${reader}`,
    0,
  );
}

/** What bytes are often wrapped in, and what to do about it. */
function wrapped(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip: decompress it first';
  if (bytes[0] === 0x7b) return 'JSON: read it with KllSketch.fromJSON';
  return undefined;
}
