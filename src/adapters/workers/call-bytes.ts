/**
 * How much of what is stored goes into one call: the platform ends arguments and answers at 32 MiB, and a call that is
 * too large fails each time that it is tried.
 */

/** Of one call: half of what the platform takes. */
export const MOST_CALL_BYTES = 16 * 2 ** 20;

/** Images of one answer, which does not go by parts. */
export const MOST_ANSWER_BYTES = 30 * 2 ** 20;

/**
 * What one query may hold, of all objects: rows that wait in ingest objects, and images of series objects in the room that
 * is left. They lie in a Worker's 128 MB together, with the sketches they become.
 */
export const MOST_QUERY_BYTES = 48 * 2 ** 20;

/** Besides its key and image, at most. */
const BYTES_OF_ROW = 256;

/** What a row takes in a call, at most: a text has two bytes a unit where it is not all Latin. */
export function callBytes({ key, image }: { key: string; image?: ArrayBuffer }): number {
  return BYTES_OF_ROW + 2 * key.length + (image?.byteLength ?? 0);
}

/** The same of stored rows, in SQL. A text has no more units than UTF-8 bytes. */
export const CALL_BYTES = `(${BYTES_OF_ROW} + 2 * length(CAST(key AS BLOB)) + length(image))`;
