/** kll query: quantiles and ranks of a sketch. */
import type { Command } from 'commander';
import type { DataSketchesType } from '../../formats.js';
import { toNumbers, toRanks, withItemType, withJson } from '../arguments.js';
import { EXIT, type ExitCode } from '../exit.js';
import { ByteSource } from '../input/byte-source.js';
import { decodeSketch, inputReport, readSketchFile } from '../input/sketch-file.js';
import { showPercent, showPercentInterval, showValue } from '../output/figures.js';
import { type Column, renderTable } from '../output/table.js';
import { printJson, printLines } from '../output/terminal.js';
import { percentileRows, renderPercentiles } from '../percentiles.js';

interface QueryArguments {
  q?: number[];
  rank?: number[];
  interpolate?: boolean;
  type?: DataSketchesType;
  json?: boolean;
  exclusive?: boolean;
}

interface RankRow {
  value: number;
  rank: number;
  lower: number;
  upper: number;
}

export function queryCommand(program: Command): Command {
  const command = program
    .command('query')
    .description('quantiles and ranks of a sketch, with bounds')
    .argument('[sketch]', 'sketch of any form; - is standard input', '-')
    .option(
      '-q, --q <ranks>',
      'percentiles, as p50,p99.9 or 0.5,0.999 (default: p50,p90,p95,p99,p99.9)',
      toRanks,
    )
    .option('-r, --rank <values>', 'values whose ranks are wanted, as 100,250.5', toNumbers)
    .option('--exclusive', 'a rank is the share of values below, not at or below')
    .option('--interpolate', 'quantiles between the values of the sketch');
  return withJson(withItemType(command));
}

export async function query(path: string, args: QueryArguments): Promise<ExitCode> {
  const file = await readSketchFile(await ByteSource.open(path), args.type);
  const sketch = decodeSketch(file);
  const inclusive = !args.exclusive;
  const wanted = args.q ?? (args.rank ? [] : [0.5, 0.9, 0.95, 0.99, 0.999]);
  const quantiles = percentileRows(sketch, wanted, undefined, {
    inclusive,
    ...(args.interpolate ? { interpolate: true } : {}),
  });
  const ranks: RankRow[] = (args.rank ?? []).map((value) => ({
    value,
    rank: sketch.rank(value, { inclusive }),
    ...(sketch.isEmpty
      ? { lower: Number.NaN, upper: Number.NaN }
      : // Below a value is at or below the double before it.
        sketch.rankBounds(inclusive ? value : doubleBefore(value))),
  }));
  if (args.json) {
    await printJson({ schema: 'kll.query/1', input: inputReport(file), n: sketch.n, quantiles, ranks });
    return EXIT.ok;
  }
  const lines = quantiles.length > 0 ? renderPercentiles(quantiles, sketch.isEstimating) : [];
  if (quantiles.length > 0 && ranks.length > 0) lines.push('');
  if (ranks.length > 0) lines.push(...renderTable(rankColumns(inclusive, sketch.isEstimating), ranks));
  await printLines(lines);
  return EXIT.ok;
}

/** The largest double below a finite one; -Infinity below them all. */
function doubleBefore(x: number): number {
  if (x === 0) return -Number.MIN_VALUE;
  const double = Float64Array.of(x);
  // The bits behind the sign ascend with the magnitude.
  new BigInt64Array(double.buffer)[0] += x > 0 ? -1n : 1n;
  return double[0];
}

function rankColumns(inclusive: boolean, isEstimating: boolean): Column<RankRow>[] {
  const columns: Column<RankRow>[] = [
    { title: 'value', cell: ({ value }) => showValue(value) },
    { title: inclusive ? 'at or below' : 'below', cell: ({ rank }) => showPercent(rank, 5) },
  ];
  if (isEstimating) {
    columns.push({
      title: '99 % bounds',
      cell: ({ lower, upper }) => showPercentInterval(lower, upper, 5),
    });
  }
  return columns;
}
