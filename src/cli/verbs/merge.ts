/** kll merge: many sketches into one. */
import type { Command } from 'commander';
import type { DataSketchesType } from '../../formats.js';
import { KllSketch } from '../../index.js';
import { type SketchArguments, sketchOptions, withItemType, withJson, withSketch } from '../arguments.js';
import { CliError, describeError, EXIT, type ExitCode, usageError } from '../exit.js';
import { ByteSource } from '../input/byte-source.js';
import { decodeSketch, readSketchFile } from '../input/sketch-file.js';
import { showCountOf } from '../output/figures.js';
import { remark } from '../output/terminal.js';
import { checkOutput, type OutputArguments, withOutput, writeSketch } from '../sketch-output.js';

interface MergeArguments extends SketchArguments, OutputArguments {
  type?: DataSketchesType;
  skipInvalid?: boolean;
}

export function mergeCommand(program: Command): Command {
  const command = program
    .command('merge')
    .description('many sketches into one')
    .argument('<sketch...>', 'sketches; - is standard input')
    .option('--skip-invalid', 'leave out sketches that are refused, and say which');
  return withJson(withOutput(withSketch(withItemType(command), 'the largest of the sources')));
}

export async function merge(paths: string[], args: MergeArguments): Promise<ExitCode> {
  checkOutput(args);
  if (paths.filter((path) => path === '-').length > 1) throw usageError('standard input can be read once');
  const sketches: KllSketch[] = [];
  const skipped: { name: string; code: string; message: string }[] = [];
  const guessed: { name: string; itemType: DataSketchesType }[] = [];
  for (const path of paths) {
    try {
      const file = await readSketchFile(await ByteSource.open(path), args.type);
      sketches.push(decodeSketch(file));
      if (file.typeGuessed) guessed.push({ name: file.name, itemType: file.itemType! });
    } catch (error) {
      if (!(args.skipInvalid && error instanceof CliError && error.exitCode === EXIT.data)) throw error;
      skipped.push({ name: path, code: error.code, message: error.message });
      if (!args.json) remark(`left out: ${describeError(error)}`);
    }
  }
  if (sketches.length === 0)
    throw new CliError(EXIT.data, 'ERR_INPUT', 'every sketch was refused: nothing to merge');
  if (!args.json) {
    for (const type of new Set(guessed.map(({ itemType }) => itemType))) {
      const images = showCountOf(guessed.filter(({ itemType }) => itemType === type).length, 'Apache image');
      remark(`${images} read as ${type}, as the bytes look: --type says otherwise`);
    }
  }
  const merged = KllSketch.mergeAll(sketches, sketchOptions(args));
  await writeSketch(merged, args, {
    verb: 'merge',
    source: 'the merged sketch',
    report: { sources: sketches.length, skipped, guessed },
  });
  return EXIT.ok;
}
