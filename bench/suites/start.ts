/** What importing costs, that it compiles nothing, and what the first sketch that outgrows staging pays. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bench, Group } from '../support/case.js';
import { DIST } from '../support/library.js';
import { spreadOf } from '../support/statistics.js';
import { verdictOf } from '../support/targets.js';

/** Runs in a fresh process: nothing is warm. An empty file is imported beside, after one that has the loader loaded. */
const SCRIPT = `
import { writeFileSync } from 'node:fs';
let compiled = 0;
for (const name of ['Module', 'Instance']) {
  const real = WebAssembly[name];
  WebAssembly[name] = class extends real { constructor(...args) { super(...args); compiled++; } };
}
await import('data:text/javascript,export default 1');
const begun = performance.now();
await import(process.argv[2]);
const start = performance.now();
const { KllSketch } = await import(process.argv[1]);
const imported = performance.now();
const sketch = new KllSketch({ k: 200, seed: 1 });
for (let i = 0; i < 1024; i++) sketch.add(i);
sketch.quantile(0.5);
const before = compiled;
const staged = performance.now();
sketch.add(1024);
const outgrown = performance.now();
process.stdout.write(JSON.stringify({ empty: start - begun, import: imported - start, first: outgrown - staged, before, after: compiled }));
`;

interface Start {
  empty: number;
  import: number;
  first: number;
  before: number;
  after: number;
}

export const START: Group[] = [
  {
    name: 'start',
    title: 'start-up, each time in a fresh process',
    quick: true,
    run(bench) {
      const url = pathToFileURL(`${DIST}/lib/index.js`).href;
      const empty = join(mkdtempSync(join(tmpdir(), 'kll-start-')), 'empty.mjs');
      writeFileSync(empty, 'export {};\n');
      const starts = Array.from({ length: bench.settings.isCompared || bench.quick ? 5 : 21 }, () => {
        const arguments_ = ['--input-type=module', '-e', SCRIPT, url, pathToFileURL(empty).href];
        return JSON.parse(execFileSync(process.execPath, arguments_).toString()) as Start;
      });
      rmSync(dirname(empty), { recursive: true });
      const each = (of: (start: Start) => number) => starts.map(of);
      keep(
        bench,
        'import of an empty file',
        each((start) => start.empty),
      );
      keep(
        bench,
        'import of the core entry',
        each((start) => start.import),
      );
      keep(
        bench,
        'what the core entry adds to an empty file',
        each((start) => start.import - start.empty),
        1,
      );
      keep(
        bench,
        'add that outgrows staging: compile, instantiate, ingest',
        each((start) => start.first),
        3,
      );
      bench.figure('modules compiled before that', 'x', Math.max(...starts.map(({ before }) => before)), 0);
    },
  },
];

function keep(bench: Bench, name: string, samples: number[], target?: number): void {
  const { median, iqr } = spreadOf(samples);
  bench.keep({
    name,
    unit: 'ms',
    value: median,
    iqr,
    samples: samples.length,
    ...(target === undefined ? {} : { target }),
    verdict: verdictOf(median, target, bench.machine),
  });
}
