/** kll snapshot: names for the state of an edge's buckets, and the way back to one. */
import type { Command } from 'commander';
import { type EdgeArguments, EdgeClient, withEdge } from '../edge/edge-client.js';
import { EXIT, type ExitCode, usageError } from '../exit.js';
import { type Column, renderTable } from '../output/table.js';
import { printJson, printLines } from '../output/terminal.js';

interface Snapshot {
  name: string;
  /** RFC 3339. */
  created: string;
}

const PATH = '/v1/admin/snapshots';

/** @throws CliError exit code 2 for names that no URL can hold */
function pathOf(name: string): string {
  if (/^\.{0,2}$/.test(name))
    throw usageError(`expected the name of a snapshot, found ${JSON.stringify(name)}`);
  return `${PATH}/${encodeURIComponent(name)}`;
}

export function snapshotCommands(
  program: Command,
): Record<'list' | 'create' | 'remove' | 'rollback', Command> {
  const snapshot = program
    .command('snapshot')
    .description('names for the state of buckets, and the way back');
  const named = (verb: string, what: string) =>
    withEdge(snapshot.command(verb).description(what).argument('<name>', 'letters, digits, ., _ and -'));
  return {
    list: withEdge(snapshot.command('list').description('which snapshots there are, oldest first')),
    create: named('create', 'names the state of now; costs nothing until buckets change'),
    remove: named('delete', 'forgets a snapshot, and what is kept for it alone'),
    rollback: named('rollback', 'buckets become what they were; what came since is gone'),
  };
}

export async function snapshotList(args: EdgeArguments): Promise<ExitCode> {
  const { snapshots } = await new EdgeClient(args).json<{ snapshots: Snapshot[] }>(PATH);
  if (args.json) await printJson({ schema: 'kll.snapshots/1', snapshots });
  else if (snapshots.length === 0) await printLines(['no snapshots']);
  else await printLines(renderTable(COLUMNS, snapshots));
  return EXIT.ok;
}

export async function snapshotCreate(name: string, args: EdgeArguments): Promise<ExitCode> {
  const made = await new EdgeClient(args).json<Snapshot>(PATH, { method: 'POST', json: { name } });
  return await tell(args, { action: 'created', ...made }, `snapshot ${name}, the state of ${made.created}`);
}

export async function snapshotDelete(name: string, args: EdgeArguments): Promise<ExitCode> {
  await new EdgeClient(args).send(pathOf(name), { method: 'DELETE' });
  return await tell(args, { action: 'deleted', name }, `snapshot ${name} is forgotten`);
}

export async function snapshotRollback(name: string, args: EdgeArguments): Promise<ExitCode> {
  await new EdgeClient(args).send(`${pathOf(name)}/rollback`, { method: 'POST' });
  return await tell(args, { action: 'rolled back', name }, `buckets are what they were at snapshot ${name}`);
}

const COLUMNS: Column<Snapshot>[] = [
  { title: 'snapshot', align: 'left', cell: ({ name }) => name },
  { title: 'state of', align: 'left', cell: ({ created }) => created },
];

async function tell({ json }: EdgeArguments, report: object, line: string): Promise<ExitCode> {
  if (json) await printJson({ schema: 'kll.snapshot/1', ...report });
  else await printLines([line]);
  return EXIT.ok;
}
