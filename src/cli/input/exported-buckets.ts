/** Buckets of an edge's export: Parquet with a count and an Apache image a row. */
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { dataError } from '../exit.js';
import { compressors } from './decompressors.js';
import { LEAST_BYTES } from './parquet.js';

export interface ExportedRow {
  n: number;
  image: Uint8Array;
}

/**
 * @param name what errors call it
 * @returns undefined for Parquet without these columns
 * @throws CliError exit code 3 for what is no Parquet
 */
export async function readExportedBuckets(
  bytes: Uint8Array,
  name: string,
): Promise<ExportedRow[] | undefined> {
  try {
    if (bytes.length < LEAST_BYTES)
      throw new Error(`expected at least ${LEAST_BYTES} bytes, found ${bytes.length}`);
    const isWhole = bytes.length === bytes.buffer.byteLength;
    const file = (isWhole ? bytes : bytes.slice()).buffer as ArrayBuffer;
    const columns = parquetMetadata(file).schema.map((column) => column.name);
    if (!columns.includes('n') || !columns.includes('image')) return undefined;
    const rows = await parquetReadObjects({ file, columns: ['n', 'image'], compressors, utf8: false });
    return rows.map(({ n, image }) => ({ n: Number(n), image: image as Uint8Array }));
  } catch (error) {
    throw dataError(`${name}: no Parquet: ${(error as Error).message}`, undefined, 'ERR_PARQUET');
  }
}
