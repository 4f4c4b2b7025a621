/** The collector's core in WebKit's engine alone, Debian's `jsc`: the same bytes as in this one's. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KERNEL_CHUNK, SHARED } from '../../../build/bundle.js';
import { decodeBatch } from '../../../src/sketch/batch.js';
import type { CoreLine } from './core-scenario.js';

const JSC = process.env.KLL_JSC ?? '/usr/bin/jsc';
const pathTo = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const LIMITS = {
  bytes: 65_536,
  strings: 500,
  stringBytes: 512,
  series: 500,
  labels: 32,
  items: 1e6,
  n: 1e5,
  k: 4096,
};

let folder: string;
let inNode: CoreLine[];
let inJavaScriptCore: CoreLine[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kll-jsc-'));
  const script = join(folder, 'core.mjs');
  await build({
    ...SHARED,
    entryPoints: [pathTo('./core-scenario.ts')],
    outfile: script,
    platform: 'browser',
    plugins: [
      {
        // As in what is shipped: the kernel is a file beside it.
        name: 'kernel-chunk',
        setup(context) {
          context.onResolve({ filter: /\/kernel-chunk\.js$/ }, () => ({
            path: KERNEL_CHUNK,
            external: true,
          }));
        },
      },
    ],
  });
  copyFileSync(pathTo('../../../dist/lib/browser-kernel.js'), join(folder, KERNEL_CHUNK));
  const linesOf = (command: string, ...args: string[]): CoreLine[] =>
    execFileSync(command, [...args, script], { encoding: 'utf8', maxBuffer: 2 ** 26 })
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  inNode = linesOf(process.execPath);
  inJavaScriptCore = linesOf(JSC, '-m');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What was recorded, and a digest of the bytes that stand for it. */
const digestsOf = (lines: CoreLine[]) =>
  lines.map(({ name, n, sum, bytes }) => ({
    name,
    n,
    sum,
    digest: createHash('sha256').update(bytes.join()).digest('hex'),
  }));

describe('the core of the collector in JavaScriptCore', () => {
  it('makes the bytes that it makes in Node, of every series and with and without its kernel', () => {
    expect(inJavaScriptCore.map(({ name }) => name)).toEqual([
      'one value',
      'as they are',
      'condensed, tails 0',
      'condensed, tails 1',
      'condensed, tails 2',
      'condensed, few different',
      'in pieces, without a kernel',
      'through the kernel, tails 0',
      'through the kernel, tails 1',
      'through the kernel, tails 2',
      'through the kernel, few different',
      'cut for its count',
      'a page of many series',
    ]);
    expect(digestsOf(inJavaScriptCore)).toEqual(digestsOf(inNode));
  });

  it('makes batches that an edge decodes, count and sum exact', () => {
    for (const { name, n, sum, bytes } of inJavaScriptCore) {
      const series = bytes.flatMap((hex) => decodeBatch(Buffer.from(hex, 'hex'), LIMITS).series);
      const total = { n: 0, sum: 0 };
      for (const { sketch, values } of series) {
        total.n += sketch?.n ?? values!.length;
        total.sum += sketch?.sum ?? values!.reduce((sum, x) => sum + x, 0);
      }
      expect({ name, ...total }).toEqual({ name, n, sum });
    }
  });

  it('sends what its kernel condensed as one series, and in several batches what is long', () => {
    const found = Object.fromEntries(
      inJavaScriptCore.map(({ name, bytes }) => [
        name,
        bytes.map((hex) => decodeBatch(Buffer.from(hex, 'hex'), LIMITS).series.length),
      ]),
    );
    expect(found['in pieces, without a kernel']).toEqual([3]);
    expect(found['through the kernel, tails 1']).toEqual([1]);
    expect(found['a page of many series'].length).toBeGreaterThan(1);
  });
});
