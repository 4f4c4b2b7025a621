/**
 * `npm run ops:check -- --full`: types the diagnosis of every runbook and the proofs of the checklist into a shell, before a running edge with data and
 * load, in a folder with the files that each begins with. Each command must end as its line says.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import { commandsOf, type RunbookCommand } from '../live/runbook-commands.js';
import { batchOf, call, newKey, startSenders } from '../live/senders.js';
import { openShell } from '../live/shell.js';
import { makeWorkplace } from '../live/workplace.js';
import { filesOf, ROOT, read } from './known.js';
import { AREAS } from './runbooks.js';

/** Runbooks followed at once. */
const AT_ONCE = 4;
const CHECKLIST = 'ops/production-checklist.md';
/** Of the checklist: what is run by itself in every build, or needs more than an edge. */
const NEEDS_MORE = /^(npm|npx|promtool|amtool) /;
const HOUR_MS = 3_600_000;
const NAMES = ['lcp', 'inp', 'cls'];
/** What a few senders send meanwhile, so that objectives have something to be measured by. */
const LOAD = { count: 2, pauseMs: 100 };

/** @returns the number of commands, and what is wrong with which */
export async function followDiagnoses(): Promise<{ commands: number; faults: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'kll-diagnosis-'));
  const data = join(folder, 'edge');
  const edge = await serveEdge({ folder: data, output: 'ignore' });
  const senders = startSenders(edge, await newKey(edge), LOAD);
  try {
    const files = await record(edge, folder);
    const queue = [CHECKLIST, ...filesOf('ops/runbooks', '.md')];
    const faults: string[] = [];
    let commands = 0;
    const follow = async () => {
      for (let file = queue.shift(); file; file = queue.shift()) {
        const workplace = join(folder, basename(file, '.md'));
        const path = makeWorkplace(workplace);
        for (const [name, bytes] of Object.entries(files)) writeFileSync(join(workplace, name), bytes);
        const shell = openShell(workplace, {
          ...path,
          URL: edge.url,
          TOKEN: edge.token,
          KLL_TOKEN: edge.token,
          KLL_EDGE_DIR: data,
          BACKUPS: data,
        });
        for (const command of proofsOf(file)) {
          const { fault, output, seconds } = await shell.run(command);
          commands++;
          console.log(
            `${fault ? 'FAIL' : 'ok  '} ${seconds.toFixed(1).padStart(5)} s  ${basename(file)}: ${command.text}`,
          );
          if (fault) faults.push(`${file}: ${command.text}\n  ${fault}\n  ${output.slice(-800)}`);
        }
        await shell.end();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, follow));
    return { commands, faults };
  } finally {
    await senders.end();
    edge.process.kill('SIGKILL');
    await edge.ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** So that the newest backup has an age. */
function backUp({ url, token }: ServedEdge, folder: string): void {
  const args = ['dist/cli/kll.js', 'backup', '--url', url, '--out', join(folder, 'of-now.kllbackup')];
  const env = { ...process.env, KLL_TOKEN: token };
  execFileSync(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'inherit'] });
}

function proofsOf(file: string): RunbookCommand[] {
  if (file !== CHECKLIST) return commandsOf(read(file), 'Diagnosis');
  return AREAS.flatMap((area) => commandsOf(read(file), area)).filter(({ text }) => !NEEDS_MORE.test(text));
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
