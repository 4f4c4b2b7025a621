/** kll vacuum: deletes the expired buckets of an edge now, instead of when its clock comes to it. */
import type { Command } from 'commander';
import { type EdgeArguments, EdgeClient, withEdge } from '../edge/edge-client.js';
import { transferProgress } from '../edge/transfer-progress.js';
import { CliError, EXIT, type ExitCode } from '../exit.js';
import { showCountOf } from '../output/figures.js';
import { printJson, printLines } from '../output/terminal.js';

/** Each request deletes thousands of buckets of each object. */
const MOST_REQUESTS = 10_000;

export function vacuumCommand(program: Command): Command {
  return withEdge(program.command('vacuum').description('deletes expired buckets of an edge now'));
}

export async function vacuum(args: EdgeArguments): Promise<ExitCode> {
  const client = new EdgeClient(args);
  const progress = transferProgress('vacuum', args.progress);
  for (let requests = 1; requests <= MOST_REQUESTS; requests++) {
    const { more } = await client.json<{ more: boolean }>('/v1/admin/vacuum', { method: 'POST' });
    progress.update(showCountOf(requests, 'request'));
    if (more) continue;
    progress.finish(showCountOf(requests, 'request'));
    if (args.json) await printJson({ schema: 'kll.vacuum/1', requests, done: true });
    else await printLines(['nothing that has expired is left']);
    return EXIT.ok;
  }
  throw new CliError(EXIT.io, 'ERR_UNFINISHED', `expired buckets are left after ${MOST_REQUESTS} requests`);
}
