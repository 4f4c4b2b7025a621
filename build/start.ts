/**
 * What `npm start` shows once everything is built: the delays of three million flights, each percentile of the sketch
 * beside the exact one; then the edge on this machine, loaded with those flights, and a page that looks at it. `--once`
 * ends after the table.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const KLL = join(ROOT, 'dist/cli/kll.js');
const FLIGHTS = 'node_modules/vega-datasets/data/flights-3m.parquet';
const PORT = Number(process.env.PAGE_PORT ?? 0);

const args = process.argv.slice(2);
const unknown = args.find((arg) => arg !== '--once');
if (unknown !== undefined) fail(`unknown argument ${unknown}: there is only --once`);
for (const needed of [KLL, join(ROOT, FLIGHTS)]) {
  if (!existsSync(needed)) fail(`${needed} is missing: run npm ci, then npm start`);
}

console.log('\nDelays of three million flights, in minutes: the sketch beside the exact answer.\n');
const { status } = spawnSync(
  process.execPath,
  [KLL, 'summary', FLIGHTS, '--column', 'delay', '--exact', '--seed', '1'],
  { cwd: ROOT, stdio: 'inherit' },
);
console.log();
if (status !== 0) process.exit(status ?? 1);
if (!args.includes('--once')) {
  const folder = mkdtempSync(join(tmpdir(), 'kll-start-'));
  let edge: ChildProcess | undefined;
  // However this process ends, the edge ends with it.
  process.once('exit', () => edge?.kill('SIGTERM'));
  /** The data goes when nobody writes it any more. */
  const end = async () => {
    if (edge?.pid !== undefined && edge.exitCode === null && edge.signalCode === null) {
      const gone = once(edge, 'exit');
      edge.kill('SIGTERM');
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  let isEnding = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isEnding) return;
      isEnding = true;
      void end().finally(() => process.exit(0));
    });
  }
  try {
    await live((origin) => {
      edge = spawnEdge(folder, origin);
      return edge;
    });
  } catch (error) {
    // An edge that ends because it was told to is no failure.
    if (!isEnding) {
      isEnding = true;
      await end();
      fail((error as Error).message);
    }
  }
}

/**
 * The edge, its data and the page, until interrupted.
 * @throws Error when one of them does not start, or the edge ends
 */
async function live(spawned: (origin: string) => ChildProcess): Promise<never> {
  const { servePage } = await import('./serve-page.js');
  const { loadFlights, METRIC } = await import('./load-flights.js');
  let edge: { url: string; token: string; key?: string } = { url: '', token: '' };
  const page = await servePage({ folder: join(ROOT, 'dist/page'), config: () => edge, port: PORT });
  const { origin } = new URL(page.url);
  const child = spawned(origin);
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the edge ended with ${code ?? signal}`)));
  });
  const shown = async () => {
    const ready = await readyEdge(child);
    if (!ready) return await ended;
    edge = { ...ready, key: await ingestKey(ready, origin) };
    const { values, batches, series, bytes } = await loadFlights(join(ROOT, FLIGHTS), edge, progress);
    console.log(
      `\n${values.toLocaleString('en')} flights in ${batches} batches of ${series} series: ${(bytes / 1e6).toFixed(1)} MB sent.`,
    );
    console.log(`\nThe edge  ${edge.url}\nThe page  ${page.url}#name=${METRIC}\n\nCtrl+C ends both.`);
    return await ended;
  };
  return await Promise.race([shown(), ended]);
}

/** A public key that the page at `origin` sends its own measurements with. */
async function ingestKey({ url, token }: { url: string; token: string }, origin: string): Promise<string> {
  const response = await fetch(`${url}/v1/admin/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ origins: [origin] }),
  });
  if (!response.ok)
    throw new Error(`the edge makes no ingest key: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { key: string }).key;
}

/** Starts the edge as `npm run edge` does, with its data in a folder of its own. */
function spawnEdge(folder: string, origin: string): ChildProcess {
  // No script before it: a signal reaches the process that ends workerd.
  return spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'build/run-edge.ts')], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, KLL_EDGE_DIR: folder, KLL_CORS_ORIGINS: origin, PORT: process.env.PORT ?? '0' },
  });
}

/** What the edge tells when it can be asked; undefined where it ends before. */
async function readyEdge(child: ChildProcess): Promise<{ url: string; token: string } | undefined> {
  const found = new Map<string, string>();
  for await (const line of createInterface({ input: child.stdout! })) {
    const [, key, value] = line.match(/^(url|token) (\S+)$/) ?? [];
    if (key) found.set(key, value);
    if (found.size === 2) break;
  }
  // What it logs from now on is not shown, and must not fill the pipe.
  child.stdout!.resume();
  const [url, token] = [found.get('url'), found.get('token')];
  return url && token ? { url, token } : undefined;
}

/** One line, written over and over on a terminal; elsewhere a line now and then. */
function progress(share: number, what: string): void {
  const width = 30;
  const done = Math.round(share * width);
  const line = `[${'#'.repeat(done)}${'.'.repeat(width - done)}] ${String(Math.round(share * 100)).padStart(3)} %  ${what}`;
  if (process.stderr.isTTY) process.stderr.write(`\r${line.padEnd(78)}${share >= 1 ? '\n' : ''}`);
  else if (share >= 1 || Math.round(share * 100) % 20 === 0) process.stderr.write(`${line}\n`);
}

function fail(message: string): never {
  console.error(`start: ${message}`);
  process.exit(2);
}
