/** One number a line. */
import { usageError } from '../exit.js';
import type { ByteSource } from './byte-source.js';
import { linesOf } from './lines.js';
import type { ReadOptions, ValueCollector } from './value-reader.js';

export async function* readTextLines(
  source: ByteSource,
  options: ReadOptions,
  collector: ValueCollector,
): AsyncGenerator<Float64Array> {
  if (options.column !== undefined) {
    throw usageError(
      `${source.name}: plain text has no column "${options.column}"`,
      'Say --format csv, tsv, ndjson or parquet if that is what it is.',
    );
  }
  let line = 0;
  const where = () => `line ${line}`;
  for await (const lines of linesOf(source.chunks(), source.name)) {
    for (const text of lines) {
      line++;
      collector.addText(text, where);
    }
    yield* collector.drain();
  }
  yield* collector.finish();
}
