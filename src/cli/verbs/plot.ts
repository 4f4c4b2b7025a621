/** kll plot: the shape of a distribution in the terminal. */
import type { Command } from 'commander';
import type { KllSketch } from '../../index.js';
import { toIntegerWithin, toNumber, withInput, withItemType, withJson, withSketch } from '../arguments.js';
import { dataError, EXIT, type ExitCode, usageError } from '../exit.js';
import { describeSubject, openSubject, type Subject, type SubjectArguments } from '../input/subject.js';
import { axisLabels, columnChart, horizontalBar, logEdges, roundEdges } from '../output/chart.js';
import { showApart, showCountOf, showShare, showValue } from '../output/figures.js';
import { heading, printJson, printLines, terminalWidth } from '../output/terminal.js';

interface PlotArguments extends SubjectArguments {
  cdf?: boolean;
  bins: number;
  height: number;
  width?: number;
  from?: number;
  to?: number;
  log?: boolean;
  ascii?: boolean;
  json?: boolean;
}

interface Bin {
  /** The bin holds values above `lower`, up to and including `upper`; the first and last are open. */
  lower: number;
  upper: number;
  share: number;
}

export function plotCommand(program: Command): Command {
  const command = program
    .command('plot')
    .description('histogram or cumulative distribution')
    .argument('[input]', 'sketch or file of numbers; - is standard input', '-')
    .option('--cdf', 'the share of values at or below each value')
    .option('--from <value>', 'left end (default: p0.5; values beyond are gathered in one bin)', toNumber)
    .option('--to <value>', 'right end (default: p99.5)', toNumber)
    .option('--bins <count>', 'about how many bins', toIntegerWithin(2, 200), 20)
    .option('--height <rows>', 'rows of the cumulative distribution', toIntegerWithin(4, 100), 16)
    .option(
      '--width <columns>',
      'columns to draw in (default: those of the terminal)',
      toIntegerWithin(40, 400),
    )
    .option('--log', 'logarithmic scale of values')
    .option('--ascii', 'no block characters');
  return withJson(withSketch(withItemType(withInput(command))));
}

export async function plot(input: string, args: PlotArguments): Promise<ExitCode> {
  const subject = await openSubject(input, args);
  const { sketch, name } = subject;
  if (sketch.isEmpty) throw dataError(`${name}: holds no values`, 'There is nothing to draw.');
  const range = rangeOf(sketch, args);
  if (args.cdf) await plotCdf(subject, range, args);
  else await plotHistogram(subject, range, args);
  return EXIT.ok;
}

function rangeOf(sketch: KllSketch, { from, to, log }: PlotArguments): { low: number; high: number } {
  let low = from ?? sketch.quantile(0.005);
  let high = to ?? sketch.quantile(0.995);
  if (log) {
    for (const [option, end] of Object.entries({ from, to })) {
      if (end !== undefined && end <= 0) throw usageError(`--log needs --${option} above 0, found ${end}`);
    }
    if (sketch.max <= 0) throw usageError('--log needs values above 0', 'Leave out --log.');
    if (high <= 0) high = sketch.max;
    if (low <= 0) low = leastAboveZero(sketch);
  }
  if (from !== undefined && to !== undefined && !(from < to)) {
    throw usageError(`--from ${from} is not below --to ${to}`);
  }
  if (low >= high) {
    // All one value: a range around it.
    const pad = Math.abs(from === undefined ? high : low) / 10 || 1;
    if (from === undefined) low = Math.max(high - pad, log ? Number.MIN_VALUE : -Number.MAX_VALUE);
    if (to === undefined) high = Math.min(low + 2 * pad, Number.MAX_VALUE);
  }
  if (!Number.isFinite(high - low))
    throw usageError('the values are too far apart to draw', 'Give --from and --to, or --log.');
  return { low, high };
}

function leastAboveZero(sketch: KllSketch): number {
  // The largest value may be the only one, and no longer among the items.
  return [...sketch].reduce((least, { item }) => (item > 0 && item < least ? item : least), sketch.max);
}

