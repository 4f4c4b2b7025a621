/** Writing sketches: in which form, and where to. */
import { randomBytes } from 'node:crypto';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { toDataSketches } from '../formats.js';
import type { KllSketch, Precision } from '../index.js';
import { toPrecision } from './arguments.js';
import { ioError, usageError } from './exit.js';
import { showBytes, showCount } from './output/figures.js';
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
  output?: string;
  to: SketchForm;
  precision?: Precision;
  state: boolean;
  json?: boolean;
}

export function withOutput(command: Command): Command {
  return command
    .option('-o, --output <file>', 'where to write the sketch (default: standard output)')
    .addOption(new Option('--to <form>', 'form of the sketch').choices(SKETCH_FORMS).default('compact'))
    .option(
      '--precision <bits:n|decimals:n>',
      'round values on writing, for a smaller sketch (compact, json)',
      toPrecision,
    )
    .option('--no-state', 'leave out what lets a loaded sketch go on to the same bytes (compact, json)');
}

/** Ends before any work is done when there is nowhere to write to. */
export function checkOutput({ output, to, precision }: OutputArguments): void {
  if (precision && to.startsWith('datasketches')) {
    throw usageError('--precision rounds compact images alone', 'Apache images hold every value as it is.');
  }
  if (output === undefined && process.stdout.isTTY && to !== 'json') {
    throw usageError(
      'a sketch is binary and would garble the terminal',
      'Name a file with -o, or send it through a pipe.',
    );
  }
}

/** Writes the sketch and reports what was written. */
export async function writeSketch(
  sketch: KllSketch,
  args: OutputArguments,
  verb: string,
  more: object = {},
): Promise<void> {
  const bytes = encodeSketch(sketch, args);
  if (args.output === undefined) await writeOut(bytes);
  else await replaceFile(args.output, bytes);
  const target = args.output ?? 'standard output';
  const report = {
    schema: `kll.${verb}/1`,
    output: { name: target, form: args.to, bytes: bytes.length },
    ...more,
    sketch: sketchReport(sketch),
  };
  // Standard output is the sketch's when there is no file.
  if (args.json && args.output !== undefined) await printJson(report);
  else if (args.json) process.stderr.write(`${toJson(report)}\n`);
  else remark(`wrote ${target}: ${args.to}, ${showBytes(bytes.length)}, ${showCount(sketch.n)} values`);
}

export function encodeSketch(sketch: KllSketch, { to, precision, state }: OutputArguments): Uint8Array {
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
      return toDataSketches(sketch, 'float');
    case 'datasketches-long':
      return toDataSketches(sketch, 'long');
  }
}

function bytesOptions(precision: Precision | undefined, state: boolean) {
  // Without the option the library decides: condensed and rounded images carry no state.
  return { ...(precision ? { precision } : {}), ...(state ? {} : { state: false }) };
}

/** Replaces a file as a whole: a failure leaves the old one as it was. */
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const existing = await stat(path).catch(() => undefined);
  const beside = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    if (existing && !existing.isFile()) {
      await writeFile(path, bytes); // a pipe or a device
      return;
    }
    await writeFile(beside, bytes, { mode: existing?.mode ?? 0o666 });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw ioError('write', path, error);
  }
}
