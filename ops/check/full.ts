/**
 * `npm run ops:check -- --full`: types the diagnosis of every runbook and the proofs of the checklist into a shell, before a running edge with data and
 * load, in a folder with the files that each begins with. Each command must end as its line says.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import { type Monitoring, startMonitoring } from '../live/monitoring.js';
import { commandsOf, type RunbookCommand } from '../live/runbook-commands.js';
import { batchOf, call, newKey, startSenders } from '../live/senders.js';
import { openShell, type Shell } from '../live/shell.js';
import { makeWorkplace } from '../live/workplace.js';
import { isStepOfBuild } from './build-steps.js';
import { filesOf, ROOT, read } from './known.js';
import { AREAS } from './runbooks.js';

/** Runbooks followed at once. */
const AT_ONCE = 4;
const CHECKLIST = 'ops/production-checklist.md';
const HOUR_MS = 3_600_000;
const NAMES = ['lcp', 'inp', 'cls'];
/** What a few senders send meanwhile, so that objectives have something to be measured by. */
const LOAD = { count: 2, pauseMs: 100 };
/** Prometheus scrapes every second. */
const FASTER = 15;
/** What takes the whole machine comes last, with less of it: whether a machine carries the load is for the one that is meant. */
const HEAVY = /^npm run bench:/;
const LIGHTER = [/ --rate \d+/, ' --rate 50 --seconds 1'] as const;
/** The alert of the checklist, and how long Alertmanager may take to deliver it. */
const TEST_ALERT = 'TestPage';
const DELIVERY_MS = 30_000;

/** @returns the number of commands, and what is wrong with which */
export async function followDiagnoses(): Promise<{ commands: number; faults: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'kll-diagnosis-'));
  const data = join(folder, 'edge');
  const edge = await serveEdge({ folder: data, output: 'ignore' });
  const senders = startSenders(edge, await newKey(edge), LOAD);
  const faults: string[] = [];
  let monitoring: Monitoring | undefined;
  let commands = 0;
  try {
    const files = await record(edge, folder);
    monitoring = await startMonitoring({ folder: join(folder, 'monitoring'), edge, factor: FASTER });
    await scraped(monitoring);
    const openAt = (file: string, options?: { pipefail: boolean }) => {
      const workplace = join(folder, basename(file, '.md'));
      const path = makeWorkplace(workplace);
      for (const [name, bytes] of Object.entries(files)) writeFileSync(join(workplace, name), bytes);
      const environment = {
        ...path,
        URL: edge.url,
        TOKEN: edge.token,
        KLL_TOKEN: edge.token,
        KLL_EDGE_DIR: data,
        BACKUPS: data,
      };
      return openShell(workplace, environment, options);
    };
    const type = async (shell: Shell, file: string, command: RunbookCommand) => {
      const { fault, output, seconds } = await shell.run(command);
      commands++;
      console.log(
        `${fault ? 'FAIL' : 'ok  '} ${seconds.toFixed(1).padStart(5)} s  ${basename(file)}: ${command.text}`,
      );
      if (fault) faults.push(`${file}: ${command.text}\n  ${fault}\n  ${output.slice(-800)}`);
    };
    const proofs = proofsOf(monitoring);
    const light = proofs.filter(({ text }) => !HEAVY.test(text));
    const queue = [CHECKLIST, ...filesOf('ops/runbooks', '.md')];
    const follow = async () => {
      for (let file = queue.shift(); file; file = queue.shift()) {
        const shell = openAt(file);
        const typed = file === CHECKLIST ? light : commandsOf(read(file), 'Diagnosis');
        for (const command of typed) await type(shell, file, command);
        await shell.end();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, follow));
    faults.push(...(await undelivered(monitoring)));
    await senders.end();

    const shell = openAt('heavy');
    for (const command of proofs.filter(({ text }) => HEAVY.test(text))) {
      await type(shell, CHECKLIST, { ...command, text: command.text.replace(...LIGHTER) });
    }
    await shell.end();

    // Where no edge answers nothing is proved, in the shell of a person, either.
    edge.process.kill('SIGKILL');
    await edge.ended;
    const deserted = openAt('deserted', { pipefail: false });
    for (const command of proofs.filter(({ text }) => text.includes('$URL'))) {
      commands++;
      const { fault } = await deserted.run(command);
      if (fault === undefined) faults.push(`${CHECKLIST}: ${command.text}\n  holds where no edge answers`);
    }
    await deserted.end();
    return { commands, faults };
  } finally {
    await monitoring?.end();
    await senders.end();
    edge.process.kill('SIGKILL');
    await edge.ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits until Prometheus has seen the edge. */
async function scraped({ api }: Monitoring): Promise<void> {
  for (const began = Date.now(); Date.now() - began < DELIVERY_MS; ) {
    const { result } = await api<{ result: object[] }>('query?query=up%7Bjob%3D%22kll-edge%22%7D==1');
    if (result.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('Prometheus does not reach the edge');
}

async function undelivered({ delivered }: Monitoring): Promise<string[]> {
  const hasCome = () =>
    delivered.some(({ alertname, receiver }) => alertname === TEST_ALERT && receiver === 'pager');
  for (const began = Date.now(); Date.now() - began < DELIVERY_MS && !hasCome(); ) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return hasCome() ? [] : [`${CHECKLIST}: the alert ${TEST_ALERT} reached nobody`];
}

/** Lines of the checklist that are no step of a build by themselves, where Prometheus and Alertmanager are. */
function proofsOf({ url, alertmanagerUrl }: Monitoring): RunbookCommand[] {
  return AREAS.flatMap((area) => commandsOf(read(CHECKLIST), area))
    .filter(({ text }) => !isStepOfBuild(text))
    .map((command) => ({
      ...command,
      text: command.text
        .replace('http://localhost:9090', url)
        .replace('http://localhost:9093', alertmanagerUrl),
    }));
}

/** So that the newest backup has an age. */
function backUp({ url, token }: ServedEdge, folder: string): void {
  const args = ['dist/cli/kll.js', 'backup', '--url', url, '--out', join(folder, 'of-now.kllbackup')];
  const env = { ...process.env, KLL_TOKEN: token };
  execFileSync(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Two days of values, and the files that runbooks begin with: a damaged image, a scrape of before. */
async function record(edge: ServedEdge, folder: string): Promise<Record<string, Uint8Array>> {
  for (let hour = 1; hour < 48; hour += 2) {
    const series = NAMES.flatMap((name) =>
      ['phone', 'desktop'].map((device) => ({
        name,
        labels: { device },
        values: Array.from({ length: 500 }, (_, i) => 1000 + ((i * 7919) % 500)),
        ageMs: hour * HOUR_MS,
      })),
    );
    await call(edge, '/v1/ingest', { method: 'POST', body: batchOf(series) });
  }
  backUp(edge, folder);
  // One refusal, so that there is something to be found under its code.
  await fetch(`${edge.url}/v1/ingest`, { method: 'POST', headers: { 'x-kll-key': 'nobody' } });
  await call(edge, '/v1/quantiles?name=lcp');
  const image = new Uint8Array(await (await call(edge, '/v1/sketch?name=lcp')).arrayBuffer());
  const suspect = image.slice();
  suspect[suspect.length >> 1] ^= 0xff;
  const before = new TextEncoder().encode(await (await call(edge, '/metrics')).text());
  return { 'suspect.kll': suspect, 'sketch.kll': image, 'before.prom': before };
}
