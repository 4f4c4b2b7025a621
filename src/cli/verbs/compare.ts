/** kll compare: do two sets of values differ at their percentiles by more than chance explains? */
import { type Command, Option } from 'commander';
import { toRanks, withInput, withItemType, withJson, withSketch } from '../arguments.js';
import { type QuantileDifference, quantileDifference } from '../difference.js';
import { dataError, EXIT, type ExitCode, usageError } from '../exit.js';
import { describeSubject, openSubject, type Subject, type SubjectArguments } from '../input/subject.js';
import {
  percentileName,
  showComputedInterval,
  showCountOf,
  showPercent,
  showValue,
} from '../output/figures.js';
import { type Column, renderFields, renderTable } from '../output/table.js';
import { printJson, printLines } from '../output/terminal.js';
import { sketchReport } from '../sketch-report.js';

interface CompareArguments extends SubjectArguments {
  q?: number[];
  failOn: 'any' | 'higher' | 'lower' | 'never';
  json?: boolean;
}

const RANKS = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

export function compareCommand(program: Command): Command {
  const command = program
    .command('compare')
    .description('whether percentiles differ by more than chance')
    .argument('<before>', 'sketch or file of numbers; - is standard input')
    .argument('<after>', 'sketch or file of numbers')
    .option('-q, --q <ranks>', 'percentiles to compare (default: p50,p75,p90,p95,p99,p99.9)', toRanks)
    .addOption(
      new Option('--fail-on <verdict>', 'which differences give exit code 1')
        .choices(['any', 'higher', 'lower', 'never'])
        .default('any'),
    );
  return withJson(withSketch(withItemType(withInput(command))));
}

export async function compare(before: string, after: string, args: CompareArguments): Promise<ExitCode> {
  if (before === '-' && after === '-') throw usageError('standard input can be read once');
  const a = await openSubject(before, args);
  const b = await openSubject(after, args);
  for (const { name, sketch } of [a, b]) {
    if (sketch.isEmpty) throw dataError(`${name}: holds no values`, 'There is nothing to compare with.');
  }
  const rows = (args.q ?? RANKS).map((rank) => quantileDifference(a.sketch, b.sketch, rank));
  const counted = rows.filter(({ verdict }) => verdict !== 'same');
  const failing = counted.filter(({ verdict }) => args.failOn === 'any' || args.failOn === verdict);
  if (args.json) {
    await printJson({
      schema: 'kll.compare/1',
      before: { name: a.name, ...sketchReport(a.sketch) },
      after: { name: b.name, ...sketchReport(b.sketch) },
      differs: counted.length > 0,
      failed: failing.length > 0,
      percentiles: rows.map((row) => ({ percentile: percentileName(row.rank), ...row })),
    });
  } else {
    await printLines(render(a, b, rows, counted.length));
  }
  return failing.length > 0 ? EXIT.negative : EXIT.ok;
}

function render(a: Subject, b: Subject, rows: QuantileDifference[], differing: number): string[] {
  const size = ({ sketch }: Subject) =>
    `${showCountOf(sketch.n, 'value')}, rank error ${showPercent(sketch.rankError())}`;
  return [
    ...renderFields([
      ['before', `${describeSubject(a)}: ${size(a)}`],
      ['after', `${describeSubject(b)}: ${size(b)}`],
    ]),
    '',
    ...renderTable(COLUMNS, rows),
    '',
    differing === 0
      ? 'No difference is larger than sampling and sketch error explain.'
      : `${differing} of ${rows.length} differences ${differing === 1 ? 'is' : 'are'} larger than sampling and sketch error explain.`,
  ];
}

const COLUMNS: Column<QuantileDifference>[] = [
  { title: 'percentile', align: 'left', cell: ({ rank }) => percentileName(rank) },
  { title: 'before', cell: ({ before }) => showValue(before) },
  { title: 'after', cell: ({ after }) => showValue(after) },
  { title: 'difference', cell: ({ difference }) => signed(showValue(difference), difference) },
  {
    title: 'relative',
    cell: ({ relative }) => (relative === null ? '-' : signed(showPercent(relative), relative)),
  },
  { title: '99 % interval', cell: ({ lower, upper }) => showComputedInterval(lower, upper) },
  {
    title: 'verdict',
    align: 'left',
    cell: ({ verdict }) => (verdict === 'same' ? 'within error' : verdict.toUpperCase()),
  },
];

function signed(text: string, x: number): string {
  return x > 0 ? `+${text}` : text;
}
