/** Tables of rows, for the terminal and for the guides. */
import { allowedMisses, misses, type Row, type Target } from './tally.js';

/** A share as a percentage with so many significant digits. */
export function percent(share: number | undefined, digits = 3): string {
  if (share === undefined) return '-';
  const figure = Number((100 * share).toPrecision(digits));
  return Math.abs(figure) > 0 && Math.abs(figure) < 1e-4 ? figure.toExponential(1) : String(figure);
}

export const TITLES = [
  '',
  'trials',
  'max99',
  'p50',
  'p90',
  'p99',
  'p99.9',
  'Apache bytes',
  'compact bytes',
  'bound',
  'bound / max99',
  'within',
  'target',
  '',
];

function targetOf({ max99, p99, p999, apacheBytes, compactBytes, boundRatio }: Target): string {
  return [
    max99 === undefined ? '' : `max99 ${percent(max99)}`,
    p99 === undefined ? '' : `p99 ${percent(p99)}`,
    p999 === undefined ? '' : `p99.9 ${percent(p999)}`,
    apacheBytes === undefined ? '' : `${apacheBytes} bytes`,
    compactBytes === undefined ? '' : `${compactBytes} bytes compact`,
    boundRatio === undefined ? '' : `bound / max99 ${boundRatio}`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** The cells of a row, in the order of TITLES. */
export function cellsOf(row: Row): string[] {
  const holds = row.bound !== undefined;
  const ratio = row.max99 === 0 || row.bound === undefined ? '-' : (row.bound / row.max99).toFixed(2);
  const within = Math.min(row.held ?? 1, row.heldAt ?? 1);
  const target = targetOf(row.target);
  return [
    row.label,
    String(row.trials),
    percent(row.max99),
    ...row.sd.map((sd) => percent(sd)),
    String(row.apacheBytes),
    row.compactBytes ? String(row.compactBytes) : '-',
    percent(row.bound),
    ratio,
    holds ? `${percent(within, 4)} %` : '-',
    target,
    misses(row).length ? 'NOT MET' : holds || target ? 'met' : '',
  ];
}

export function textTable(rows: readonly Row[]): string {
  const lines = [TITLES, ...rows.map(cellsOf)];
  const widths = TITLES.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines
    .map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))))
    .map((line) => line.join('  ').trimEnd())
    .join('\n');
}

/** What is said above every table. */
export const LEGEND =
  'Errors in % of n. max99: 99th percentile over trials of the largest error over all ranks; p50..p99.9: root mean ' +
  'square error there; bound: rankError(); within: share of trials inside rankError() and, at each percentile, ' +
  `inside rankBounds(), whichever is less (met: at least 99 %, with chance allowed for: ${allowedMisses(300)} of 300).`;
