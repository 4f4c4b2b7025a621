/** docs/upgrading.md typed command by command: from the previous release to this build before pages that go on sending, and back. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServedEdge, serveEdge } from '../../../build/serve-edge.js';
import { commandsOf } from '../../../ops/live/runbook-commands.js';
import { batchOf, call, newKey, type Senders, startSenders } from '../../../ops/live/senders.js';
import { openShell, type Shell } from '../../../ops/live/shell.js';
import { makeWorkplace } from '../../../ops/live/workplace.js';
import { buildAtHand, previousVersion, type UnpackedBuild, unpackRelease } from '../../compat/release.js';

const DOCUMENT = readFileSync(new URL('../../../docs/upgrading.md', import.meta.url), 'utf8');
/** What is run by itself in every build, needs an account, or is done by the test: exchanging the version. */
const ELSEWHERE = /^(npm ci|npx|systemctl) /;
/** Of the stage, in the document. */
const STAGE_PORT = /\b8788\b/g;
const HOUR_MS = 3_600_000;

/** What is promised, but for the times of a machine that runs other tests as well: gates are tested, not its speed. */
const SHIPPED = readFileSync(new URL('../../../ops/slo/edge.yaml', import.meta.url), 'utf8');

let folder: string;
let objectives: string;
let previous: UnpackedBuild;
let edge: ServedEdge;
let senders: Senders;
let shell: Shell;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-upgrading-'));
  previous = await unpackRelease(previousVersion());
  edge = await serveEdge({ folder: join(folder, 'data'), worker: previous.worker, output: 'ignore' });
  for (let hour = 2; hour < 30; hour += 3) {
    const values = Array.from({ length: 400 }, (_, i) => 1000 + ((i * 7919) % 500));
    const body = batchOf([{ name: 'lcp', labels: { device: 'phone' }, values, ageMs: hour * HOUR_MS }]);
    await call(edge, '/v1/ingest', { method: 'POST', body });
  }
  senders = startSenders(edge, await newKey(edge), { count: 2, pauseMs: 50 });
  objectives = join(folder, 'objectives.yaml');
  writeFileSync(objectives, SHIPPED.replaceAll(/seconds: '[\d.]+'/g, "seconds: '2.5'"));
  const workplace = join(folder, 'workplace');
  const path = makeWorkplace(workplace);
  shell = openShell(workplace, { ...path, URL: edge.url, TOKEN: edge.token });
});

afterAll(async () => {
  await senders?.end();
  await shell?.end();
  edge?.process.kill('SIGKILL');
  await edge?.ended;
  previous?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Types what a section says. @returns what each command printed */
async function follow(section: string, stagePort = 0): Promise<string[]> {
  const commands = commandsOf(DOCUMENT, section).filter(({ text }) => !ELSEWHERE.test(text));
  expect(commands.length).toBeGreaterThan(0);
  const outputs: string[] = [];
  for (const command of commands) {
    const text = command.text
      .replaceAll(STAGE_PORT, String(stagePort))
      .replace(/^kll slo check /, `kll slo check --objectives ${objectives} `);
    const { fault, output } = await shell.run({ ...command, text });
    expect(fault && `${section}: ${text}: ${fault}\n${output}`).toBeUndefined();
    outputs.push(output);
  }
  return outputs;
}

async function exchange(worker: string): Promise<void> {
  edge.process.kill('SIGTERM');
  await edge.ended;
  edge = await serveEdge({ folder: join(folder, 'data'), port: edge.port, worker, output: 'ignore' });
}

/** Pages send whatever happens: what gates are to judge by. */
const someLoad = () => new Promise((resolve) => setTimeout(resolve, 3000));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it('leads from the previous release to this build and back, every gate passed and nothing lost', async () => {
  await someLoad();
  await follow('Review');
  // The figures of before are of something.
  expect(Number(/"n":(\d+)/.exec(readFileSync(join(folder, 'workplace/before.txt'), 'utf8'))?.[1])).toBe(
    4000,
  );
  await follow('Stage', await freePort());
  await someLoad();
  await follow('Canary');
  await exchange((await buildAtHand()).worker);
  await someLoad();
  await follow('Validate');
  await exchange(previous.worker);
  await someLoad();
  await follow('Validate');
  expect(senders.acknowledged).toBeGreaterThan(50);

  // What validates can fail: where no edge answers nothing holds, in a shell that asks the last part of a pipe alone.
  edge.process.kill('SIGKILL');
  await edge.ended;
  const proofs = commandsOf(DOCUMENT, 'Validate');
  expect(proofs.length).toBeGreaterThan(3);
  await shell.run({ text: 'set +o pipefail', exits: [0] });
  for (const { text, exits } of proofs) {
    expect({ text, fault: (await shell.run({ text, exits })).fault }).toEqual({
      text,
      fault: expect.any(String),
    });
  }
}, 180_000);
