/** JSON records, one a line: a field of each, or the records themselves where they are numbers. */
import { dataError } from '../exit.js';
import { showNames } from '../output/figures.js';
import type { ByteSource } from './byte-source.js';
import { linesOf } from './lines.js';
import type { ReadOptions, ValueCollector } from './value-reader.js';

export async function* readNdjson(
  source: ByteSource,
  options: ReadOptions,
  collector: ValueCollector,
): AsyncGenerator<Float64Array> {
  const { column } = options;
  let line = 0;
  const field = column === undefined ? '' : `, field "${column}"`;
  const where = () => `line ${line}${field}`;
  let found = column === undefined;
  for await (const lines of linesOf(source.chunks(), source.name)) {
    for (const text of lines) {
      line++;
      if (text.trim() === '') {
        collector.missing++;
        continue;
      }
      let record: unknown;
      try {
        record = JSON.parse(text);
      } catch (error) {
        if (collector.skipInvalid) {
          collector.invalid++;
          continue;
        }
        throw dataError(
          `${source.name}: line ${line}: not JSON: ${(error as Error).message}`,
          line === 1 && /^\s*\[/.test(text)
            ? "One JSON array is not NDJSON: write one record a line, for instance with jq -c '.[]'."
            : 'NDJSON has one whole record a line. --skip-invalid leaves out the others.',
        );
      }
      if (line === 1 && Array.isArray(record)) {
        throw dataError(
          `${source.name}: line 1: a JSON array, expected one record a line`,
          "Write one record a line, for instance with jq -c '.[]'.",
        );
      }
      const value = column === undefined ? record : fieldOf(record, column);
      if (value !== undefined) found = true;
      if (typeof value === 'number' && value - value === 0) collector.add(value);
      else if (value === undefined || value === null) collector.missing++;
      else if (column === undefined && typeof value === 'object' && !collector.skipInvalid) {
        throw dataError(
          `${source.name}: line ${line}: a record, expected a number`,
          `Name the field with --column. The record has: ${showNames(Object.keys(value))}.`,
        );
      } else collector.refuse(describe(value), where);
    }
    yield* collector.drain();
  }
  yield* collector.finish();
  if (!found && line > 0) {
    throw dataError(`${source.name}: no record has a field "${column}"`, 'Nested fields are named a.b.c.');
  }
}

/** The field of that very name, or the one its dots lead to. */
function fieldOf(record: unknown, column: string): unknown {
  if (typeof record !== 'object' || record === null) return undefined;
  if (Object.hasOwn(record, column)) return (record as Record<string, unknown>)[column];
  let value: unknown = record;
  for (const name of column.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function describe(value: unknown): string {
  if (typeof value === 'number') return 'a number beyond the range of a double';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
