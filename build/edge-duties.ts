/**
 * What the cron trigger does on Cloudflare, for an edge on this machine: backups and exports into folders, by the command
 * line of this project, at once and then every so many minutes.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const KLL = fileURLToPath(new URL('../dist/cli/kll.js', import.meta.url));
const ENDING = '.kllbackup';

export interface LocalDuties {
  url: string;
  token: string;
  /** Where backups go; absent: none are made. */
  backupFolder?: string;
  /** Where Parquet files go; absent: none are fetched. */
  exportFolder?: string;
  /** Minutes between two runs. */
  minutes: number;
  /** Backups that are kept: the newest. */
  keep: number;
}

/** @returns ends them; a run that is under way is finished */
export function startDuties(duties: LocalDuties): () => void {
  let running: Promise<void> = Promise.resolve();
  const run = () => {
    running = running.then(() => runDuties(duties));
  };
  run();
  const timer = setInterval(run, duties.minutes * 60_000);
  timer.unref();
  return () => clearInterval(timer);
}

/** One run of both. What fails is told, and tried again by the next. */
export async function runDuties({
  url,
  token,
  backupFolder,
  exportFolder,
  keep,
}: LocalDuties): Promise<void> {
  if (backupFolder) {
    mkdirSync(backupFolder, { recursive: true, mode: 0o700 });
    const name = `${new Date().toISOString().replaceAll(/[:.]/g, '')}${ENDING}`;
    const isDone = await kll(['backup', '--url', url, '--out', join(backupFolder, name)], token);
    if (isDone) keepNewest(backupFolder, keep);
  }
  if (exportFolder) {
    mkdirSync(exportFolder, { recursive: true });
    await kll(['export', '--url', url, '--dir', exportFolder, '--enable'], token);
  }
}

async function kll(args: readonly string[], token: string): Promise<boolean> {
  // The token goes by the environment: a command line is seen by everybody.
  const child = spawn(process.execPath, [KLL, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, KLL_TOKEN: token },
  });
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => {
    told = (told + chunk).slice(-4000);
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', resolve);
  });
  if (code !== 0) console.error(`edge: kll ${args[0]} failed with ${code}: ${told.trim()}`);
  return code === 0;
}

/** Names are times: they sort by age. */
function keepNewest(folder: string, keep: number): void {
  const backups = readdirSync(folder)
    .filter((name) => name.endsWith(ENDING))
    .sort();
  for (const name of backups.slice(0, Math.max(0, backups.length - keep))) rmSync(join(folder, name));
}
