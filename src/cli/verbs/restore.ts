/** kll restore: a backup back into an edge, in requests of whole records; what is there already is skipped. */
import type { Command } from 'commander';
import { BACKUP_CONTENT_TYPE, encodeRecord, RECORD } from '../../wire/backup-records.js';
import { BackupCheck, type BackupReport, checkBackupFile, recordsOf } from '../edge/backup-file.js';
import { BucketDigests } from '../edge/bucket-digests.js';
import { type EdgeArguments, EdgeClient, withEdge } from '../edge/edge-client.js';
import { transferProgress } from '../edge/transfer-progress.js';
import { CliError, EXIT, type ExitCode, usageError } from '../exit.js';
import { showCount, showCountOf } from '../output/figures.js';
import { renderFields } from '../output/table.js';
import { printJson, printLines } from '../output/terminal.js';
import { backupFields } from './backup.js';
import { resetTenant } from './reset.js';

interface RestoreArguments extends EdgeArguments {
  add?: boolean;
  replace?: boolean;
  verify?: boolean;
}

/** The edge's answer to a run of records. */
interface Restored {
  id: string;
  rows: number;
  values: number;
  skipped: number;
  ids: number;
  keys: number;
  isComplete: boolean;
}

/** How what is stored now compares with the file. */
interface Comparison {
  /** Closed parts of buckets of the file, and those of them that are not there bit for bit. */
  compared: number;
  missing: number;
  /** Of the file, and older by now than the tenant keeps. */
  expired: number;
  /** Parts that were open still: the edge goes on with them. */
  open: number;
}

/** Of one request; a record more may come on top. */
const REQUEST_BYTES = 8 * 2 ** 20;

export function restoreCommand(program: Command): Command {
  const command = program
    .command('restore')
    .description('brings a backup back into an edge; repeating is safe')
    .argument('<file>', 'of kll backup')
    .option('--add', 'add the backup to what the tenant has')
    .option('--replace', 'forget what the tenant has first, all but its keys and settings')
    .option(
      '--verify',
      'fetch it back afterwards: exit code 1 if a closed bucket is not the same bit for bit',
    );
  return withEdge(command);
}

export async function restore(file: string, args: RestoreArguments): Promise<ExitCode> {
  const { add = false, replace = false, verify = false } = args;
  if (add && replace) throw usageError('expected one of --add and --replace');
  const client = new EdgeClient(args);
  const began = performance.now();
  // The whole file is checked before anything is changed.
  const digests = new BucketDigests();
  const report = await checkBackupFile(file, verify ? (record) => digests.add(record) : undefined);
  if (replace) await resetTenant(client, ['keys', 'settings'], false);
  // Behind a reset new batches are taken already: the backup comes beside them.
  const restored = await send(client, file, report, add || replace ? 'add' : 'empty', args.progress);
  if (restored.rows + restored.skipped !== report.buckets || !restored.isComplete) {
    throw new CliError(
      EXIT.io,
      'ERR_INCOMPLETE',
      `the edge took ${restored.rows} buckets and skipped ${restored.skipped}, the backup holds ${report.buckets}`,
      'Restore it again: what is there is skipped.',
    );
  }
  const comparison = verify ? await compare(client, digests) : undefined;
  const seconds = (performance.now() - began) / 1000;
  const ok = !comparison || comparison.missing === 0;
  if (args.json) {
    await printJson({
      schema: 'kll.restore/1',
      ok,
      file,
      backup: report,
      restored,
      ...(comparison ? { verified: comparison } : {}),
      seconds,
    });
  } else await printLines(renderFields([...backupFields(report), ...restoredFields(restored, comparison)]));
  return ok ? EXIT.ok : EXIT.negative;
}

function restoredFields(restored: Restored, comparison: Comparison | undefined): [string, string][] {
  const { rows, skipped, values, ids, keys } = restored;
  const known = skipped > 0 ? `; ${showCount(skipped)} were there` : '';
  const fields: [string, string][] = [
    ['restored', `${showCountOf(values, 'value')} in ${showCountOf(rows, 'bucket')}${known}`],
    [
      '',
      `${showCountOf(ids, 'id of a batch', 'ids of batches')}, ${showCountOf(keys, 'key')} not known before`,
    ],
  ];
  if (!comparison) return fields;
  const { compared, missing, expired, open } = comparison;
  const there = compared - missing - expired;
  const verdict =
    missing === 0
      ? `${expired === 0 ? 'all ' : ''}${showCountOf(there, 'closed bucket is', 'closed buckets are')} there bit for bit`
      : `FAILED: ${showCount(missing)} of ${showCountOf(compared, 'closed bucket is', 'closed buckets are')} not there bit for bit`;
  const gone = expired === 0 ? '' : `; ${showCount(expired)} have expired`;
  return [...fields, ['verified', `${verdict}${gone}; ${showCount(open)} were open`]];
}

/** The header goes before each run: that is what the edge knows the records by. */
async function send(
  client: EdgeClient,
  file: string,
  report: BackupReport,
  mode: 'empty' | 'add',
  wanted: boolean | undefined,
): Promise<Restored> {
  const progress = transferProgress('restore', wanted, report.bytes);
  const told: Restored = {
    id: report.id,
    rows: 0,
    values: 0,
    skipped: 0,
    ids: 0,
    keys: 0,
    isComplete: false,
  };
  let header: Uint8Array | undefined;
  let run: Uint8Array[] = [];
  let runBytes = 0;
  let sentBytes = 0;
  const flush = async () => {
    const body = Buffer.concat([header!, ...run]);
    const answer = await client.json<Restored>(`/v1/admin/restore?mode=${mode}`, {
      method: 'POST',
      body,
      contentType: BACKUP_CONTENT_TYPE,
    });
    for (const name of ['rows', 'values', 'skipped', 'ids', 'keys'] as const) told[name] += answer[name];
    told.isComplete ||= answer.isComplete;
    sentBytes += runBytes;
    progress.update(
      `${showCount(told.rows + told.skipped)} of ${showCountOf(report.buckets, 'bucket')}`,
      sentBytes,
    );
    run = [];
    runBytes = 0;
  };
  for await (const { type, ordinal, payload } of recordsOf(file)) {
    const bytes = encodeRecord(type, ordinal, payload);
    if (type === RECORD.header) header = bytes;
    else {
      run.push(bytes);
      runBytes += bytes.length;
    }
    if (runBytes >= REQUEST_BYTES) await flush();
  }
  if (run.length > 0) await flush();
  progress.finish(showCountOf(report.buckets, 'bucket'), report.bytes);
  return told;
}

/** A backup of what is there now, compared with the file and thrown away. */
async function compare(client: EdgeClient, digests: BucketDigests): Promise<Comparison> {
  const { closed, open } = digests;
  const check = new BackupCheck('what is stored now', (record) => digests.subtract(record));
  for await (const piece of client.pieces('/v1/admin/backup')) check.push(piece);
  check.finish();
  const { retentionMs } = await client.json<{ retentionMs: Record<'minute' | 'hour' | 'day', number> }>(
    '/v1/admin/config',
  );
  const { minute, hour, day } = retentionMs;
  return { compared: closed, ...digests.left([minute, hour, day], Date.now()), open };
}
