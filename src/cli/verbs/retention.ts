/** kll retention: how long an edge keeps closed buckets, and how long it shall. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { type EdgeArguments, EdgeClient, withEdge } from '../edge/edge-client.js';
import { EXIT, type ExitCode } from '../exit.js';
import { showDuration } from '../output/figures.js';
import { renderFields } from '../output/table.js';
import { printJson, printLines, remark } from '../output/terminal.js';

type Retention = Record<(typeof RESOLUTIONS)[number], number>;

interface RetentionArguments extends EdgeArguments {
  minute?: number;
  hour?: number;
  day?: number;
}

interface Config {
  tenant: string;
  retentionMs: Retention;
  exportTo?: string;
}

const RESOLUTIONS = ['minute', 'hour', 'day'] as const;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

export function retentionCommand(program: Command): Command {
  const command = program
    .command('retention')
    .description('how long an edge keeps buckets; with --minute, --hour or --day, how long it shall')
    .option('--minute <time>', 'keep minutes so long: 7d, 36h, 2w; forever', toRetention)
    .option('--hour <time>', 'keep hours so long', toRetention)
    .option('--day <time>', 'keep days so long', toRetention);
  return withEdge(command);
}

export async function retention(args: RetentionArguments): Promise<ExitCode> {
  const client = new EdgeClient(args);
  const path = '/v1/admin/config';
  const before = await client.json<Config>(path);
  const change = Object.fromEntries(
    RESOLUTIONS.flatMap((name) => (args[name] === undefined ? [] : [[name, args[name]]])),
  );
  const isChanged = Object.keys(change).length > 0;
  const {
    tenant,
    retentionMs,
    exportTo = 'none',
  } = isChanged
    ? await client.json<Config>(path, {
        method: 'PATCH',
        json: { retentionMs: { ...before.retentionMs, ...change } },
      })
    : before;
  if (args.json) {
    const former = isChanged ? { before: before.retentionMs } : {};
    await printJson({ schema: 'kll.retention/1', tenant, retentionMs, ...former, exportTo });
    return EXIT.ok;
  }
  const told = (name: keyof Retention) => {
    const was =
      before.retentionMs[name] === retentionMs[name] ? '' : `, was ${showKept(before.retentionMs[name])}`;
    return `${showKept(retentionMs[name])}${was}`;
  };
  await printLines(renderFields(RESOLUTIONS.map((name) => [`${name}s`, told(name)])));
  if (exportTo !== 'none') remark('buckets that were not exported yet are kept longer');
  return EXIT.ok;
}

const showKept = (ms: number) => (ms === 0 ? 'for ever' : showDuration(ms));

/** `7d`: milliseconds; `forever` is 0, as the edge has it. */
function toRetention(text: string): number {
  if (text === 'forever') return 0;
  const found = /^(\d+)([smhdw])$/.exec(text);
  const ms = found ? Number(found[1]) * UNIT_MS[found[2]] : 0;
  if (ms > 0 && ms <= 36_500 * UNIT_MS.d) return ms;
  throw new InvalidArgumentError(`expected 1s to 36500d, or forever, found ${JSON.stringify(text)}.`);
}
