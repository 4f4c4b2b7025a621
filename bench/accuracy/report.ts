/** Tables of rows, for the terminal and for the guides. */
import { at, failures, type Row } from './measure.js';

/** A share as a percentage with so many significant digits. */
export function percent(share: number, digits = 3): string {
  return share === 0 ? '0' : String(Number((100 * share).toPrecision(digits)));
}

export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.label,
    String(row.trials),
    percent(row.max99),
    percent(row.maxMedian),
    ...[0.5, 0.9, 0.99, 0.999].map((rank) => percent(at(row, rank, row.sd) ?? Number.NaN)),
    String(row.bytes),
    row.bound === undefined ? '-' : percent(row.bound),
    row.bound === undefined ? '-' : (row.bound / row.max99).toFixed(2),
    row.misses === undefined ? '-' : percent(row.misses, 2),
    row.missesAt === undefined ? '-' : percent(Math.max(...row.missesAt), 2),
    failures(row).length ? 'MISSED' : Object.keys(row.limits).length ? 'reached' : '',
  ]);
  const titles = ['', 'trials', 'max99', 'median', 'p50', 'p90', 'p99', 'p99.9', 'bytes'];
  titles.push('bound', '/ max99', 'beyond', 'at one', '');
  const widths = titles.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i].length)));
  const format = (cells: string[]) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [titles, ...lines].map(format).join('\n');
}
