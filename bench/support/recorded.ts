/** docs/benchmarks.json: what full runs leave, and what the documents are made from. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const FILE = 'docs/benchmarks.json';

export function recorded(): Record<string, unknown> {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {};
}

/** Replaces one part; the others stay as they were. */
export function record(part: string, report: unknown): void {
  writeFileSync(FILE, `${JSON.stringify({ ...recorded(), [part]: report }, null, 1)}\n`);
}