async function plotHistogram(
  subject: Subject,
  { low, high }: { low: number; high: number },
  args: PlotArguments,
): Promise<void> {
  const { sketch } = subject;
  const edges = args.log ? logEdges(low, high, args.bins) : roundEdges(low, high, args.bins);
  const bins = binShares(sketch, edges);
  if (args.json) {
    await printJson({
      schema: 'kll.plot/1',
      kind: 'histogram',
      input: { name: subject.name },
      n: sketch.n,
      bins,
    });
    return;
  }
  const shown = bins.filter(
    ({ share, lower, upper }) => share > 0 || (Number.isFinite(lower) && Number.isFinite(upper)),
  );
  const texts = showApart(edges);
  const text = (edge: number) => texts[edges.indexOf(edge)];
  const labels = shown.map((bin) => binLabel(bin, text));
  const labelWidth = Math.max(...labels.map((label) => label.length));
  const shares = shown.map(({ share }) => showShare(share));
  const shareWidth = Math.max(...shares.map((share) => share.length));
  const room = (args.width ?? terminalWidth()) - labelWidth - shareWidth - 4;
  const largest = Math.max(...shown.map(({ share }) => share));
  await printLines([
    heading(describeSubject(subject)),
    `${showCountOf(sketch.n, 'value')}, ${showValue(sketch.min)} to ${showValue(sketch.max)}, share in each interval`,
    '',
    ...shown.map(({ share }, i) =>
      `${labels[i].padStart(labelWidth)}  ${shares[i].padStart(shareWidth)}  ${horizontalBar(share / largest, room, args.ascii ?? false)}`.trimEnd(),
    ),
  ]);
}

function binShares(sketch: KllSketch, edges: number[]): Bin[] {
  const shares = sketch.pmf(edges);
  return Array.from(shares, (share, i) => ({
    lower: i === 0 ? Number.NEGATIVE_INFINITY : edges[i - 1],
    upper: i === edges.length ? Number.POSITIVE_INFINITY : edges[i],
    share,
  }));
}

function binLabel({ lower, upper }: Bin, text: (edge: number) => string): string {
  if (lower === Number.NEGATIVE_INFINITY) return `up to ${text(upper)}`;
  if (upper === Number.POSITIVE_INFINITY) return `above ${text(lower)}`;
  return `${text(lower)} .. ${text(upper)}`;
}

async function plotCdf(
  subject: Subject,
  { low, high }: { low: number; high: number },
  args: PlotArguments,
): Promise<void> {
  const { sketch } = subject;
  const width = (args.width ?? terminalWidth()) - 7;
  const at = (column: number) => {
    const share = column / (width - 1);
    return args.log ? low ** (1 - share) * high ** share : low + (high - low) * share;
  };
  const xs = Array.from({ length: width }, (_, column) => (column === width - 1 ? high : at(column)));
  const ranks = sketch.ranks(xs);
  if (args.json) {
    const points = xs.map((value, i) => ({ value, rank: ranks[i] }));
    await printJson({
      schema: 'kll.plot/1',
      kind: 'cdf',
      input: { name: subject.name },
      n: sketch.n,
      points,
    });
    return;
  }
  const { height } = args;
  const rows = columnChart(Array.from(ranks), height, args.ascii ?? false);
  const label = (row: number) => {
    const percent = ((height - row) / height) * 100;
    return row % Math.max(1, Math.round(height / 4)) === 0 ? `${Math.round(percent)} %` : '';
  };
  await printLines([
    heading(describeSubject(subject)),
    `${showCountOf(sketch.n, 'value')}, ${showValue(sketch.min)} to ${showValue(sketch.max)}, share at or below each value`,
    '',
    ...rows.map((row, i) => `${label(i).padStart(5)} ${args.ascii ? '|' : '┤'}${row}`),
    `${'0 %'.padStart(5)} ${args.ascii ? '+' : '└'}${(args.ascii ? '-' : '─').repeat(width)}`,
    `${' '.repeat(7)}${axisLabels(xs)}`,
  ]);
}
