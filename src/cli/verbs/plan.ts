/** kll plan: which k for an error that is asked for. */
import { type Command, InvalidArgumentError } from 'commander';
import { totalCapacity } from '../../core/capacity.js';
import { planForK, popcount } from '../../core/condense.js';
import { TAILS, type Tails } from '../../core/image.js';
import { type ErrorTerms, normalizedRankError, rankErrorAt } from '../../core/rank-error.js';
import { gridVariance } from '../../core/variance.js';
import { toIntegerWithin, withJson } from '../arguments.js';
import { EXIT, type ExitCode, usageError } from '../exit.js';
import { showBytes, showCountOf, showPercent } from '../output/figures.js';
import { renderFields } from '../output/table.js';
import { printJson, printLines } from '../output/terminal.js';

interface PlanArguments {
  error?: number;
  p99?: number;
  n: number;
  json?: boolean;
}

interface Plan {
  /** To condense to. */
  k: number;
  tails: Tails;
  sharp: boolean;
  workingK: number;
  /** Error over all ranks and at p99, at 99 % confidence. */
  error: number;
  p99: number;
  /** Of the condensed image as an Apache image of doubles: the most it can be, and so the most a compact one is. */
  bytes: number;
}

const LARGEST_K = 4096;

export function planCommand(program: Command): Command {
  const command = program
    .command('plan')
    .description('the k, tails and bytes that an error asks for')
    .option('--error <share>', 'error over all ranks, as 0.5% or 0.005', toShare)
    .option('--p99 <share>', 'error at p99, as 0.05% or 0.0005', toShare)
    .option('-n, --n <count>', 'values expected', toIntegerWithin(2, Number.MAX_SAFE_INTEGER), 1_000_000);
  return withJson(command);
}

export async function plan(args: PlanArguments): Promise<ExitCode> {
  const { error = 1, p99 = 1, n } = args;
  if (args.error === undefined && args.p99 === undefined) {
    throw usageError('nothing to plan for', 'Say --error, --p99 or both: kll plan --error 0.5% --p99 0.05%');
  }
  const found = smallest(error, p99, n);
  if (!found) {
    throw usageError(
      `no k up to ${LARGEST_K} is off by at most ${showPercent(error)} and ${showPercent(p99)} at p99 of ${showCountOf(n, 'value')}`,
      'Ask for a larger error, or keep the values.',
    );
  }
  if (args.json) {
    await printJson({ schema: 'kll.plan/1', n, asked: { error: args.error, p99: args.p99 }, ...found });
    return EXIT.ok;
  }
  await printLines([
    ...renderFields([
      ['k', String(found.k)],
      ['tails', found.sharp ? `${found.tails}, sharp` : found.tails],
      ['working k', String(found.workingK)],
      ['image', `at most ${showBytes(found.bytes)}`],
      ['error', `${showPercent(found.error)}, ${showPercent(found.p99)} at p99, with 99 % confidence`],
    ]),
    '',
    `new KllSketch({ k: ${found.workingK}, tails: '${found.tails}' })`,
    `sketch.condense(${found.k}${found.sharp ? ', { sharp: true }' : ''}).toBytes()`,
    `kll build -k ${found.workingK} --tails ${found.tails} --condense ${found.k}${found.sharp ? ' --sharp' : ''}`,
  ]);
  return EXIT.ok;
}

/** The smallest k that reaches both; of the ways to reach it, the one that needs the least memory. */
function smallest(error: number, p99: number, n: number): Plan | undefined {
  for (let k = 8; k <= LARGEST_K; k++) {
    for (const [tails, sharp] of [
      ['none', false],
      ['high', false],
      ['high', true],
    ] as const) {
      const candidate = planOf(k, tails, sharp, n);
      if (candidate.error <= error && candidate.p99 <= p99) return candidate;
    }
  }
  return undefined;
}

function planOf(k: number, tails: Tails, sharp: boolean, n: number): Plan {
  const workingK = Math.max(sharp ? 1536 : 1024, 5 * k);
  const isEstimating = n > totalCapacity(k, 1);
  const { height, chunks, ramp, slack } = isEstimating
    ? planForK(n, k, TAILS[tails], sharp)
    : { height: 0, chunks: n, ramp: 0, slack: 0 };
  const terms: ErrorTerms = {
    n,
    minK: workingK,
    guarantee: TAILS[tails],
    variance: isEstimating ? gridVariance(height, n) : 0,
    isEstimating,
  };
  const items = chunks + TAILS[tails] * ramp * height + height + popcount(slack);
  return {
    k,
    tails,
    sharp,
    workingK,
    error: normalizedRankError(terms, false),
    p99: rankErrorAt(0.99, terms),
    // Preamble of 20 bytes, an offset of 4 for each level, minimum, maximum and items.
    bytes: 20 + 4 * (height + 1) + 8 * (items + 2),
  };
}

/** `0.5%` or `0.005`: above 0, at most 1. */
function toShare(text: string): number {
  const percent = /^(\d*\.?\d+)\s*%$/.exec(text);
  const share = percent ? Number(`${percent[1]}e-2`) : /^\d*\.?\d+(e-?\d+)?$/.test(text) ? Number(text) : 0;
  if (share > 0 && share <= 1) return share;
  throw new InvalidArgumentError(`expected a share as 0.5% or 0.005, found ${JSON.stringify(text)}.`);
}
