/** Runs the built command as a shell would. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const KLL = fileURLToPath(new URL('../../dist/cli/kll.js', import.meta.url));
if (!existsSync(KLL)) throw new Error('dist/cli/kll.js is missing: run npm run build before these tests');

export interface Run {
  code: number | null;
  stdout: string;
  stdoutBytes: Buffer;
  stderr: string;
  /** Standard output as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a report is checked by the test that reads it
  readonly json: any;
}

/** Runs `kll` in a folder; `input` goes to standard input, which is empty otherwise; `env` is beside the environment. */
export function runKll(
  args: string[],
  options: { cwd?: string; input?: string | Uint8Array; env?: Record<string, string> } = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [KLL, ...args], {
      cwd: options.cwd,
      stdio: 'pipe',
      env: { ...process.env, NO_COLOR: '1', ...options.env },
    });
    const out: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const stdoutBytes = Buffer.concat(out);
      const stdout = stdoutBytes.toString();
      resolve({
        code,
        stdout,
        stdoutBytes,
        stderr,
        get json() {
          return JSON.parse(stdout);
        },
      });
    });
    // A command that ends without reading closes the pipe.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** A folder that is gone when the file's tests are over, and a way to fill it. */
export async function workFolder() {
  const path = await mkdtemp(join(tmpdir(), 'kll-cli-'));
  afterAll(() => rm(path, { recursive: true }));
  return {
    path,
    at: (name: string) => join(path, name),
    write: (name: string, content: string | Uint8Array) => writeFile(join(path, name), content),
    kll: (args: string[], input?: string | Uint8Array) =>
      runKll(args, input === undefined ? { cwd: path } : { cwd: path, input }),
  };
}

/** Latencies of one decimal, skewed to the right, the same in every run. */
export function latencies(count: number, seed = 1, scale = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const u = (state + 0.5) / 2 ** 32;
    return Math.round(scale * 200 * Math.exp(0.7 * Math.log(u / (1 - u)))) / 10;
  });
}
