/** Batches in the container of docs/formats.md: magic, checksum and structure. */
import { SketchDataError } from '../../core/errors.js';
import { type Batch, decodeBatch } from '../../sketch/batch.js';
import {
  BATCH_ID_BYTES,
  BATCH_MAGIC,
  BATCH_VERSION,
  type BatchLimits,
  KEY_PRESENT,
} from '../../wire/batch.js';
import { Problem } from './problem.js';

/** Codes that say that the bytes are no container at all, or not the one that was sent. */
const NOT_ONE = new Set(['ERR_MAGIC', 'ERR_FOREIGN_FORMAT', 'ERR_VERSION', 'ERR_CHECKSUM', 'ERR_TRUNCATED']);

/**
 * @param limits bounds of the decoder
 * @throws Problem 400 ERR_BODY for bytes that are no container, 400 ERR_BATCH for one that breaks a rule
 */
export function readContainer(bytes: Uint8Array, limits: BatchLimits): Batch {
  try {
    return decodeBatch(bytes, limits);
  } catch (error) {
    if (!(error instanceof SketchDataError)) throw error;
    const { code, what, offset } = error;
    throw new Problem({
      status: 400,
      code: NOT_ONE.has(code) ? 'ERR_BODY' : 'ERR_BATCH',
      detail: NOT_ONE.has(code) ? 'the body is not a whole batch container' : 'the batch is malformed',
      faults: [{ code, detail: what, ...(offset === undefined ? {} : { position: offset }) }],
    });
  }
}

/** The ingest key inside a container, before anything else of it is read; undefined when there is none to be read. */
export function peekKey(bytes: Uint8Array): string | undefined {
  if (bytes[0] !== BATCH_MAGIC || bytes[1] !== BATCH_VERSION || bytes[2] !== KEY_PRESENT) return undefined;
  const at = 3 + BATCH_ID_BYTES + 8;
  const length = bytes[at];
  // One byte of length: no key of ours is longer.
  if (length === undefined || length > 127 || bytes.length < at + 1 + length) return undefined;
  return new TextDecoder().decode(bytes.subarray(at + 1, at + 1 + length));
}
