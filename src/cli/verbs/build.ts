/** kll build: a sketch of a column of numbers, written to a file. */
import type { Command } from 'commander';
import { withInput, withJson, withSketch } from '../arguments.js';
import { EXIT, type ExitCode, usageError } from '../exit.js';
import { ByteSource } from '../input/byte-source.js';
import { sketchFamily } from '../input/sketch-file.js';
import { type SubjectArguments, sketchValues } from '../input/subject.js';
import { checkOutput, type OutputArguments, withOutput, writeSketch } from '../sketch-output.js';

type BuildArguments = SubjectArguments & OutputArguments;

export function buildCommand(program: Command): Command {
  const command = program
    .command('build')
    .description('a sketch of a column of numbers')
    .argument('[input]', 'file of numbers; - is standard input', '-');
  return withJson(withOutput(withSketch(withInput(command))));
}

export async function build(path: string, args: BuildArguments): Promise<ExitCode> {
  checkOutput(args);
  const source = await ByteSource.open(path);
  if (args.format === undefined && sketchFamily(source.head)) {
    await source.close();
    throw usageError(
      `${source.name}: it is a sketch already`,
      'kll convert writes it in another form, kll merge joins sketches.',
    );
  }
  const { name, sketch, data } = await sketchValues(source, args);
  const { format, column, missing, invalid } = data!;
  const input = { name, format, column: column ?? null, missing, invalid };
  await writeSketch(sketch, args, { verb: 'build', source: name, report: { input } });
  return EXIT.ok;
}
