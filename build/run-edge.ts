/**
 * `npm run edge`: the edge on this machine, on workerd. Environment: PORT (default any free one), KLL_EDGE_DIR (folder of
 * its data, default .kll-edge), and the variables of docs/edge.md. Prints one line `url http://...` and one line
 * `token ...` (an admin token, the same for the same folder), keeps its data across restarts, ends when it is ended.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import { edgeConfig } from './edge-config.js';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const BUILT = join(ROOT, 'dist/workers');
/** Of wrangler.toml: a date that the workerd of the lockfile knows. */
const COMPATIBILITY_DATE = '2026-04-01';
const TENANT = 'default';

const port = Number(process.env.PORT || 0);
if (!Number.isInteger(port) || port < 0 || port > 65535)
  fail(`PORT: expected 0 to 65535, found ${process.env.PORT}`);
if (!existsSync(join(BUILT, 'worker.js'))) fail('dist/workers is missing: run npm run build first');

const folder = resolve(process.env.KLL_EDGE_DIR || '.kll-edge');
const storage = join(folder, 'storage');
mkdirSync(storage, { recursive: true, mode: 0o700 });
const secret = process.env.KLL_TOKEN_SECRET || secretOf(join(folder, 'secret'));

const modules = readdirSync(BUILT).filter((file) => /\.(js|wasm)$/.test(file) && file !== 'index.js');
modules.sort((a, b) => Number(b === 'worker.js') - Number(a === 'worker.js'));
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  KLL_TOKEN_SECRET: secret,
  KLL_OPERATOR_TENANT: process.env.KLL_OPERATOR_TENANT ?? TENANT,
};
const fromEnvironment = Object.keys(environment).filter(
  (name) => name.startsWith('KLL_') && name !== 'KLL_EDGE_DIR',
);
// Beside the modules, which it embeds by their names.
const configuration = join(BUILT, `serve-${process.pid}.capnp`);
writeFileSync(
  configuration,
  edgeConfig({
    address: `127.0.0.1:${port}`,
    modules,
    storage,
    fromEnvironment,
    compatibilityDate: COMPATIBILITY_DATE,
  }),
);

// The binary itself: a script between would outlive a kill.
const binary = createRequire(import.meta.url)('workerd').default as string;
const workerd = spawn(binary, ['serve', '--experimental', '--control-fd=3', configuration], {
  stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  env: environment,
});
workerd.once('error', (error) => fail(`workerd does not start: ${error.message}`));
workerd.once('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGTERM' || signal === 'SIGINT' ? 0 : 1);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => workerd.kill(signal));

// workerd tells on its control pipe where it listens.
for await (const line of createInterface({ input: workerd.stdio[3] as NodeJS.ReadableStream })) {
  const event = JSON.parse(line) as { event: string; socket?: string; port?: number };
  if (event.event !== 'listen' || event.socket !== 'http') continue;
  const token = await new SignJWT({ tenant: TENANT, scopes: ['ingest', 'query', 'admin'] })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(secret));
  console.log(`url http://127.0.0.1:${event.port}`);
  console.log(`token ${token}`);
}

/** The secret of a folder: made once, readable by its owner alone. */
function secretOf(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  return readFileSync(file, 'utf8');
}

function fail(message: string): never {
  console.error(`edge: ${message}`);
  process.exit(2);
}
