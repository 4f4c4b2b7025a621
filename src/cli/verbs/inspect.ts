/** kll inspect: everything that is in a sketch, or that can still be seen of a damaged one. */
import type { Command } from 'commander';
import type { DataSketchesType } from '../../formats.js';
import type { DebugLevel, KllSketch } from '../../index.js';
import { withItemType, withJson } from '../arguments.js';
import { CliError, EXIT, type ExitCode } from '../exit.js';
import { ByteSource } from '../input/byte-source.js';
import {
  decodeSketch,
  describeFamily,
  inputReport,
  readSketchFile,
  type SketchFile,
} from '../input/sketch-file.js';
import { showBytes, showCount, showCountOf, showPercent, showValue } from '../output/figures.js';
import { type Column, renderFields, renderTable } from '../output/table.js';
import { heading, printJson, printLines, reportError } from '../output/terminal.js';
import { checksumName, checksumVerdict, type HeaderFields, headerFields } from '../sketch-headers.js';
import { sketchReport } from '../sketch-report.js';

interface InspectArguments {
  type?: DataSketchesType;
  json?: boolean;
}

export function inspectCommand(program: Command): Command {
  const command = program
    .command('inspect')
    .description('header, checksum, levels and state of a sketch')
    .argument('[sketch]', 'sketch of any form; - is standard input', '-');
  return withJson(withItemType(command));
}

export async function inspect(path: string, args: InspectArguments): Promise<ExitCode> {
  const file = await readSketchFile(await ByteSource.open(path), args.type);
  const header = headerFields(file);
  let sketch: KllSketch | undefined;
  let refusal: CliError | undefined;
  try {
    sketch = decodeSketch(file);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    refusal = error;
  }
  const checksum = checksumVerdict(file);
  // A sketch that is loaded without a state draws a seed of its own, which is nothing of the file.
  const seed = sketch && header.hasState ? String(sketch.seed) : null;
  if (args.json) {
    await printJson({
      schema: 'kll.inspect/1',
      input: inputReport(file),
      header,
      checksum,
      refused: refusal ? { code: refusal.code, message: refusal.message } : null,
      sketch: sketch ? sketchReport(sketch) : null,
      debugState: sketch ? { ...sketch.debugState(), seed } : null,
    });
  } else {
    await printLines(render(file, header, checksum, sketch, seed));
  }
  return refusal ? (reportError(refusal, args.json === true) as ExitCode) : EXIT.ok;
}

function render(
  file: SketchFile,
  header: HeaderFields,
  checksum: string,
  sketch: KllSketch | undefined,
  seed: string | null,
): string[] {
  const name = checksumName(file);
  const lines = [
    heading(`${file.name}: ${describeFamily(file)}, ${showBytes(file.bytes.length)}`),
    ...renderFields([
      ['checksum', name ? `${checksum} (${name})` : 'this form has none'],
      ...Object.entries(header).map(([key, value]) => [key, showField(value)] as const),
    ]),
  ];
  if (!sketch) return lines;
  const state = sketch.debugState();
  lines.push(
    '',
    heading('sketch'),
    ...renderFields([
      ['n', showCount(sketch.n)],
      ['min, max', `${showValue(sketch.min)}, ${showValue(sketch.max)}`],
      ['mean, sum', `${showValue(sketch.mean)}, ${showValue(sketch.sum)}`],
      ['k, minK', `${sketch.k}, ${sketch.minK}`],
      ['tails', `policy ${sketch.tails}, guarantee ${sketch.tailGuarantee}`],
      [
        'rank error',
        sketch.isEstimating
          ? `at most ${showPercent(sketch.rankError())} with 99 % confidence`
          : 'none: exact',
      ],
      [
        'variance',
        sketch.variance === 0
          ? '0, never condensed'
          : `${sketch.variance.toPrecision(3)} n^2, ${varianceOrigin(file)}`,
      ],
      ['seed', seed ?? '-'],
      ['retained', `${showCountOf(sketch.numRetained, 'item')}, levels: ${sketch.numLevels}`],
    ]),
  );
  if (state.levels.length > 0) lines.push('', ...renderTable(LEVEL_COLUMNS, state.levels));
  return lines;
}

/** Foreign forms do not say how they came by their items: the error that their library states stands for it. */
function varianceOrigin({ family }: SketchFile): string {
  return family === 'compact' || family === 'json'
    ? 'from condensing, or from a foreign form'
    : 'the error that this form states';
}

const LEVEL_COLUMNS: Column<DebugLevel>[] = [
  { title: 'level', cell: ({ level }) => String(level) },
  { title: 'weight', cell: ({ weight }) => showCount(weight) },
  { title: 'items', cell: ({ population }) => String(population) },
  { title: 'capacity', cell: ({ capacity }) => String(capacity) },
  { title: 'protected', cell: ({ protectedItems }) => String(protectedItems) },
  { title: 'compactions', cell: ({ compactions }) => showCount(compactions) },
  { title: 'rank error', cell: ({ errorEstimate }) => showPercent(errorEstimate, 2) },
];

function showField(value: HeaderFields[string]): string {
  if (value === undefined) return '(the bytes end before it)';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}
