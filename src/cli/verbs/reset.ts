/** kll reset: a tenant of an edge begins anew. */
import { type Command, InvalidArgumentError } from 'commander';
import { type EdgeArguments, EdgeClient, withEdge } from '../edge/edge-client.js';
import { EXIT, type ExitCode, usageError } from '../exit.js';
import { showCount } from '../output/figures.js';
import { renderFields } from '../output/table.js';
import { printJson, printLines, remark } from '../output/terminal.js';

interface ResetArguments extends EdgeArguments {
  dryRun?: boolean;
  yes?: boolean;
  keep?: Part[];
}

/** What a reset can leave as it is. */
const PARTS = ['series', 'keys', 'settings'] as const;
type Part = (typeof PARTS)[number];

export interface ResetAnswer {
  dryRun: boolean;
  tenant: string;
  ingestObjects: number;
  seriesObjects: number;
  series: number;
  keys: number;
  kept: Part[];
}

export function resetCommand(program: Command): Command {
  const command = program
    .command('reset')
    .description('forgets the data, keys and settings of a tenant; --dry-run says what it would forget')
    .option('--dry-run', 'say what there is to forget, and forget nothing')
    .option('--keep <parts>', `what stays: ${PARTS.join(', ')}, by comma`, toParts)
    .option('--yes', 'it is meant: without this, or --dry-run, nothing is done');
  return withEdge(command);
}

export async function reset(args: ResetArguments): Promise<ExitCode> {
  const { dryRun = false, yes = false, keep = [] } = args;
  if (dryRun === yes) {
    throw usageError('expected either --dry-run or --yes', 'What is forgotten is gone: kll backup first.');
  }
  const answer = await resetTenant(new EdgeClient(args), keep, dryRun);
  if (args.json) {
    await printJson({ schema: 'kll.reset/1', ...answer });
    return EXIT.ok;
  }
  const fate = (part: Part) =>
    answer.kept.includes(part) ? 'kept' : dryRun ? 'would be forgotten' : 'forgotten';
  await printLines(
    renderFields([
      ['tenant', answer.tenant],
      ['series', `${showCount(answer.series)} with all they hold: ${fate('series')}`],
      ['keys', `${showCount(answer.keys)}: ${fate('keys')}`],
      ['settings', fate('settings')],
      ['objects', `${answer.ingestObjects} ingest, ${answer.seriesObjects} series`],
    ]),
  );
  if (dryRun) remark('nothing was changed: --yes does it');
  return EXIT.ok;
}

/** @param keep what stays */
export async function resetTenant(
  client: EdgeClient,
  keep: readonly Part[],
  dryRun: boolean,
): Promise<ResetAnswer> {
  const parameters = new URLSearchParams({ keep: keep.join(','), dryRun: dryRun ? '1' : '0' });
  return await client.json<ResetAnswer>(`/v1/admin/reset?${parameters}`, { method: 'POST' });
}

function toParts(text: string): Part[] {
  return text.split(',').map((one) => {
    const part = PARTS.find((known) => known === one.trim());
    if (part) return part;
    throw new InvalidArgumentError(`expected some of ${PARTS.join(', ')}, found ${JSON.stringify(one)}.`);
  });
}
