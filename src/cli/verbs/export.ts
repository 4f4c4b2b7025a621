/** kll export: closed buckets of an edge as Parquet files in a folder, each confirmed once it is on the disk. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import type { Command } from 'commander';
import { parquetMetadata } from 'hyparquet';
import { DurableFile } from '../edge/durable-file.js';
import { type EdgeArguments, EdgeClient, withEdge } from '../edge/edge-client.js';
import { transferProgress } from '../edge/transfer-progress.js';
import { dataError, EXIT, type ExitCode, ioError } from '../exit.js';
import { showBytes, showCount, showCountOf } from '../output/figures.js';
import { renderFields } from '../output/table.js';
import { printJson, printLines, remark } from '../output/terminal.js';

interface ExportArguments extends EdgeArguments {
  dir: string;
  enable?: boolean;
}

/** What the edge answers: files of closed buckets, and what to confirm when all of them are kept. */
interface ExportPlan {
  resolution: string;
  files: { path: string; url: string; rows: number }[];
  confirm: string[];
  more: boolean;
}

interface ExportedFile {
  path: string;
  rows: number;
  /** Buckets that the edge could not read. */
  leftOut: number;
  bytes: number;
  sha256: string;
}

export function exportCommand(program: Command): Command {
  const command = program
    .command('export')
    .description('fetches closed buckets of an edge as Parquet; goes on where the last export ended')
    .requiredOption('--dir <folder>', 'folder to write into, by tenant and date; made where it is missing')
    .option('--enable', "set the tenant's exportTo to pull first: from now on retention waits for exports");
  return withEdge(command);
}

export async function exportBuckets(args: ExportArguments): Promise<ExitCode> {
  const client = new EdgeClient(args);
  if (args.enable) await client.json('/v1/admin/config', { method: 'PATCH', json: { exportTo: 'pull' } });
  const progress = transferProgress('export', args.progress);
  const files: ExportedFile[] = [];
  let resolution = '';
  const sum = (name: 'rows' | 'bytes' | 'leftOut') => files.reduce((total, file) => total + file[name], 0);
  for (;;) {
    const plan = await client.json<ExportPlan>('/v1/admin/exports', { method: 'POST' });
    resolution = plan.resolution;
    for (const planned of plan.files) {
      files.push(await fetchFile(client, args.dir, planned));
      progress.update(
        `${showCountOf(files.length, 'file')}, ${showCountOf(sum('rows'), 'row')}`,
        sum('bytes'),
      );
    }
    // The edge may forget what is confirmed: only now is every file of the plan on the disk.
    for (const url of plan.confirm) await client.send(url, { method: 'POST' });
    if (!plan.more || plan.confirm.length === 0) break;
  }
  const [rows, bytes, leftOut] = [sum('rows'), sum('bytes'), sum('leftOut')];
  const verdict = leftOut === 0 ? EXIT.ok : EXIT.negative;
  progress.finish(`${showCountOf(files.length, 'file')}, ${showCountOf(rows, 'row')}`, bytes);
  if (args.json) {
    await printJson({ schema: 'kll.export/1', dir: args.dir, resolution, rows, leftOut, bytes, files });
    return verdict;
  }
  if (files.length === 0) await printLines(['nothing has closed since the last export']);
  else {
    await printLines([
      ...files.map(({ path, sha256 }) => `${sha256}  ${path}`),
      ...renderFields([
        ['files', `${showCount(files.length)} in ${args.dir}, ${showBytes(bytes)}`],
        ['rows', `${showCount(rows)}, a ${resolution} of a series each, confirmed`],
      ]),
    ]);
  }
  if (leftOut > 0) remark(`${showCountOf(leftOut, 'bucket')} left out: the edge cannot read them`);
  return verdict;
}

/** @throws CliError exit code 3 for what is no Parquet of so many rows */
async function fetchFile(
  client: EdgeClient,
  dir: string,
  { path, url, rows }: ExportPlan['files'][number],
): Promise<ExportedFile> {
  const inside = normalize(path);
  if (isAbsolute(inside) || inside.split(sep).includes('..')) {
    throw dataError(`the edge names a file outside of the folder: ${JSON.stringify(path)}`);
  }
  const bytes = await client.bytes(url);
  const found = rowsOf(bytes, path);
  if (found > rows) throw dataError(`${path}: ${found} rows, ${rows} were planned`, undefined, 'ERR_COUNT');
  const target = join(dir, inside);
  await mkdir(dirname(target), { recursive: true }).catch((error) => {
    throw ioError('write', target, error);
  });
  const file = await DurableFile.create(target);
  try {
    await file.write(bytes);
    await file.finish();
  } catch (error) {
    await file.discard();
    throw error;
  }
  return {
    path,
    rows: found,
    leftOut: rows - found,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

function rowsOf(bytes: Uint8Array, path: string): number {
  try {
    return Number(parquetMetadata(bytes.buffer as ArrayBuffer).num_rows);
  } catch (error) {
    throw dataError(
      `${path}: no Parquet: ${(error as Error).message}`,
      'Export again: nothing was confirmed.',
      'ERR_PARQUET',
    );
  }
}
