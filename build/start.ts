/**
 * What `npm start` shows once everything is built: the delays of three million flights, each percentile of the sketch
 * beside the exact one; then the edge on this machine, loaded with those flights, and a page that looks at it. `--once`
 * ends after the table.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
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
if (!args.includes('--once')) await live();

/** The edge, its data and the page, until interrupted. */
async function live(): Promise<void> {
  const { servePage } = await import('./serve-page.js');
  const { loadFlights, METRIC } = await import('./load-flights.js');
  const folder = mkdtempSync(join(tmpdir(), 'kll-start-'));
  let edge: { url: string; token: string; key?: string } = { url: '', token: '' };
  const page = await servePage({ folder: join(ROOT, 'dist/page'), config: () => edge, port: PORT });
  const started = await startEdge(folder, new URL(page.url).origin);
  edge = { ...started.edge, key: await ingestKey(started.edge, new URL(page.url).origin) };
  const end = () => {
    started.process.kill('SIGTERM');
    page.server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      end();
      process.exit(0);
    });
  }
  try {
    const { values, batches, series, bytes } = await loadFlights(join(ROOT, FLIGHTS), edge, progress);
    console.log(
      `\n${values.toLocaleString('en')} flights in ${batches} batches of ${series} series: ${(bytes / 1e6).toFixed(1)} MB sent.`,
    );
  } catch (error) {
    end();
    throw error;
  }
  console.log(`\nThe edge  ${edge.url}\nThe page  ${page.url}#name=${METRIC}\n\nCtrl+C ends both.`);
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
async function startEdge(
  folder: string,
  origin: string,
): Promise<{ edge: { url: string; token: string }; process: ChildProcess }> {
  const child = spawn(
    process.execPath,
    [join(ROOT, 'node_modules/tsx/dist/cli.mjs'), join(ROOT, 'build/run-edge.ts')],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, KLL_EDGE_DIR: folder, KLL_CORS_ORIGINS: origin, PORT: process.env.PORT ?? '0' },
    },
  );
  const found = new Map<string, string>();
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the edge ended with ${code} before it was ready`)));
  });
  // Not for later: once it is ready, its end is ours.
  ended.catch(() => {});
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout! })) {
      const [, key, value] = line.match(/^(url|token) (\S+)$/) ?? [];
      if (key) found.set(key, value);
      if (found.size === 2) break;
    }
    return { url: found.get('url') ?? '', token: found.get('token') ?? '' };
  })();
  return { edge: await Promise.race([ready, ended]), process: child };
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
