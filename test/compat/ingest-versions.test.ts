/**
 * Ingest objects of two versions while N changes: the new owner of an id runs one version, the former owner the other. Here the
 * objects of the former ring have data and code of their own, and new owners find those under the names of former ones.
 *
 *    Worker -> ingest objects of one build -> asks: ingest objects of the other build, which took the batches
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { filesOf } from '../../build/edge-config.js';
import {
  bundleOf,
  COMPATIBILITY_DATE,
  type ServedEdge,
  serveEdge,
  startWorkerd,
} from '../../build/serve-edge.js';
import { slotOf } from '../../src/adapters/workers/series-key.js';
import { encodeBatch } from '../../src/batch.js';
import { type Build, buildAtHand, previousVersion, type UnpackedBuild, unpackRelease } from './release.js';

const FORMER_N = 4;
const NEW_N = 9;
const environment = { KLL_TOKEN_SECRET: 'a secret of a test, which opens nothing else' };
const IDS = Array.from({ length: 200 }, () => new Uint8Array(randomBytes(16)));
/** Those that change their owner. */
const MOVED = IDS.filter((id) => slotOf(id, FORMER_N) !== slotOf(id, NEW_N));

let atHand: Build;
let previous: UnpackedBuild;
let folder: string;
beforeAll(async () => {
  atHand = await buildAtHand();
  previous = await unpackRelease(previousVersion());
  folder = mkdtempSync(join(tmpdir(), 'kll-owners-'));
});
afterAll(() => {
  previous?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const created = Date.now();
const bodyOf = (id: Uint8Array) =>
  encodeBatch({ id, created, series: [{ name: 'a', labels: {}, age: 0, values: Float64Array.of(1, 2) }] });

async function send(url: string, token: string, id: Uint8Array): Promise<number> {
  const response = await fetch(`${url}/v1/ingest`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/vnd.kll.batch' },
    body: bodyOf(id) as Uint8Array<ArrayBuffer>,
    signal: AbortSignal.timeout(60_000),
  });
  await response.arrayBuffer();
  return response.status;
}

async function end(edge: Pick<ServedEdge, 'process' | 'ended'>): Promise<void> {
  edge.process.kill('SIGKILL');
  await edge.ended;
}

async function configure({ url, token }: ServedEdge, settings: object): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify(settings);
  const response = await fetch(`${url}/v1/admin/config`, { method: 'PATCH', headers, body });
  if (!response.ok) throw new Error(await response.text());
}

/** @param owners data and build of new owners, and of the Worker @param former of former ones */
function configuration(
  owners: { folder: string; worker: string },
  former: { folder: string; worker: string },
): string {
  const namespaces = (...classes: [name: string, key: string][]) =>
    classes.map(([name, key]) => `(className = "${name}", uniqueKey = "kll-wasm-${key}", enableSql = true)`);
  const service = (built: string, storage: string, ingest: string, hosted: string[]) => `(
  compatibilityDate = "${COMPATIBILITY_DATE}",
  modules = [${filesOf(bundleOf(built, owners.folder)).join(', ')}],
  bindings = [
    (name = "DIRECTORY", durableObjectNamespace = (className = "DirectoryObject", serviceName = "edge")),
    (name = "SERIES", durableObjectNamespace = (className = "SeriesObject", serviceName = "edge")),
    (name = "INGEST", durableObjectNamespace = (className = "IngestObject", serviceName = "${ingest}")),
    (name = "KLL_TOKEN_SECRET", fromEnvironment = "KLL_TOKEN_SECRET"),
  ],
  durableObjectNamespaces = [${hosted.join(', ')}],
  durableObjectStorage = (localDisk = "${storage}"),
)`;
  const others = namespaces(['DirectoryObject', 'directory'], ['SeriesObject', 'series']);
  const ingest = namespaces(['IngestObject', 'ingest']);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge), (name = "owners", worker = .owners), (name = "former", worker = .former),
    (name = "storage", disk = (path = "${owners.folder}/storage", writable = true)),
    (name = "storage-of-former", disk = (path = "${former.folder}/storage", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "edge")],
);
const edge :Workerd.Worker = ${service(owners.worker, 'storage', 'owners', others)};
const owners :Workerd.Worker = ${service(owners.worker, 'storage', 'former', ingest)};
const former :Workerd.Worker = ${service(former.worker, 'storage-of-former', 'owners', ingest)};
`;
}

/** Batches are taken by objects of one build; N changes; they are sent again, to objects of the other build. */
async function story(name: string, former: string, owner: string): Promise<number[]> {
  const [formerFolder, ownerFolder] = [`${name}-former`, `${name}-owners`].map((one) => join(folder, one));
  const first = await serveEdge({ folder: formerFolder, worker: former, environment, output: 'ignore' });
  await configure(first, { ingest: FORMER_N });
  const taken = await Promise.all(IDS.map((id) => send(first.url, first.token, id)));
  expect(new Set(taken)).toEqual(new Set([202]));
  await end(first);

  // The same rings in the directory that the new owners hear of.
  const second = await serveEdge({ folder: ownerFolder, worker: owner, environment, output: 'ignore' });
  await configure(second, { ingest: FORMER_N });
  await configure(second, { ingest: NEW_N });
  const { token } = second;
  await end(second);

  const file = join(ownerFolder, 'mixed.capnp');
  writeFileSync(
    file,
    configuration({ folder: ownerFolder, worker: owner }, { folder: formerFolder, worker: former }),
  );
  const mixed = await startWorkerd({
    configuration: file,
    env: { ...process.env, ...environment },
    output: 'ignore',
  });
  try {
    const url = `http://127.0.0.1:${mixed.port}`;
    expect(await send(url, token, new Uint8Array(randomBytes(16)))).toBe(202);
    return await Promise.all(MOVED.map((id) => send(url, token, id)));
  } finally {
    await end(mixed);
  }
}

it.each([
  ['this build', 'the previous release'],
  ['the previous release', 'this build'],
])('an owner of %s asks a former owner of %s, and takes nothing twice', async (owner) => {
  const [own, other] = owner === 'this build' ? [atHand, previous] : [previous, atHand];
  const statuses = await story(owner.replaceAll(' ', '-'), other.worker, own.worker);
  expect(statuses.length).toBeGreaterThan(100);
  expect(new Set(statuses)).toEqual(new Set([200]));
});
