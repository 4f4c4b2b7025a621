/** Bodies in rows: a row of the platform's storage holds less than 2 MB. */
export const CHUNK_BYTES = 1_900_000;

/** The chunk of a body that stands at a place, from 0. */
export function chunkOf(body: ArrayBuffer, part: number): ArrayBuffer {
  return body.slice(part * CHUNK_BYTES, (part + 1) * CHUNK_BYTES);
}

/** Puts chunks to their places in a body. */
export function joinChunks(
  whole: Uint8Array,
  chunks: Iterable<{ part: number; body: ArrayBuffer }>,
): Uint8Array {
  for (const { part, body } of chunks) whole.set(new Uint8Array(body), part * CHUNK_BYTES);
  return whole;
}
