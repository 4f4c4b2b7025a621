/** How the processes around workerd end: with it, never before it, and never for a folder of backups. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runDuties, startDuties } from '../../build/edge-duties.js';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import { servePage } from '../../build/serve-page.js';

interface Running {
  process: ChildProcess;
  output(): string;
  /** Code and signal, when it has ended. */
  ended: Promise<unknown[]>;
}

let folder: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kll-processes-'));
});

afterEach(() => {
  for (const one of started.splice(0)) one.kill('SIGKILL');
  for (const pid of workerds()) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Process ids of all workerd whose data lies in the folder; one that has ended has no command line. */
function workerds(): number[] {
  const commandOf = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && commandOf(name).includes(`${folder}/`))
    .filter((name) => commandOf(name).includes('workerd.capnp'))
    .map(Number);
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(isSo: () => boolean, what: () => string): Promise<void> {
  for (const end = Date.now() + 60_000; !isSo(); await sleep(5))
    if (Date.now() > end) throw new Error(what());
}

function run(script: string, environment: Record<string, string>): Running {
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, PORT: '0', KLL_EDGE_DIR: join(folder, 'edge'), TMPDIR: folder, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes));
  return { process: child, output: () => output, ended: once(child, 'exit') };
}

async function runEdge(environment: Record<string, string> = {}): Promise<Running> {
  const edge = run('build/run-edge.ts', environment);
  await until(() => /^token /m.test(edge.output()), edge.output);
  return edge;
}

/** A tenant is there when it has sent something. */
async function send(edge: ServedEdge, tenant: string): Promise<void> {
  const response = await fetch(`${edge.url}/v1/ingest`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await edge.tokenOf(tenant)}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      batchId: randomBytes(16).toString('hex'),
      series: [{ name: 'latency_ms', labels: {}, values: [1, 2, 3], ageMs: 0 }],
    }),
  });
  if (response.status !== 202) throw new Error(await response.text());
}

async function end(edge: ServedEdge): Promise<void> {
  edge.process.kill('SIGKILL');
  await edge.ended;
}

/** Runs what writes to console.error; the lines. */
async function toldBy(work: () => Promise<unknown>): Promise<string[]> {
  const spy = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    await work();
    return spy.mock.calls.map(([line]) => String(line));
  } finally {
    spy.mockRestore();
  }
}

it.skipIf(!existsSync('/proc/self/cmdline'))(
  'an edge ends with its workerd, and is ended with it',
  async () => {
    const edge = await runEdge();
    const [workerd] = workerds();
    process.kill(workerd, 'SIGKILL');
    expect(await edge.ended).toEqual([137, null]);
    expect(edge.output()).toMatch(/^edge: workerd ended by itself, with SIGKILL$/m);

    const next = await runEdge();
    expect(workerds()).toHaveLength(1);
    next.process.kill('SIGTERM');
    expect(await next.ended).toEqual([0, null]);
    expect(workerds()).toEqual([]);
  },
);

it.skipIf(!existsSync('/proc/self/cmdline'))(
  'an edge that does not listen yet leaves no workerd',
  async () => {
    const edge = run('build/run-edge.ts', {});
    await until(() => workerds().length > 0, edge.output);
    edge.process.kill('SIGTERM');
    expect(await edge.ended).toEqual([0, null]);
    await until(
      () => workerds().length === 0,
      () => `workerd ${workerds()} lives on`,
    );
  },
);

it.skipIf(!existsSync('/proc/self/cmdline'))(
  'an edge whose output nobody reads ends as a whole',
  async () => {
    const edge = run('build/run-edge.ts', {});
    edge.process.stdout?.destroy();
    expect(await edge.ended).toEqual([2, null]);
    expect(edge.output()).toMatch(/^edge: what it tells cannot be written: .*EPIPE$/m);
    await until(
      () => workerds().length === 0,
      () => `workerd ${workerds()} lives on`,
    );
  },
);

it('a second edge on the same folder is refused, until the first is dead', async () => {
  const edge = await serveEdge({ folder, output: 'ignore' });
  const second = run('build/run-edge.ts', { KLL_EDGE_DIR: folder });
  expect(await second.ended).toEqual([2, null]);
  expect(second.output()).toMatch(/^edge: an edge runs on \S+ already, workerd with process id \d+/);
  expect((await fetch(`${edge.url}/healthz`)).ok).toBe(true);
  await end(edge);
  // Its number may be that of any other process by now.
  writeFileSync(join(folder, 'workerd.capnp.pid'), String(process.pid));
  const third = await serveEdge({ folder, output: 'ignore' });
  await end(third);
});

