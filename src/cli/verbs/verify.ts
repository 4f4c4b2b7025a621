/** kll verify: are these sketches whole, and is one true to its data? */
import type { Command } from 'commander';
import type { KllSketch } from '../../index.js';
import { compactHeader } from '../../wire/compact-header.js';
import { type InputArguments, withInput, withItemType, withJson } from '../arguments.js';
import { countBelow } from '../exact.js';
import { CliError, describeError, EXIT, type ExitCode, usageError } from '../exit.js';
import { ByteSource } from '../input/byte-source.js';
import { decodeSketch, describeFamily, readSketchFile, type SketchFile } from '../input/sketch-file.js';
import { sketchValues } from '../input/subject.js';
import { showCount, showCountOf, showPercent } from '../output/figures.js';
import { printJson, printLines } from '../output/terminal.js';

interface VerifyArguments extends InputArguments {
  against?: string;
  json?: boolean;
}

interface Verdict {
  name: string;
  ok: boolean;
  form: string | null;
  n: number | null;
  code: string | null;
  message: string | null;
  /** What may explain it, or what to do. */
  hint: string | null;
  /** With --against alone. */
  rankError?: number;
  promised?: number;
}

export function verifyCommand(program: Command): Command {
  const command = program
    .command('verify')
    .description('whether sketches are whole, and true to their data')
    .argument('<sketch...>', 'sketches; - is standard input')
    .option('--against <data>', 'the numbers the sketch was made of: every rank is checked');
  return withJson(withItemType(withInput(command)));
}

export async function verify(paths: string[], args: VerifyArguments): Promise<ExitCode> {
  const inputs = args.against === undefined ? paths : [...paths, args.against];
  if (inputs.filter((path) => path === '-').length > 1) throw usageError('standard input can be read once');
  const sorted = args.against === undefined ? undefined : await sortedValues(args.against, args);
  const verdicts: Verdict[] = [];
  let isUnread = false;
  for (const path of paths) {
    const { verdict, exitCode } = await judge(path, args, sorted);
    verdicts.push(verdict);
    isUnread ||= exitCode === EXIT.io;
  }
  const failed = verdicts.filter(({ ok }) => !ok).length;
  if (args.json) await printJson({ schema: 'kll.verify/1', ok: failed === 0, sketches: verdicts });
  else await printLines(verdicts.flatMap(describe));
  return isUnread ? EXIT.io : failed === 0 ? EXIT.ok : EXIT.negative;
}

async function sortedValues(path: string, args: VerifyArguments): Promise<Float64Array> {
  const { data } = await sketchValues(await ByteSource.open(path), { ...args, exact: true });
  return data!.sorted!;
}

/** The verdict on one file. One that is damaged, or cannot be read, keeps no other from being judged. */
async function judge(
  path: string,
  args: VerifyArguments,
  sorted: Float64Array | undefined,
): Promise<{ verdict: Verdict; exitCode: ExitCode }> {
  const verdict: Verdict = {
    name: path,
    ok: true,
    form: null,
    n: null,
    code: null,
    message: null,
    hint: null,
  };
  try {
    const file = await readSketchFile(await ByteSource.open(path), args.type);
    verdict.form = describeFamily(file);
    const sketch = decodeSketch(file);
    verdict.n = sketch.n;
    if (sorted) compareToData(verdict, sketch, sorted, file);
  } catch (error) {
    if (!(error instanceof CliError) || (error.exitCode !== EXIT.data && error.exitCode !== EXIT.io))
      throw error;
    const { code, message, hint = null, exitCode } = error;
    Object.assign(verdict, { ok: false, code, message, hint });
    return { verdict, exitCode };
  }
  return { verdict, exitCode: verdict.ok ? EXIT.ok : EXIT.negative };
}

/** How the values of an image were rounded when it was written, in words; null where they were not. */
function roundingOf({ family, image, itemType }: SketchFile): string | null {
  if (itemType === 'float') return 'Its values were rounded to 32-bit floats: that may be all of it.';
  if (!image || (family !== 'compact' && family !== 'json')) return null;
  const { precision } = compactHeader(image);
  if (precision === 'full') return null;
  return `Its values were rounded to ${precision} when it was written (--precision): that may be all of it.`;
}

function compareToData(verdict: Verdict, sketch: KllSketch, sorted: Float64Array, file: SketchFile): void {
  const fail = (code: string, message: string, hint: string | null = null) =>
    Object.assign(verdict, { ok: false, code, message: `${verdict.name}: ${message}`, hint });
  if (sketch.n !== sorted.length) {
    fail('ERR_COUNT', `it holds ${showCountOf(sketch.n, 'value')}, the data ${showCount(sorted.length)}`);
    return;
  }
  if (sketch.n === 0) return;
  const explanation = roundingOf(file);
  const [min, max] = [sorted[0], sorted[sorted.length - 1]];
  // KLL1 has none but those of its items.
  const isSpan =
    file.family === 'kll1' && sketch.isEstimating
      ? sketch.min >= min && sketch.max <= max
      : sketch.min === min && sketch.max === max;
  verdict.rankError = largestRankError(sketch, sorted);
  verdict.promised = sketch.rankError();
  if (!isSpan) {
    fail(
      'ERR_RANGE',
      `its values span ${sketch.min} .. ${sketch.max}, the data ${min} .. ${max}`,
      explanation,
    );
  } else if (verdict.rankError > verdict.promised) {
    fail(
      'ERR_RANK',
      `a rank is off by ${showPercent(verdict.rankError)}, at most ${showPercent(verdict.promised)} was promised`,
      explanation,
    );
  }
}

/** The largest error over all ranks: an item answers for the ranks between its cumulative weights. */
function largestRankError(sketch: KllSketch, sorted: Float64Array): number {
  const items = [...sketch].sort((a, b) => a.item - b.item);
  let weight = 0;
  let largest = 0;
  for (let i = 0; i < items.length; i++) {
    const from = weight;
    const { item } = items[i];
    weight += items[i].weight;
    // Equal items answer together.
    while (items[i + 1]?.item === item) weight += items[++i].weight;
    const tooLow = countBelow(sorted, item, false) - from;
    const tooHigh = weight - countBelow(sorted, item, true);
    largest = Math.max(largest, tooLow, tooHigh);
  }
  return largest / sketch.n;
}

function describe({ name, ok, form, n, code, message, hint, rankError, promised }: Verdict): string[] {
  if (!ok) {
    const failure = `FAILED  ${describeError({ code: code!, message: message! })}`;
    return hint ? [failure, `        ${hint}`] : [failure];
  }
  const measured =
    rankError === undefined
      ? ''
      : `, largest rank error ${showPercent(rankError)} of ${showPercent(promised!)} promised`;
  return [`ok      ${name}: ${form}, ${showCountOf(n!, 'value')}${measured}`];
}
