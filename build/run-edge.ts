/**
 * `npm run edge`: the edge on this machine, on workerd. Environment: PORT (default any free one), HOST (default
 * 127.0.0.1), KLL_EDGE_DIR (folder of its data, default .kll-edge), KLL_BACKUP_DIR and KLL_EXPORT_DIR (folders of backups
 * and Parquet files), and the variables of docs/edge.md. Prints one line `url http://...` and one line `token ...` (an
 * admin token, the same for the same folder), keeps its data across restarts, ends when it is ended: with 0, or as
 * workerd did where that ended by itself.
 */
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { startDuties } from './edge-duties.js';
import { serveEdge } from './serve-edge.js';

const { KLL_BACKUP_DIR: backupFolder, KLL_EXPORT_DIR: exportFolder } = process.env;
const port = integer('PORT', 0, 0, 65535);
const minutes = integer('KLL_BACKUP_MINUTES', 60, 1, 10_080);
const keep = integer('KLL_BACKUP_KEEP', 48, 1, 100_000);
let workerd: ChildProcess | undefined;
let isAsked = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    isAsked = true;
    // One that does not listen yet ends with this process.
    if (workerd) workerd.kill(signal);
    else process.exit(0);
  });
}
// Whoever closes its output, as `head` does, has no use for it any more.
process.stdout.on('error', (error) => fail(`what it tells cannot be written: ${error.message}`));

const edge = await serveEdge({
  folder: resolve(process.env.KLL_EDGE_DIR || '.kll-edge'),
  host: process.env.HOST || '127.0.0.1',
  port,
}).catch((error: Error) => fail(error.message));
workerd = edge.process;
console.log(`url ${edge.url}`);
console.log(`token ${edge.token}`);
if (backupFolder || exportFolder) {
  startDuties({
    url: edge.url,
    tokenOf: edge.tokenOf,
    operator: edge.operator,
    ...(backupFolder ? { backupFolder: resolve(backupFolder) } : {}),
    ...(exportFolder ? { exportFolder: resolve(exportFolder) } : {}),
    minutes,
    keep,
  });
}
const code = await edge.ended;
// A signal to the whole group may reach workerd first.
if (!isAsked) await new Promise((resolve) => setTimeout(resolve, 100));
const { signalCode } = edge.process;
if (!isAsked) console.error(`edge: workerd ended by itself, with ${signalCode ?? code}`);
// Not later: a backup that is under way has nobody to ask any more.
process.exit(code ?? (isAsked || !signalCode ? 0 : 128 + constants.signals[signalCode]));

function integer(name: string, standard: number, least: number, most: number): number {
  const value = Number(process.env[name] || standard);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  return fail(`${name}: expected ${least} to ${most}, found ${process.env[name]}`);
}

function fail(message: string): never {
  console.error(`edge: ${message}`);
  process.exit(2);
}
