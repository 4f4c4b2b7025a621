/** Are the blobs of a folder whole: sketches of any form, batches, backups, exports? */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DataSketchesType, fromDataSketches } from '../../formats.js';
import { KllSketch } from '../../index.js';
import { decodeBatch } from '../../sketch/batch.js';
import { decodeBucket, RECORD } from '../../wire/backup-records.js';
import { BATCH_MAGIC } from '../../wire/batch.js';
import { checkBackupFile } from '../edge/backup-file.js';
import { OWN_LIMITS } from '../edge/recorded-batch.js';
import { dataError, EXIT, ioError, toCliError } from '../exit.js';
import { ByteSource } from '../input/byte-source.js';
import { readExportedBuckets } from '../input/exported-buckets.js';
import { decodeSketch, readSketchFile, sketchFamily } from '../input/sketch-file.js';

export type BlobKind = 'sketch' | 'batch' | 'backup' | 'export';

export interface StoreReport {
  /** Files that were read, by what they are. */
  whole: Record<BlobKind, number>;
  /** Values in them. */
  values: number;
  /** Files of other kinds. */
  others: number;
  damaged: { file: string; code: string; message: string }[];
}

/** @param onFile is told of each file that was looked at */
export async function checkStore(folder: string, onFile: (files: number) => void): Promise<StoreReport> {
  const report: StoreReport = {
    whole: { sketch: 0, batch: 0, backup: 0, export: 0 },
    values: 0,
    others: 0,
    damaged: [],
  };
  let files = 0;
  for (const file of await filesOf(folder)) {
    try {
      const found = await checkFile(file);
      if (found) {
        report.whole[found.kind]++;
        report.values += found.values;
      } else report.others++;
    } catch (error) {
      const { code, exitCode, message } = toCliError(error);
      if (exitCode === EXIT.internal) throw error;
      report.damaged.push({ file, code, message });
    }
    onFile(++files);
  }
  return report;
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .sort();
  } catch (error) {
    throw ioError('read', folder, error);
  }
}

/** @returns undefined for a file that is none of ours @throws CliError exit code 3 where it is damaged */
async function checkFile(file: string): Promise<{ kind: BlobKind; values: number } | undefined> {
  if (file.endsWith('.kllbackup')) return { kind: 'backup', values: await checkBackup(file) };
  const source = await ByteSource.open(file);
  const { head } = source;
  const isNamed = /\.(kll|sk)$/.test(file);
  if (sketchFamily(head) || isNamed) {
    return { kind: 'sketch', values: decodeSketch(await readSketchFile(source)).n };
  }
  if (head[0] === BATCH_MAGIC || file.endsWith('.kllbatch')) {
    const { series } = decodeBatch(await source.readAll(OWN_LIMITS.bytes), OWN_LIMITS);
    return { kind: 'batch', values: series.reduce((n, one) => n + (one.sketch?.n ?? one.values!.length), 0) };
  }
  if (file.endsWith('.parquet')) return await checkExport(file, await source.readAll());
  await source.close();
  return undefined;
}

async function checkBackup(file: string): Promise<number> {
  const { values } = await checkBackupFile(file, ({ type, ordinal, payload }) => {
    if (type !== RECORD.bucket) return;
    const { bucket, image } = decodeBucket(payload);
    // One that was unreadable when the backup was made is a mark without an image.
    if (bucket.code !== undefined) return;
    const { n } = KllSketch.fromBytes(image);
    if (n !== bucket.n)
      throw dataError(
        `${file}: record ${ordinal} holds ${n} values, ${bucket.n} were counted`,
        undefined,
        'ERR_COUNT',
      );
  });
  return values;
}

/** Parquet of another kind is none of ours. */
async function checkExport(
  file: string,
  bytes: Uint8Array,
): Promise<{ kind: BlobKind; values: number } | undefined> {
  const rows = await readExportedBuckets(bytes, file);
  if (!rows) return undefined;
  let values = 0;
  for (const [i, { n, image }] of rows.entries()) {
    const sketch = fromDataSketches(image, 'double' satisfies DataSketchesType);
    if (sketch.n !== n)
      throw dataError(
        `${file}: row ${i} holds ${sketch.n} values, ${n} were counted`,
        undefined,
        'ERR_COUNT',
      );
    values += n;
  }
  return { kind: 'export', values };
}
