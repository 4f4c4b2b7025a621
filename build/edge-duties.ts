/**
 * What the cron trigger does on Cloudflare, for an edge on this machine: backups and exports of every tenant into folders,
 * by the command line of this project, at once and then every so many minutes.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const KLL = fileURLToPath(new URL('../dist/cli/kll.js', import.meta.url));
const ENDING = '.kllbackup';

export interface LocalDuties {
  url: string;
  /** A token that administers a tenant. */
  tokenOf(tenant: string): Promise<string>;
  /** The tenant that may know of all others. */
  operator: string;
  /** Where backups go, a folder a tenant; absent: none are made. */
  backupFolder?: string;
  /** Where Parquet files go; absent: none are fetched. */
  exportFolder?: string;
  /** Minutes between two runs. */
  minutes: number;
  /** Backups of a tenant that are kept: the newest. */
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

/** One run of both. What fails is told, keeps no other tenant from its own, and is tried again by the next. */
export async function runDuties(duties: LocalDuties): Promise<void> {
  const { url, tokenOf, operator, backupFolder, exportFolder, keep } = duties;
  const tenants = await tenantsOf(url, await tokenOf(operator)).catch((error: Error) => {
    console.error(`edge: no tenant is known, nothing is backed up or exported: ${error.message}`);
    return [];
  });
  for (const tenant of tenants) {
    const token = await tokenOf(tenant);
    if (backupFolder) {
      const folder = join(backupFolder, tenant);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const name = `${new Date().toISOString().replaceAll(/[:.]/g, '')}${ENDING}`;
      const isDone = await kll(tenant, ['backup', '--url', url, '--out', join(folder, name)], token);
      if (isDone) keepNewest(folder, keep);
    }
    if (exportFolder) {
      mkdirSync(exportFolder, { recursive: true });
      await kll(tenant, ['export', '--url', url, '--dir', exportFolder, '--enable'], token);
    }
  }
}

/** @throws Error where the edge does not say */
async function tenantsOf(url: string, token: string): Promise<string[]> {
  const response = await fetch(`${url}/v1/admin/tenants`, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const { tenants } = (await response.json()) as { tenants: { tenant: string }[] };
  return tenants.map(({ tenant }) => tenant);
}

async function kll(tenant: string, args: readonly string[], token: string): Promise<boolean> {
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
  if (code !== 0) console.error(`edge: kll ${args[0]} of ${tenant} failed with ${code}: ${told.trim()}`);
  return code === 0;
}

/** Names are times: they sort by age. */
function keepNewest(folder: string, keep: number): void {
  const backups = readdirSync(folder)
    .filter((name) => name.endsWith(ENDING))
    .sort();
  for (const name of backups.slice(0, Math.max(0, backups.length - keep))) rmSync(join(folder, name));
}
