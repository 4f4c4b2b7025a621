/** Results as tables: for the terminal, and for docs/benchmarks.md. */
import type { Result } from './case.js';

export interface Table {
  title: string;
  titles: string[];
  rows: string[][];
}

/** Three significant digits, thousands whole. */
export function figure(value: number | undefined): string {
  if (value === undefined) return '';
  if (value === 0) return '0';
  if (Math.abs(value) >= 1000) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

export const TITLES = ['', 'median', 'unit', 'IQR', 'floor', 'x floor', 'sort', 'x sort', 'target', '', ''];

export function cellsOf(result: Result): string[] {
  const { name, value, unit, iqr, floor, sort, target, verdict, note } = result;
  return [
    name,
    figure(value),
    unit,
    figure(iqr),
    figure(floor),
    floor ? figure(value / floor) : '',
    figure(sort),
    sort ? figure(value / sort) : '',
    target === undefined ? '' : `<= ${figure(target)}`,
    verdict,
    note ?? '',
  ];
}

/** Columns that say nothing in any row are left out. */
function columns(titles: readonly string[], rows: readonly string[][]): [string[], string[][]] {
  const kept = titles.map((_, i) => rows.some((row) => row[i] !== ''));
  const filter = (cells: readonly string[]) => cells.filter((_, i) => kept[i]);
  return [filter(titles), rows.map(filter)];
}

export function textTable(titles: readonly string[], rows: readonly string[][]): string {
  const [heads, cells] = columns(titles, rows);
  const lines = [heads, ...cells];
  const widths = heads.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines
    .map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))))
    .map((line) => `  ${line.join('  ').trimEnd()}`)
    .join('\n');
}

export function markdownTable(titles: readonly string[], rows: readonly string[][]): string {
  const [heads, cells] = columns(titles, rows);
  const line = (parts: readonly string[]) => `| ${parts.join(' | ')} |`;
  const rule = heads.map((_, i) => (i === 0 ? '---' : '---:'));
  return [line(heads), line(rule), ...cells.map(line)].join('\n');
}
