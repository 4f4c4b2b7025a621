/** ops/runbooks/secret-rotation.md typed to its end, with pages that go on sending. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServedEdge, serveEdge } from '../../../build/serve-edge.js';
import { commandsOf, type RunbookCommand } from '../../../ops/live/runbook-commands.js';
import { newKey, type Senders, startSenders } from '../../../ops/live/senders.js';
import { openShell, type Shell } from '../../../ops/live/shell.js';
import { makeWorkplace } from '../../../ops/live/workplace.js';

const RUNBOOK = readFileSync(new URL('../../../ops/runbooks/secret-rotation.md', import.meta.url), 'utf8');

let folder: string;
let workplace: string;
let edge: ServedEdge;
let senders: Senders;
let shell: Shell;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-rotation-'));
  workplace = join(folder, 'workplace');
  edge = await serveEdge({ folder: join(folder, 'data'), output: 'ignore' });
  senders = startSenders(edge, await newKey(edge));
  const path = makeWorkplace(workplace);
  const KEY = await newKey(edge);
  shell = openShell(workplace, { ...path, URL: edge.url, TOKEN: edge.token, KEY });
});

afterAll(async () => {
  await senders?.end();
  await shell?.end();
  edge?.process.kill('SIGKILL');
  await edge?.ended;
  rmSync(folder, { recursive: true, force: true });
});

async function type(commands: readonly RunbookCommand[]): Promise<void> {
  expect(commands.length).toBeGreaterThan(0);
  for (const command of commands) {
    const { fault, output } = await shell.run(command);
    expect(fault && `${command.text}: ${fault}\n${output}`).toBeUndefined();
  }
}

it('ends the former tokens, and no key of a page but the one that was revoked', async () => {
  const commands = commandsOf(RUNBOOK, 'Resolution');
  const proofs = commands.findIndex(({ text }) => text.startsWith('test '));
  await type(commands.slice(0, proofs));
  // Before it is in its place, the new token is refused: the proofs can fail.
  expect((await shell.run(commands[proofs])).fault).toMatch(/exit 1/);

  edge.process.kill('SIGTERM');
  await edge.ended;
  const { port } = edge;
  const KLL_TOKEN_SECRET = readFileSync(join(workplace, 'secret'), 'utf8').trim();
  edge = await serveEdge({
    folder: join(folder, 'data'),
    port,
    environment: { KLL_TOKEN_SECRET },
    output: 'ignore',
  });
  await type(commands.slice(proofs));
  const before = senders.acknowledged;
  await expect.poll(() => senders.acknowledged, { timeout: 60_000 }).toBeGreaterThan(before + 10);
});
