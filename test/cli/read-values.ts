/** Reads all numbers of a file as the verbs do. */
import { ByteSource } from '../../src/cli/input/byte-source.js';
import { type DataFormat, detectFormat, readValues } from '../../src/cli/input/detect.js';
import type { ReadOptions } from '../../src/cli/input/value-reader.js';

export type FileOptions = ReadOptions & { format?: DataFormat };

export async function readPath(path: string, options: FileOptions = {}) {
  const source = await ByteSource.open(path);
  const format = options.format ?? detectFormat(source, options.delimiter);
  const { collector, batches } = readValues(source, format, options);
  const values: number[] = [];
  for await (const batch of batches) values.push(...batch);
  if (collector.values !== values.length)
    throw new Error(`${collector.values} values counted, ${values.length} found`);
  return { format, values, missing: collector.missing, invalid: collector.invalid };
}