it('a folder of backups that cannot be written ends nothing, and keeps no other tenant from its own', async () => {
  const edge = await serveEdge({ folder: join(folder, 'edge'), output: 'ignore' });
  try {
    await send(edge, 'default');
    await send(edge, 'shop');
    const [backupFolder, exportFolder] = [join(folder, 'backups'), join(folder, 'lake')];
    const duties = { ...edge, backupFolder, exportFolder, minutes: 60, keep: 3 };
    await runDuties(duties, Date.now());
    expect(readdirSync(backupFolder)).toContain('shop');
    // What a process left that was ended in the middle goes with the next run.
    writeFileSync(join(backupFolder, 'shop', '2026-01-01T000000000Z.kllbackup.partial'), 'half of one');
    rmSync(join(backupFolder, 'default'), { recursive: true });
    writeFileSync(join(backupFolder, 'default'), 'no folder');
    rmSync(exportFolder, { recursive: true });
    writeFileSync(exportFolder, 'no folder');
    const told = await toldBy(() => runDuties(duties, Date.now() + 3_600_000));
    expect(told).toHaveLength(3);
    expect(told[0]).toMatch(/^edge: backup of default failed: EEXIST/);
    for (const [i, tenant] of ['default', 'shop'].entries()) {
      expect(told[i + 1]).toMatch(new RegExp(`^edge: export of ${tenant} failed: EEXIST`));
    }
    expect(readdirSync(join(backupFolder, 'shop'))).toHaveLength(2);
  } finally {
    await end(edge);
  }
});

it('a run that breaks off is told, and the next is made', async () => {
  let asked = 0;
  const told = await toldBy(async () => {
    const tokenOf = async () => {
      asked++;
      throw new Error('no token');
    };
    const stop = startDuties({ url: '', tokenOf, operator: 'default', minutes: 1 / 6000, keep: 3 });
    await until(
      () => asked > 2,
      () => `${asked} runs`,
    );
    stop();
    await sleep(0);
  });
  for (const line of told) expect(line).toBe('edge: backups and exports broke off: no token');
  expect(told.length).toBeGreaterThan(2);
});

it('an edge runs on where its folder of backups cannot be written', async () => {
  const first = await serveEdge({ folder: join(folder, 'edge'), output: 'ignore' });
  await send(first, 'default');
  await end(first);
  writeFileSync(join(folder, 'file'), '');
  const edge = await runEdge({ KLL_BACKUP_DIR: join(folder, 'file', 'backups') });
  await until(() => /^edge: backup of default failed: ENOTDIR/m.test(edge.output()), edge.output);
  const [, url] = /^url (\S+)$/m.exec(edge.output()) ?? [];
  expect((await fetch(`${url}/healthz`)).ok).toBe(true);
  edge.process.kill('SIGTERM');
  expect(await edge.ended).toEqual([0, null]);
});

it('the page answers what is no address, after it has looked at the host', async () => {
  const { url, server } = await servePage({ folder, config: () => ({ url: '', token: '' }) });
  const statusOf = (path: string, host = '127.0.0.1') =>
    new Promise((resolve, reject) => {
      const asked = request(url, { path, headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.once('error', reject).end();
    });
  try {
    expect(await statusOf('//')).toBe(400);
    expect(await statusOf('//', 'evil.example')).toBe(421);
    expect(await statusOf('/config.json')).toBe(200);
    expect(await statusOf('/other')).toBe(404);
  } finally {
    server.close();
  }
});

it('what `npm start` shows ends with one line where a port is taken, and leaves no folder', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const port = String((taken.address() as AddressInfo).port);
  try {
    for (const [name, line] of [
      ['PORT', /^start: the edge ended with 2$/m],
      ['PAGE_PORT', /^start: listen EADDRINUSE: .*$/m],
    ] as const) {
      const start = run('build/start.ts', { [name]: port });
      expect(await start.ended).toEqual([2, null]);
      expect(start.output()).toMatch(line);
      expect(start.output()).not.toMatch(/^ +at /m);
      expect(readdirSync(folder).filter((made) => made.startsWith('kll-start-'))).toEqual([]);
    }
  } finally {
    taken.close();
  }
});
