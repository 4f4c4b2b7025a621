/** Starts the built edge on workerd, with its data in a folder: for `npm run edge`, tests and benchmarks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import { LEAST_SECRET_BYTES } from '../src/wire/token-form.js';
import { type Bundle, edgeConfig, type ObjectBinding } from './edge-config.js';
import { hold, holderOf } from './edge-lock.js';

const BUILT = fileURLToPath(new URL('../dist/workers', import.meta.url));
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
/** Of wrangler.toml: a date that the workerd of the lockfile knows. */
export const COMPATIBILITY_DATE = '2026-04-01';
/** Tenant of the token that is made for the folder. */
export const TENANT = 'default';

export interface ServeOptions {
  /** Folder of the data; made where it is missing. */
  folder: string;
  /** Address to listen on; default 127.0.0.1. */
  host?: string;
  /** Port; 0 takes any that is free. */
  port?: number;
  /** Variables of docs/edge.md, beside or above those of this process. */
  environment?: Record<string, string>;
  /** Folder of the built Worker; default dist/workers. */
  worker?: string;
  /** Folders of other builds of it, whose code runs the objects of a class: as while a version is rolled out. */
  objects?: Partial<Record<ObjectBinding, string>>;
  /** Where workerd writes what it has to say: here, or nowhere. */
  output?: 'inherit' | 'ignore';
}

export interface ServedEdge {
  url: string;
  port: number;
  /** An admin token, the same for the same folder. */
  token: string;
  /** The same for another tenant. */
  tokenOf(tenant: string): Promise<string>;
  /** Whose administrators see what is of the whole server. */
  operator: string;
  /** workerd itself, not a script before it: a signal reaches it. */
  process: ChildProcess;
  /** Resolves with the exit code when workerd has ended; null after a signal. */
  ended: Promise<number | null>;
}

/** Every workerd that runs: none outlives this process, however it ends itself. */
const living = new Set<ChildProcess>();
// Acknowledged batches are stored: ending at once loses nothing.
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** @throws Error when the Worker is not built, another edge runs on the folder, or workerd does not start */
export async function serveEdge({
  folder: named,
  host = '127.0.0.1',
  port = 0,
  environment = {},
  worker = BUILT,
  objects = {},
  output = 'inherit',
}: ServeOptions): Promise<ServedEdge> {
  const folders = [...new Set([worker, ...Object.values(objects)])];
  for (const one of folders) {
    if (!existsSync(join(one, 'worker.js')))
      throw new Error(`${one} is missing worker.js: run npm run build first`);
  }
  mkdirSync(join(named, 'storage'), { recursive: true, mode: 0o700 });
  // One folder has one name, by whatever links it is reached.
  const folder = realpathSync(named);
  const storage = join(folder, 'storage');
  const configuration = join(folder, 'workerd.capnp');
  const holder = holderOf(configuration);
  if (holder !== undefined)
    throw new Error(`an edge runs on ${folder} already, workerd with process id ${holder}: end it first`);
  const secret =
    environment.KLL_TOKEN_SECRET || process.env.KLL_TOKEN_SECRET || secretOf(join(folder, 'secret'));
  const env: NodeJS.ProcessEnv = {
    KLL_OPERATOR_TENANT: TENANT,
    KLL_VERSION: version,
    ...process.env,
    ...environment,
    KLL_TOKEN_SECRET: secret,
  };

  writeFileSync(
    configuration,
    edgeConfig({
      address: `${host}:${port}`,
      bundles: folders.map((built) => bundleOf(built, folder)),
      places: Object.fromEntries(
        Object.entries(objects).map(([name, built]) => [name, folders.indexOf(built)]),
      ),
      storage,
      fromEnvironment: Object.keys(env).filter((name) => name.startsWith('KLL_') && !name.endsWith('_DIR')),
      compatibilityDate: COMPATIBILITY_DATE,
    }),
  );
  const running = await startWorkerd({ configuration, env, output });
  return {
    ...running,
    url: `http://${host}:${running.port}`,
    token: await tokenOf(secret, TENANT),
    tokenOf: async (tenant) => await tokenOf(secret, tenant),
    operator: env.KLL_OPERATOR_TENANT || TENANT,
  };
}

/** @throws Error when it ends before it listens */
export async function startWorkerd({
  configuration,
  env,
  output,
}: {
  /** Absolute path of a file of workerd's configuration, with a socket `http`. */
  configuration: string;
  env: NodeJS.ProcessEnv;
  output: 'inherit' | 'ignore';
}): Promise<Pick<ServedEdge, 'port' | 'process' | 'ended'>> {
  const binary = createRequire(import.meta.url)('workerd').default as string;
  const child = spawn(binary, ['serve', '--experimental', '--control-fd=3', configuration], {
    stdio: ['ignore', output, output, 'pipe'],
    env,
  });
  living.add(child);
  if (child.pid !== undefined) hold(configuration, child.pid);
  const ended = new Promise<number | null>((resolve) =>
    child.once('exit', (code) => {
      living.delete(child);
      resolve(code);
    }),
  );
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  const port = await Promise.race([listening(child), failed, ended.then(() => undefined)]);
  if (port === undefined) throw new Error('workerd ended before it listened on its port: is it taken?');
  return { port, process: child, ended };
}

/** @param from folder of the configuration */
export function bundleOf(built: string, from: string): Bundle {
  const modules = readdirSync(built).filter((file) => /\.(js|wasm)$/.test(file) && file !== 'index.js');
  // The first is the one that runs.
  modules.sort((a, b) => Number(b === 'worker.js') - Number(a === 'worker.js'));
  return { modules, modulesFolder: relative(from, built) };
}

/** workerd tells on its control pipe where it listens. */
async function listening(child: ChildProcess): Promise<number | undefined> {
  for await (const line of createInterface({ input: child.stdio[3] as NodeJS.ReadableStream })) {
    const event = JSON.parse(line) as { event: string; socket?: string; port?: number };
    if (event.event === 'listen' && event.socket === 'http') return event.port;
  }
  return undefined;
}

async function tokenOf(secret: string, tenant: string): Promise<string> {
  return await new SignJWT({ tenant, scopes: ['ingest', 'query', 'admin'] })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(secret));
}

/** The secret of a folder: made once, readable by its owner alone. */
function secretOf(file: string): string {
  if (!existsSync(file)) {
    // Whole or not at all: half of one would be kept for good.
    const partial = `${file}.partial`;
    writeFileSync(partial, randomBytes(32).toString('hex'), { mode: 0o600, flush: true });
    renameSync(partial, file);
  }
  // Whoever writes it with an editor ends it with a line; `kll token --secret-file` reads it the same way.
  const secret = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  const bytes = Buffer.byteLength(secret);
  if (bytes < LEAST_SECRET_BYTES) {
    throw new Error(`${file}: expected a secret of at least ${LEAST_SECRET_BYTES} bytes, found ${bytes}`);
  }
  return secret;
}
