/** Bytes cut into lines, however the bytes are cut into chunks. */
import { dataError } from '../exit.js';

/** No number and hardly a record is longer: this is another format. */
const MAX_LINE = 1 << 24;

/**
 * @param name of the input, for errors
 * @returns the lines of each chunk, without their ends (LF or CRLF), BOM removed
 * @throws CliError exit code 3 for bytes that are not UTF-8 and for lines of more than 16 MiB
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let kept = '';
  let count = 0;
  const decode = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw dataError(
        `${name}: after line ${count}: bytes that are not UTF-8 text`,
        'Is it another format? See --format.',
      );
    }
  };
  for await (const chunk of chunks) {
    const text = decode(chunk);
    const lines = text.split('\n');
    lines[0] = kept + lines[0];
    kept = lines.pop()!;
    if (kept.length > MAX_LINE) {
      throw dataError(
        `${name}: line ${count + 1} is longer than 16 MiB`,
        'Is it another format? See --format.',
      );
    }
    count += lines.length;
    if (lines.length > 0) yield withoutReturns(lines);
  }
  kept += decode();
  if (kept !== '') yield withoutReturns([kept]);
}

function withoutReturns(lines: string[]): string[] {
  if (!lines[0].endsWith('\r') && !lines[lines.length - 1].endsWith('\r')) {
    // Mixed ends are rare, and a number's text is trimmed anyway.
    return lines;
  }
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}
