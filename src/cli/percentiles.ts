/** The rows of a percentile table. */
import type { KllSketch } from '../index.js';
import { exactQuantile, rankErrorOf } from './exact.js';
import { percentileName, showApart, showInterval, showPercent, showValue } from './output/figures.js';
import { type Column, renderTable } from './output/table.js';

export const DEFAULT_RANKS = [0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];

export interface PercentileRow {
  percentile: string;
  rank: number;
  value: number;
  /** Where the exact quantile lies with 99 % confidence. */
  lower: number;
  upper: number;
  /** The exact quantile, where all values were kept. */
  exact?: number;
  /** Distance of the answer's rank from the rank asked for, 0..1. */
  rankError?: number;
}

export interface QuantileChoices {
  inclusive?: boolean;
  interpolate?: boolean;
}

export function percentileRows(
  sketch: KllSketch,
  ranks: readonly number[],
  sorted?: Float64Array,
  choices: QuantileChoices = {},
): PercentileRow[] {
  return ranks.map((rank) => {
    const value = sketch.quantile(rank, choices);
    const { lower, upper } = boundsOf(sketch, rank, value);
    const row = { percentile: percentileName(rank), rank, value, lower, upper };
    if (!sorted) return row;
    return { ...row, exact: exactQuantile(sorted, rank), rankError: rankErrorOf(sorted, rank, value) };
  });
}

function boundsOf(sketch: KllSketch, rank: number, value: number): { lower: number; upper: number } {
  // The smallest and largest values are exact whatever the error.
  if (!sketch.isEstimating || rank === 0 || rank === 1) return { lower: value, upper: value };
  // Those of the inclusive quantile: what is interpolated, or exclusive, may lie beside.
  const { lower, upper } = sketch.quantileBounds(rank);
  return { lower: Math.min(lower, value), upper: Math.max(upper, value) };
}

/** The table for people. Bounds are left out where every answer is exact. */
export function renderPercentiles(rows: readonly PercentileRow[], isEstimating: boolean): string[] {
  const columns: Column<PercentileRow>[] = [
    { title: 'percentile', align: 'left', cell: (row) => row.percentile },
    {
      title: isEstimating ? 'sketch' : 'value',
      cell: ({ lower, value, upper }) => showApart([lower, value, upper])[1],
    },
  ];
  if (rows.some(({ exact }) => exact !== undefined)) {
    columns.push(
      { title: 'exact', cell: ({ exact }) => showValue(exact ?? Number.NaN) },
      { title: 'rank error', cell: ({ rankError }) => showPercent(rankError ?? Number.NaN, 2) },
    );
  }
  if (isEstimating) {
    columns.push({ title: '99 % bounds', cell: ({ lower, upper }) => showInterval(lower, upper) });
  }
  return renderTable(columns, rows);
}
