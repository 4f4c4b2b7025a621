/** kll backup: a tenant's data from an edge into a file that was checked record by record, and which ones were kept. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { BackupCheck, type BackupReport } from '../edge/backup-file.js';
import { DurableFile } from '../edge/durable-file.js';
import { type EdgeArguments, EdgeClient, withEdge } from '../edge/edge-client.js';
import { transferProgress } from '../edge/transfer-progress.js';
import { EXIT, type ExitCode, usageError } from '../exit.js';
import { showBytes, showCount, showCountOf } from '../output/figures.js';
import { type Column, renderFields, renderTable } from '../output/table.js';
import { printJson, printLines } from '../output/terminal.js';

interface BackupArguments extends EdgeArguments {
  out?: string;
  list?: boolean;
}

/** As the edge lists them. */
interface ConfirmedBackup {
  id: string;
  created: string;
  confirmed: string;
  records: number;
  bytes: number;
  place: string;
  target: string;
}

export const BACKUPS = '/v1/admin/backups';
const SNAPSHOTS = '/v1/admin/snapshots';
/** What the edge keeps of where a backup is. */
const LONGEST_PLACE = 1024;

export function backupCommand(program: Command): Command {
  const command = program
    .command('backup')
    .description('fetches the data of a tenant from an edge into a file, checked record by record')
    .option('-o, --out <file>', 'file to write; it takes this name when it is whole')
    .option('--list', 'which backups the edge knows to be kept, newest first');
  return withEdge(command);
}

export async function backup(args: BackupArguments): Promise<ExitCode> {
  const { out, list = false, json } = args;
  if (list === (out !== undefined)) throw usageError('expected either --out <file> or --list');
  const client = new EdgeClient(args);
  if (out === undefined) return await listBackups(client, json);
  const began = performance.now();
  const report = await fetchBackup(client, out, args.progress);
  // Only what is on the disk is confirmed: the age of the newest one is what an alert watches.
  await client.json(BACKUPS, {
    method: 'POST',
    json: {
      id: report.id,
      created: Date.parse(report.created),
      records: report.records,
      bytes: report.bytes,
      place: resolve(out).slice(-LONGEST_PLACE),
    },
  });
  const seconds = (performance.now() - began) / 1000;
  if (json) await printJson({ schema: 'kll.backup/1', file: out, ...report, seconds });
  else await printLines(renderFields([...backupFields(report), ['file', out]]));
  return EXIT.ok;
}

/** Lines on what a backup holds. */
export function backupFields(report: BackupReport): [string, string][] {
  return [
    ['backup', `${report.id}, tenant ${report.tenant}, the state of ${report.created}`],
    ['holds', `${showCountOf(report.values, 'value')} in ${showCountOf(report.buckets, 'bucket')}`],
    [
      'besides',
      `${showCountOf(report.ids, 'id of a batch', 'ids of batches')}, ${showCountOf(report.keys, 'key')}`,
    ],
    ['records', `${showCount(report.records)}, ${showBytes(report.bytes)}, every checksum right`],
    ['sha256', report.sha256],
  ];
}

/** Signals that end a command, with the exit code that a shell gives it then. */
const ENDING_SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

async function fetchBackup(
  client: EdgeClient,
  out: string,
  wanted: boolean | undefined,
): Promise<BackupReport> {
  const check = new BackupCheck('the backup');
  const progress = transferProgress('backup', wanted);
  const file = await DurableFile.create(out);
  const giveUp = async () => {
    await file.discard();
    // The edge learns it from nobody else, and would keep what changes for a backup that nobody reads.
    if (!check.id) return;
    await client
      .send(`${SNAPSHOTS}/backup-${check.id}`, { method: 'DELETE', timeoutMs: 5000 })
      .catch(() => {});
  };
  const end = (signal: keyof typeof ENDING_SIGNALS) =>
    void giveUp().finally(() => process.exit(ENDING_SIGNALS[signal]));
  for (const signal of SIGNALS) process.once(signal, end);
  try {
    for await (const piece of client.pieces('/v1/admin/backup')) {
      check.push(piece);
      await file.write(piece);
      progress.update(showCountOf(check.records, 'record'), check.bytes);
    }
    const report = check.finish();
    await file.finish();
    progress.finish(showCountOf(report.records, 'record'), report.bytes);
    return report;
  } catch (error) {
    await giveUp();
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
  }
}

const COLUMNS: Column<ConfirmedBackup>[] = [
  { title: 'state of', align: 'left', cell: ({ created }) => created },
  { title: 'id', align: 'left', cell: ({ id }) => id },
  { title: 'records', cell: ({ records }) => showCount(records) },
  { title: 'size', cell: ({ bytes }) => showBytes(bytes) },
  { title: 'place', align: 'left', cell: ({ target, place }) => `${target}: ${place || '-'}` },
];

async function listBackups(client: EdgeClient, json: boolean | undefined): Promise<ExitCode> {
  const { backups } = await client.json<{ backups: ConfirmedBackup[] }>(BACKUPS);
  if (json) await printJson({ schema: 'kll.backups/1', backups });
  else if (backups.length === 0) await printLines(['no backup was confirmed']);
  else await printLines(renderTable(COLUMNS, backups));
  return EXIT.ok;
}
