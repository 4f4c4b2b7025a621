/** Delimited text by RFC 4180: a header, quoted fields, quoted line ends. */
import { CsvError, type Options, parse } from 'csv-parse';
import { CliError, dataError, usageError } from '../exit.js';
import { showNames } from '../output/figures.js';
import type { ByteSource } from './byte-source.js';
import type { ReadOptions, ValueCollector } from './value-reader.js';

export async function* readCsv(
  source: ByteSource,
  options: ReadOptions,
  collector: ValueCollector,
): AsyncGenerator<Float64Array> {
  const { name } = source;
  const hasHeader = options.header !== false;
  let index = -1;
  let label = '';
  let fields = 0;
  let line = 0;
  const where = () => `line ${line}, column ${JSON.stringify(label)}`;
  // Records are taken as they are recognised: as stream objects they cost three times as much.
  const onRecord = (record: string[], context: { lines: number }): null => {
    line = context.lines;
    if (index < 0) {
      fields = record.length;
      index = findColumn(record, options.column, hasHeader, name);
      label = hasHeader ? record[index].trim() : String(index + 1);
      if (hasHeader) return null;
    }
    // Its values stand in other columns than they should: a decimal comma makes two of one.
    if (record.length > fields && record.slice(fields).some((field) => field.trim() !== ''))
      collector.refuse(`${record.length} fields, not ${fields}`, where);
    else collector.addText(record[index] ?? '', where);
    return null;
  };
  const parser = parse({
    bom: true,
    delimiter: options.delimiter ?? ',',
    // Said, because what ends the first line need not end the others: files are put together from many.
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    relax_column_count: collector.skipInvalid,
    skip_records_with_error: false,
    on_record: onRecord,
  } as unknown as Options);
  parser.on('error', () => {}); // reported by the callback of the call that caused it
  const step = (act: (done: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => {
      act((error) => (error ? reject(explain(error, name)) : resolve()));
    });
  try {
    for await (const chunk of source.chunks()) {
      await step((done) => parser.write(chunk, done));
      yield* collector.drain();
    }
    await step((done) => {
      parser.once('error', done);
      parser.end(done);
    });
  } finally {
    parser.destroy();
  }
  yield* collector.finish();
  if (index < 0)
    throw dataError(`${name}: no records`, hasHeader ? 'The first record names the columns.' : undefined);
}

function findColumn(record: string[], column: string | undefined, hasHeader: boolean, name: string): number {
  const names = record.map((field) => field.trim());
  if (column === undefined) {
    if (record.length === 1) return 0;
    throw usageError(
      `${name}: which of ${record.length} columns?`,
      `Name it with --column${list(names, hasHeader)}`,
    );
  }
  if (hasHeader) {
    const at = names.indexOf(column);
    if (at >= 0 && names.indexOf(column, at + 1) < 0) return at;
    if (at >= 0)
      throw usageError(`${name}: there is more than one column "${column}"`, 'Give its position, from 1.');
  }
  const position = /^[1-9]\d*$/.test(column) ? Number(column) : 0;
  if (position >= 1 && position <= record.length) return position - 1;
  throw usageError(
    `${name}: there is no column "${column}"`,
    `Choose one with --column${list(names, hasHeader)}`,
  );
}

function list(names: string[], hasHeader: boolean): string {
  if (!hasHeader) return ` 1..${names.length}.`;
  return `: ${showNames(names)}.`;
}

function explain(error: Error, name: string): Error {
  if (error instanceof CliError) return error;
  if (!(error instanceof CsvError)) return error;
  const { lines } = error as CsvError & { lines?: number };
  const where = lines === undefined ? '' : `line ${lines}: `;
  const hint =
    error.code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH'
      ? 'Check the delimiter (--delimiter) and decimal commas, or use --skip-invalid to leave out records of more fields.'
      : 'Check the quotes and the delimiter (--delimiter).';
  return dataError(
    `${name}: ${where}${error.message.replace(/ on line \d+/, '').replace(/ at line \d+/, '')}`,
    hint,
  );
}
