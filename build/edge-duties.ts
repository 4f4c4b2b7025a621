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
/** A backup under way; one that stands at the start of another was left by a process that was ended. */
const PARTIAL = `${ENDING}.partial`;

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
  /** Intervals for which backups of a tenant are kept; so many of the newest stay even when they are older. */
  keep: number;
}

/** @returns ends them; a run that is under way is finished */
export function startDuties(duties: LocalDuties): () => void {
  let running: Promise<void> = Promise.resolve();
  const run = () => {
    running = running
      .then(() => runDuties(duties, Date.now()))
      .catch((error: Error) => console.error(`edge: backups and exports broke off: ${error.message}`));
  };
  run();
  const timer = setInterval(run, duties.minutes * 60_000);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * One run of both. What fails is told, keeps no other tenant from its own, and is tried again by the next.
 * @param now epoch milliseconds
 */
export async function runDuties(duties: LocalDuties, now: number): Promise<void> {
  const { url, tokenOf, operator, backupFolder, exportFolder, minutes } = duties;
  const tenants = await tenantsOf(url, await tokenOf(operator)).catch((error: Error) => {
    console.error(`edge: no tenant is known, nothing is backed up or exported: ${error.message}`);
    return [];
  });
  for (const tenant of tenants) {
    if (backupFolder) {
      await attempt('backup', tenant, async () => {
        const folder = join(backupFolder, tenant);
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        for (const name of readdirSync(folder)) if (name.endsWith(PARTIAL)) rmSync(join(folder, name));
        if (hasFresh(folder, now, minutes)) return;
        const out = join(folder, nameAt(now));
        const args = ['backup', '--url', url, '--out', out];
        if (await kll(tenant, args, await tokenOf(tenant))) prune(folder, now, duties);
      });
    }
    if (exportFolder) {
      await attempt('export', tenant, async () => {
        mkdirSync(exportFolder, { recursive: true });
        const args = ['export', '--url', url, '--dir', exportFolder, '--enable'];
        await kll(tenant, args, await tokenOf(tenant));
      });
    }
  }
}

/** What fails is told, a folder that cannot be written as well. */
async function attempt(duty: string, tenant: string, work: () => Promise<void>): Promise<void> {
  await work().catch((error: Error) => console.error(`edge: ${duty} of ${tenant} failed: ${error.message}`));
}

/** @throws Error where the edge does not say */
async function tenantsOf(url: string, token: string): Promise<string[]> {
  const response = await fetch(`${url}/v1/admin/tenants`, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const { tenants } = (await response.json()) as { tenants: { tenant: string }[] };
  return tenants.map(({ tenant }) => tenant);
}

/** @returns whether it succeeded; what failed is told */
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
function nameAt(time: number): string {
  return `${new Date(time).toISOString().replaceAll(/[:.]/g, '')}${ENDING}`;
}

/** Oldest first. */
function backupsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ENDING))
    .sort();
}

/** Whether a backup is younger than half an interval: a process that starts again and again needs no further one. */
function hasFresh(folder: string, now: number, minutes: number): boolean {
  const [from, to] = [nameAt(now - (minutes * 60_000) / 2), nameAt(now)];
  // One that is dated ahead, by a clock that was wrong, says nothing.
  return backupsIn(folder).some((name) => name > from && name <= to);
}

/** Removes what is too old. Neither backups in quick succession nor days without any cost the history. */
function prune(folder: string, now: number, { keep, minutes }: LocalDuties): void {
  const tooOld = nameAt(now - keep * minutes * 60_000);
  for (const name of backupsIn(folder).slice(0, -keep)) if (name <= tooOld) rmSync(join(folder, name));
}
