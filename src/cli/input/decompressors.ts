/**
 * What pages of Parquet are decompressed by. Where it can be had, by what gives the bytes that it found, never zeros for what is
 * missing: the reader compares their number with the one that the page states. Snappy is the reader's own, which counts as well; a
 * Zstandard frame is as long as its own header says; of LZ4 a page that is short of bytes is not seen.
 */
import { brotliDecompressSync, unzipSync } from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { decompressLz4, decompressLz4Raw, decompressZstd } from 'hyparquet-compressors';

export const compressors: Compressors = {
  GZIP: (input, length) => inflate(unzipSync, input, length),
  BROTLI: (input, length) => inflate(brotliDecompressSync, input, length),
  ZSTD: (input) => decompressZstd(input),
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw,
};

/** A page without values may have no bytes at all, which Node takes for a stream cut short; its limit is at least 1. */
function inflate(by: typeof unzipSync, input: Uint8Array, length: number): Uint8Array {
  return input.length === 0 ? input : by(input, { maxOutputLength: Math.max(1, length) });
}
