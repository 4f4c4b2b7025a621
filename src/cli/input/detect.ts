/** Which format an input has: by what it says, by its name, by its first bytes. */
import type { ByteSource } from './byte-source.js';
import { readCsv } from './csv.js';
import { readNdjson } from './ndjson.js';
import { readParquet } from './parquet.js';
import { readTextLines } from './text-lines.js';
import { type ReadOptions, ValueCollector } from './value-reader.js';

export const DATA_FORMATS = ['text', 'csv', 'tsv', 'ndjson', 'parquet'] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];

const EXTENSIONS: Record<string, DataFormat> = {
  txt: 'text',
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  parquet: 'parquet',
};

/**
 * The format of an input of numbers.
 * @param delimiter where one is given, text is delimited
 */
export function detectFormat(source: ByteSource, delimiter?: string): DataFormat {
  if (startsWith(source.head, 'PAR1')) return 'parquet';
  if (delimiter !== undefined) return 'csv';
  const extension = /\.([a-z]+)(?:\.gz)?$/i.exec(source.path ?? '')?.[1].toLowerCase();
  if (extension && Object.hasOwn(EXTENSIONS, extension)) return EXTENSIONS[extension];
  const text = new TextDecoder().decode(source.head).replace(/^\uFEFF/, '');
  if (/^\s*[{[]/.test(text)) return 'ndjson';
  const first = /^\s*([^\n]*)/.exec(text)?.[1] ?? '';
  if (first.trim() === '' || Number.isFinite(Number(first))) return 'text';
  if (first.includes('\t')) return 'tsv';
  if (first.includes(',')) return 'csv';
  // One word above numbers is a table of one column; anything else is text in which the error will be told.
  const second = /^[^\n]*\n([^\n]*)/.exec(text)?.[1] ?? '';
  return second.trim() !== '' && Number.isFinite(Number(second)) && /^[\p{L}_"]/u.test(first)
    ? 'csv'
    : 'text';
}

/** The batches of numbers of an input. */
export function readValues(
  source: ByteSource,
  format: DataFormat,
  options: ReadOptions,
): { collector: ValueCollector; batches: AsyncGenerator<Float64Array> } {
  const collector = new ValueCollector(source.name, options.skipInvalid ?? false);
  const batches = (() => {
    switch (format) {
      case 'text':
        return readTextLines(source, options, collector);
      case 'csv':
        return readCsv(source, options, collector);
      case 'tsv':
        return readCsv(source, { delimiter: '\t', ...options }, collector);
      case 'ndjson':
        return readNdjson(source, options, collector);
      case 'parquet':
        return readParquet(source, options, collector);
    }
  })();
  return { collector, batches };
}

export function startsWith(head: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (head[i] !== text.charCodeAt(i)) return false;
  return true;
}
