/** Generated parts of documents that are written by hand otherwise. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Replaces what stands between two markers of a file. Both must be there. */
export function fill(file: URL, begin: string, end: string, text: string): void {
  const before = readFileSync(file, 'utf8');
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file.pathname} has no markers ${begin} ... ${end}`);
  writeFileSync(file, `${before.slice(0, from + begin.length)}\n\n${text}\n\n${before.slice(to)}`);
}
