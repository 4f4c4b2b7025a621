/** kll convert: a sketch in another form. */
import type { Command } from 'commander';
import type { DataSketchesType } from '../../formats.js';
import { withItemType, withJson } from '../arguments.js';
import { EXIT, type ExitCode } from '../exit.js';
import { ByteSource } from '../input/byte-source.js';
import { decodeSketch, inputReport, readSketchFile } from '../input/sketch-file.js';
import { checkOutput, type OutputArguments, withOutput, writeSketch } from '../sketch-output.js';

interface ConvertArguments extends OutputArguments {
  type?: DataSketchesType;
}

export function convertCommand(program: Command): Command {
  const command = program
    .command('convert')
    .description('a sketch in another form')
    .argument('[sketch]', 'sketch of any form; - is standard input', '-');
  return withJson(withOutput(withItemType(command)));
}

export async function convert(path: string, args: ConvertArguments): Promise<ExitCode> {
  checkOutput(args);
  const file = await readSketchFile(await ByteSource.open(path), args.type);
  const input = inputReport(file);
  await writeSketch(decodeSketch(file), args, { verb: 'convert', source: file.name, report: { input } });
  return EXIT.ok;
}
