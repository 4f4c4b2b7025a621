/** The options that several verbs share, and how their texts are read. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { DataSketchesType } from '../formats.js';
import type { Precision, SketchOptions, Tails } from '../index.js';
import { DATA_FORMATS, type DataFormat } from './input/detect.js';

/** Options of reading numbers. */
export interface InputArguments {
  column?: string;
  format?: DataFormat;
  delimiter?: string;
  header: boolean;
  skipInvalid?: boolean;
  progress?: boolean;
  type?: DataSketchesType;
}

/** Options of making a sketch. */
export interface SketchArguments {
  k?: number;
  tails?: Tails;
  seed?: bigint;
}

export function withInput(command: Command): Command {
  return command
    .option('-c, --column <name>', 'column of a table, or field of NDJSON records (a.b for nested ones)')
    .addOption(
      new Option(
        '-f, --format <format>',
        'format of the numbers (default: told from name and content)',
      ).choices(DATA_FORMATS),
    )
    .option(
      '-d, --delimiter <char>',
      'field delimiter of delimited text (default: a comma, a tab for tsv)',
      toDelimiter,
    )
    .option('--no-header', 'the first record of delimited text is data')
    .option('--skip-invalid', 'leave out what is not a finite number')
    .option('--progress', 'say how far reading has come, even where standard error is no terminal');
}

/** @param defaultK what holds without the option, in words */
export function withSketch(command: Command, defaultK = '200'): Command {
  return command
    .option(
      '-k, --k <k>',
      `accuracy, 8..65535: the error falls about as k^-0.9, bytes grow as k (default: ${defaultK})`,
      toK,
    )
    .addOption(
      new Option('--tails <policy>', 'ends of the distribution to keep sharp (default: high)').choices([
        'none',
        'high',
        'both',
      ]),
    )
    .option('--seed <integer>', 'seed: the same seed and input give the same bytes', toSeed);
}

export function withItemType(command: Command): Command {
  return command.addOption(
    new Option('--type <type>', 'items of Apache images (default: told from their bytes)').choices([
      'double',
      'float',
      'long',
    ]),
  );
}

export function withJson(command: Command): Command {
  return command.option('--json', 'report as JSON');
}

/** The library's options for a new sketch. */
export function sketchOptions({ k, tails, seed }: SketchArguments): SketchOptions {
  return {
    ...(k === undefined ? {} : { k }),
    ...(tails === undefined ? {} : { tails }),
    ...(seed === undefined ? {} : { seed }),
  };
}

/** `p50,p99.9,0.25,min`: ranks 0..1. An option that is given again adds to those before. */
export function toRanks(text: string, before: number[] = []): number[] {
  const ranks = text.split(',').map((part) => {
    const word = part.trim().toLowerCase();
    if (word === 'min') return 0;
    if (word === 'max') return 1;
    if (word === 'median') return 0.5;
    const percentile = /^p(\d+(?:\.\d+)?)$/.exec(word);
    // The decimal point is moved in the text, so that p99.9 is the double nearest to 0.999.
    const rank = percentile
      ? Number(`${percentile[1]}e-2`)
      : /^\d*\.?\d+(e-?\d+)?$/.test(word)
        ? Number(word)
        : Number.NaN;
    if (rank >= 0 && rank <= 1) return rank;
    throw new InvalidArgumentError(`expected p0..p100 or a rank 0..1, found ${JSON.stringify(part)}.`);
  });
  return [...before, ...ranks];
}

/** `1,2.5,-3`. An option that is given again adds to those before. */
export function toNumbers(text: string, before: number[] = []): number[] {
  return [...before, ...text.split(',').map(toNumber)];
}

export function toNumber(text: string): number {
  const x = Number(text);
  if (text.trim() !== '' && Number.isFinite(x)) return x;
  throw new InvalidArgumentError(`expected a number, found ${JSON.stringify(text)}.`);
}

/** A number of things, or a rate: nothing below 0. */
export function toAmount(text: string): number {
  const x = toNumber(text);
  if (x >= 0) return x;
  throw new InvalidArgumentError(`expected a number of at least 0, found ${JSON.stringify(text)}.`);
}

/** An integer option within a range. */
export function toIntegerWithin(low: number, high: number): (text: string) => number {
  return (text) => {
    const x = Number(text);
    if (/^\d+$/.test(text) && x >= low && x <= high) return x;
    throw new InvalidArgumentError(`expected an integer ${low}..${high}, found ${JSON.stringify(text)}.`);
  };
}

export const toK = toIntegerWithin(8, 65535);

function toSeed(text: string): bigint {
  if (/^\d+$/.test(text) && BigInt(text) < 1n << 64n) return BigInt(text);
  throw new InvalidArgumentError(`expected an integer 0..2^64-1, found ${JSON.stringify(text)}.`);
}

function toDelimiter(text: string): string {
  const delimiter = text === '\\t' ? '\t' : text;
  if (delimiter.length === 1) return delimiter;
  throw new InvalidArgumentError(`expected one character, found ${JSON.stringify(text)}.`);
}

/** `bits:9` or `decimals:1`. */
export function toPrecision(text: string): Precision {
  const match = /^(bits|decimals):(\d+)$/.exec(text);
  const digits = Number(match?.[2]);
  if (match?.[1] === 'bits' && digits >= 1 && digits <= 51) return { bits: digits };
  if (match?.[1] === 'decimals' && digits <= 22) return { decimals: digits };
  throw new InvalidArgumentError(`expected bits:1..51 or decimals:0..22, found ${JSON.stringify(text)}.`);
}
