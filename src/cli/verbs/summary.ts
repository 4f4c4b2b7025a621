/** kll summary: the percentile table of a column, or of a sketch. */
import type { Command } from 'commander';
import { toRanks, withInput, withItemType, withJson, withSketch } from '../arguments.js';
import { EXIT, type ExitCode } from '../exit.js';
import { describeSubject, openSubject, type Subject, type SubjectArguments } from '../input/subject.js';
import { showBytes, showCount, showCountOf, showSeconds, showValue } from '../output/figures.js';
import { heading, printJson, printLines } from '../output/terminal.js';
import { DEFAULT_RANKS, type PercentileRow, percentileRows, renderPercentiles } from '../percentiles.js';
import { describeAccuracy, describeSize, sketchReport } from '../sketch-report.js';

interface SummaryArguments extends SubjectArguments {
  q?: number[];
  json?: boolean;
}

export function summaryCommand(program: Command): Command {
  const command = program
    .command('summary')
    .description('percentile table of numbers or of a sketch')
    .argument('[input]', 'file of numbers or sketch; - is standard input', '-')
    .option('-q, --q <ranks>', 'percentiles to show, as p50,p99.9 or 0.5,0.999', toRanks)
    .option('--exact', 'keep all values too and show the exact percentiles beside');
  return withJson(withSketch(withItemType(withInput(command))));
}

export async function summary(input: string, args: SummaryArguments): Promise<ExitCode> {
  const subject = await openSubject(input, args);
  const { sketch, data } = subject;
  const rows = percentileRows(sketch, args.q ?? DEFAULT_RANKS, data?.sorted);
  const bytes = sketch.clone().toBytes().length;
  if (args.json) await printJson(report(subject, rows, bytes));
  else await printLines(render(subject, rows, bytes));
  return EXIT.ok;
}

function report(subject: Subject, rows: PercentileRow[], bytes: number) {
  const { name, sketch, file, data } = subject;
  return {
    schema: 'kll.summary/1',
    input: data
      ? {
          name,
          format: data.format,
          column: data.column ?? null,
          missing: data.missing,
          invalid: data.invalid,
        }
      : { name, format: file!.family, itemType: file!.itemType ?? null },
    sketch: { ...sketchReport(sketch), bytes },
    percentiles: rows,
    ...(data
      ? {
          seconds: {
            read: data.readSeconds,
            sketch: data.sketchSeconds,
            ...(data.sorted ? { exact: data.sortSeconds } : {}),
          },
        }
      : {}),
  };
}

function render(subject: Subject, rows: PercentileRow[], bytes: number): string[] {
  const { sketch, data } = subject;
  const left = [
    data?.missing ? `${showCount(data.missing)} missing` : '',
    data?.invalid ? `${showCount(data.invalid)} not a number, left out` : '',
  ].filter(Boolean);
  const lines = [
    heading(describeSubject(subject)),
    [showCountOf(sketch.n, 'value'), ...left, `mean ${showValue(sketch.mean)}`].join(', '),
    '',
    ...renderPercentiles(rows, sketch.isEstimating),
    '',
    describeAccuracy(sketch),
    describeSize(sketch, bytes),
  ];
  if (data) lines.push(describeTimes(subject));
  return lines;
}

function describeTimes({ sketch, data }: Subject): string {
  const { readSeconds, sketchSeconds, sortSeconds, sorted } = data!;
  // Of a few values it is the time of starting.
  const each = sketch.n >= 10_000 ? ` (${((sketchSeconds * 1e9) / sketch.n).toFixed(1)} ns a value)` : '';
  const exact = sorted
    ? `; exact: sorted in ${showSeconds(sortSeconds)} in ${showBytes(sorted.byteLength)}`
    : '';
  return `read in ${showSeconds(readSeconds)}, sketched in ${showSeconds(sketchSeconds)}${each}${exact}`;
}
