/** Batches that lie in files, as senders posted them or as an edge captured them: containers, or JSON. */
import { KllSketch } from '../../index.js';
import { type Batch, type BatchSeries, decodeBatch, encodeBatch } from '../../sketch/batch.js';
import { fromBase64Url } from '../../wire/base64url.js';
import { BATCH_MAGIC, type BatchLimits } from '../../wire/batch.js';

/** What is read of one's own files: more than any edge takes. */
export const OWN_LIMITS: BatchLimits = {
  bytes: 64 * 2 ** 20,
  strings: 1_000_000,
  stringBytes: 65_535,
  series: 1_000_000,
  labels: 255,
  items: 50_000_000,
  n: 2 ** 53,
  k: 65_535,
};

export interface RecordedBatch {
  contentType: string;
  /** As it is sent. */
  body: Uint8Array;
  /** What is in it; undefined where it cannot be read: it is sent all the same, to be refused as it was. */
  series: BatchSeries[] | undefined;
  /** 32 hex digits; undefined where it cannot be read. */
  id: string | undefined;
}

/** @param now when it shall have been made, epoch milliseconds; absent: when it says, with the very same bytes */
export function readRecordedBatch(bytes: Uint8Array, now?: number): RecordedBatch {
  const isContainer = bytes[0] === BATCH_MAGIC;
  const contentType = isContainer ? 'application/vnd.kll.batch' : 'application/json';
  try {
    const batch = isContainer ? decodeBatch(bytes, OWN_LIMITS) : readJson(bytes);
    const { series } = batch;
    const id = Buffer.from(batch.id).toString('hex');
    const body = now === undefined ? bytes : restamped(bytes, batch, isContainer, now);
    return { contentType, body, series, id };
  } catch {
    return { contentType, body: bytes, series: undefined, id: undefined };
  }
}

/** The id stays: what is sent twice is known. A key that travels inside is of another edge. */
function restamped(bytes: Uint8Array, { id, series }: Batch, isContainer: boolean, now: number): Uint8Array {
  if (isContainer) return encodeBatch({ id, created: now, series });
  const json = JSON.parse(new TextDecoder().decode(bytes)) as object;
  return new TextEncoder().encode(JSON.stringify({ ...json, created: now }));
}

interface JsonSeries {
  name: string;
  labels?: Record<string, string>;
  ageMs?: number;
  values?: number[];
  sketch?: string | { bytes: string };
}

/** @throws TypeError, SketchDataError, SyntaxError for what is no batch: the edge says what is wrong with it */
function readJson(bytes: Uint8Array): Batch {
  const { batchId, created, series } = JSON.parse(new TextDecoder().decode(bytes)) as {
    batchId: string;
    created?: number;
    series: JsonSeries[];
  };
  return {
    id: Buffer.from(batchId, 'hex'),
    created: created ?? 0,
    series: series.map(({ name, labels = {}, ageMs: age = 0, values, sketch }) => {
      if (values) return { name, labels, age, values: Float64Array.from(values) };
      const text = typeof sketch === 'string' ? sketch : sketch!.bytes;
      return { name, labels, age, sketch: KllSketch.fromBytes(fromBase64Url(text)) };
    }),
  };
}
