/** Building what the benchmarks run, and running it: each group in a fresh process of plain Node. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { main as asc } from 'assemblyscript/asc';
import { build } from 'esbuild';

export const OUT = 'dist/bench';

/** Compiles one AssemblyScript entry of bench/assembly with the kernel's own release settings. */
export async function buildWasm(name: 'floor' | 'steps'): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  const { error, stderr } = await asc([
    `bench/assembly/${name}.ts`,
    '--config',
    'asconfig.json',
    '--target',
    'release',
    '--outFile',
    `${OUT}/${name}.wasm`,
  ]);
  if (error) throw new Error(`bench/assembly/${name}.ts does not compile:\n${stderr}`);
}

/** Bundles a TypeScript entry for Node; packages stay imports. */
export async function bundleEntry(entryPoint: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
}

/**
 * Runs a bundled entry; what it says on standard error passes through.
 * @param dist the build it measures, where that is not this project's own
 */
export function runNode<T>(script: string, argument: unknown, dist?: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', script, JSON.stringify(argument)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: dist === undefined ? process.env : { ...process.env, KLL_BENCH_LIB: dist },
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      output += part;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output) as T);
      else reject(new Error(`${script} ${JSON.stringify(argument)} ended with ${code}`));
    });
  });
}

export function machineName(): string {
  const [first] = cpus();
  return `${first.model.trim()}, ${cpus().length} cores, ${process.platform} ${process.arch}, Node ${process.versions.node}`;
}
