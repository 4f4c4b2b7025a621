/** One column of a Parquet file, a row group at a time. */
import { type FileMetaData, parquetMetadataAsync, parquetRead, type SchemaElement } from 'hyparquet';
import { CliError, dataError, usageError } from '../exit.js';
import { showNames } from '../output/figures.js';
import type { ByteSource, RandomAccess } from './byte-source.js';
import { asStored, valueReader } from './decimals.js';
import { compressors } from './decompressors.js';
import type { ReadOptions, ValueCollector } from './value-reader.js';

/** Its magic at both ends, and the length of the footer. */
export const LEAST_BYTES = 12;

export async function* readParquet(
  source: ByteSource,
  options: ReadOptions,
  collector: ValueCollector,
): AsyncGenerator<Float64Array> {
  const { name } = source;
  const file = await source.randomAccess();
  try {
    const footer = await guarded(() => readFooter(file), name, 'its footer');
    const element = findColumn(footer, options.column, name);
    const column = element.name;
    const readValue = valueReader(element);
    const metadata = { ...footer, schema: asStored(footer.schema) };
    const rows = metadata.row_groups.reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
    let rowStart = 0;
    for (const [group, { num_rows }] of metadata.row_groups.entries()) {
      const rowEnd = rowStart + Number(num_rows);
      let row = rowStart;
      const where = () => `row ${row}, column ${JSON.stringify(column)}`;
      await guarded(
        async () => {
          // By pages: what onPage throws rejects the promise, what onChunk throws nobody waits for.
          await parquetRead({
            file,
            metadata,
            columns: [column],
            rowStart,
            rowEnd,
            compressors,
            // Decimals may be stored as bytes, which are no text.
            utf8: false,
            onPage: ({ columnData }) => {
              for (let i = 0; i < columnData.length; i++) {
                row++;
                const value = readValue(columnData[i]);
                if (typeof value === 'number' && value - value === 0) collector.add(value);
                else if (typeof value === 'bigint') collector.add(Number(value));
                else if (value === null || value === undefined) collector.missing++;
                else collector.refuse(String(value), where);
              }
            },
          });
          if (row !== rowEnd) throw new Error(`expected ${num_rows} rows, found ${row - rowStart}`);
        },
        name,
        `row group ${group}`,
      );
      rowStart = rowEnd;
      source.share = rowStart / rows;
      yield* collector.drain();
    }
    source.share = 1;
  } finally {
    await file.close();
  }
  yield* collector.finish();
}

async function readFooter(file: RandomAccess): Promise<FileMetaData> {
  const { byteLength } = file;
  if (byteLength < LEAST_BYTES)
    throw new Error(`expected at least ${LEAST_BYTES} bytes, found ${byteLength}`);
  return await parquetMetadataAsync(file);
}

/** Whatever a damaged file makes the reader throw is the file's fault. */
async function guarded<T>(act: () => Promise<T>, name: string, where: string): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw dataError(
      `${name}: cannot read ${where} as Parquet: ${(error as Error).message}`,
      'The file may be damaged or cut short.',
      'ERR_PARQUET',
    );
  }
}

function findColumn(metadata: FileMetaData, column: string | undefined, name: string): SchemaElement {
  // Columns of records and lists lie below a group: their names are not one name.
  const [root, ...elements] = metadata.schema;
  const flat = elements.length === root.num_children ? elements : topLevel(metadata.schema);
  const numeric = flat.filter(isNumeric);
  const choice =
    numeric.length > 0
      ? `Its columns of numbers: ${showNames(numeric.map((element) => element.name))}.`
      : 'It has no column of numbers.';
  if (column === undefined) {
    if (numeric.length === 1) return numeric[0];
    throw usageError(`${name}: which of ${flat.length} columns?`, `Name it with --column. ${choice}`);
  }
  const element = flat.find((candidate) => candidate.name === column);
  if (!element) throw usageError(`${name}: there is no column "${column}"`, choice);
  if (!isNumeric(element)) throw usageError(`${name}: column "${column}" does not hold numbers`, choice);
  return element;
}

function topLevel(schema: SchemaElement[]): SchemaElement[] {
  const found: SchemaElement[] = [];
  const skip = (at: number): number => {
    let next = at + 1;
    for (let i = 0; i < (schema[at].num_children ?? 0); i++) next = skip(next);
    return next;
  };
  for (let at = 1; at < schema.length; at = skip(at)) found.push(schema[at]);
  return found;
}

function isNumeric({
  type,
  converted_type,
  logical_type,
  num_children,
  repetition_type,
}: SchemaElement): boolean {
  if (num_children || repetition_type === 'REPEATED') return false;
  if (logical_type && !['INTEGER', 'DECIMAL', 'FLOAT16'].includes(logical_type.type)) return false;
  if (converted_type && !/^(U?INT_\d+|DECIMAL)$/.test(converted_type)) return false;
  if (type === 'BYTE_ARRAY' || type === 'FIXED_LEN_BYTE_ARRAY') return !!(logical_type || converted_type);
  return type === 'INT32' || type === 'INT64' || type === 'FLOAT' || type === 'DOUBLE';
}
