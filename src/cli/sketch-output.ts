/** Writing sketches: in which form, and where to. */
import { randomBytes } from 'node:crypto';
import { chmod, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { SketchArgumentError } from '../core/errors.js';
import { toDataSketches } from '../formats.js';
import type { KllSketch, Precision } from '../index.js';
import { toK, toPrecision } from './arguments.js';
import { dataError, ioError, usageError } from './exit.js';
import { showBytes, showCountOf } from './output/figures.js';
import { printJson, remark, toJson, writeOut } from './output/terminal.js';
import { sketchReport } from './sketch-report.js';

export const SKETCH_FORMS = [
  'compact',
  'json',
  'datasketches-double',
  'datasketches-float',
  'datasketches-long',
] as const;
export type SketchForm = (typeof SKETCH_FORMS)[number];

export interface OutputArguments {
  /** A file, or `-`. */
  output: string;
  to: SketchForm;
  precision?: Precision;
  state: boolean;
  condense?: number;
  sharp?: boolean;
  json?: boolean;
}

/** What a verb says of what it writes. */
export interface Written {
  verb: string;
  /** Where the values came from, for errors. */
  source: string;
  /** More members of the report. */
  report: object;
}

export function withOutput(command: Command): Command {
  return command
    .option('-o, --output <file>', 'where to write the sketch; - is standard output', '-')
    .option(
      '--condense <k>',
      'write a small copy of that k, 8..65535: more accurate than a sketch that lived at it',
      toK,
    )
    .option('--sharp', 'with --condense: twice the items at the ends that tails keep sharp')
    .addOption(new Option('--to <form>', 'form of the sketch').choices(SKETCH_FORMS).default('compact'))
    .option(
      '--precision <bits:n|decimals:n>',
      'round values on writing, for a smaller sketch (compact, json)',
      toPrecision,
    )
    .option('--no-state', 'leave out what lets a loaded sketch go on to the same bytes (compact, json)');
}

/** Ends before any work is done when there is nowhere to write to. */
export function checkOutput({ output, to, precision, condense, sharp }: OutputArguments): void {
  if (sharp && condense === undefined) {
    throw usageError('--sharp says how to condense: expected --condense too', 'As --condense 200 --sharp.');
  }
  if (precision && to.startsWith('datasketches')) {
    throw usageError('--precision rounds compact images alone', 'Apache images hold every value as it is.');
  }
  if (output === '-' && process.stdout.isTTY && to !== 'json') {
    throw usageError(
      'a sketch is binary and would garble the terminal',
      'Name a file with -o, or send it through a pipe.',
    );
  }
}

/**
 * Writes the sketch, or the small copy of it that is asked for, and reports what was written.
 * @throws CliError exit code 3 for values that the form cannot hold
 */
export async function writeSketch(
  whole: KllSketch,
  args: OutputArguments,
  { verb, source, report: more }: Written,
): Promise<void> {
  const { condense, sharp = false } = args;
  const sketch = condense === undefined ? whole : whole.condense(condense, { sharp });
  const bytes = encodeSketch(sketch, args, source);
  const isFile = args.output !== '-';
  if (isFile) await replaceFile(args.output, bytes);
  else await writeOut(bytes);
  const target = isFile ? args.output : 'standard output';
  const report = {
    schema: `kll.${verb}/1`,
    output: { name: target, form: args.to, bytes: bytes.length },
    ...more,
    sketch: sketchReport(sketch),
  };
  // Standard output is the sketch's when there is no file.
  if (args.json && isFile) await printJson(report);
  else if (args.json) process.stderr.write(`${toJson(report)}\n`);
  else remark(`wrote ${target}: ${args.to}, ${showBytes(bytes.length)}, ${showCountOf(sketch.n, 'value')}`);
}

function encodeSketch(
  sketch: KllSketch,
  { to, precision, state }: OutputArguments,
  source: string,
): Uint8Array {
  switch (to) {
    case 'compact':
      return sketch.toBytes(bytesOptions(precision, state));
    case 'json': {
      const bytes = Buffer.from(sketch.toBytes(bytesOptions(precision, state))).toString('base64url');
      return new TextEncoder().encode(`${JSON.stringify({ ...sketch.toJSON(), bytes })}\n`);
    }
    case 'datasketches-double':
      return toDataSketches(sketch, 'double');
    case 'datasketches-float':
    case 'datasketches-long':
      return encodeNarrow(sketch, to === 'datasketches-float' ? 'float' : 'long', source);
  }
}

/** Floats and longs do not hold every double. */
function encodeNarrow(sketch: KllSketch, type: 'float' | 'long', source: string): Uint8Array {
  try {
    return toDataSketches(sketch, type);
  } catch (error) {
    if (!(error instanceof SketchArgumentError)) throw error;
    throw dataError(
      `${source}: an Apache image of ${type}s cannot hold its values: ${error.message}`,
      '--to datasketches-double holds them all.',
      error.code,
    );
  }
}

function bytesOptions(precision: Precision | undefined, state: boolean) {
  // Without the option the library decides: condensed and rounded images carry no state.
  return { ...(precision ? { precision } : {}), ...(state ? {} : { state: false }) };
}

/** Replaces a file as a whole, at the end of links that lead to it: a failure leaves the old one as it was. */
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const existing = await stat(target).catch(() => undefined);
  const beside = `${target}.${randomBytes(6).toString('hex')}.part`;
  try {
    if (existing && !existing.isFile()) {
      await writeFile(target, bytes); // a pipe or a device
      return;
    }
    await writeFile(beside, bytes, { mode: existing?.mode ?? 0o666 });
    // The umask takes from the mode of a new file.
    if (existing) await chmod(beside, existing.mode);
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw ioError('write', path, error);
  }
}
