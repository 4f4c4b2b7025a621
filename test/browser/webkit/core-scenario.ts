/**
 * The collector's core at work, without a page: series, condensing, the kernel's chunk, batches. The same in every engine
 * to the last bit; each line that it prints is a batch and what it stands for.
 */
import { KernelSource } from '../../../src/adapters/browser/kernel-source.js';
import { cleanLabel } from '../../../src/adapters/browser/labels.js';
import { Series } from '../../../src/adapters/browser/series.js';
import { SeriesTable } from '../../../src/adapters/browser/series-table.js';
import { toBatches } from '../../../src/adapters/browser/split.js';
import type { TailsCode } from '../../../src/core/image.js';
import { seededRandom } from '../../support/prng.js';
import { completeEngine } from './bare-engine.js';

completeEngine();

/** Of JavaScriptCore's shell; elsewhere there is a console. */
declare const print: ((line: string) => void) | undefined;

/** A batch in hexadecimal digits, and what was recorded for it. */
export interface CoreLine {
  name: string;
  n: number;
  sum: number;
  bytes: string[];
}

const say = (line: CoreLine) => {
  const text = JSON.stringify(line);
  if (typeof print === 'function') print(text);
  else console.log(text);
};
const told: string[] = [];
const tell = (error: Error) => void told.push(error.message);
const absent = new KernelSource(tell);
const fetched = new KernelSource(tell);
const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Whole numbers: sums are exact in any order. Made without logarithms, which engines round each in its own way. */
const { below } = seededRandom(11);
const spread = () => below(200) + below(200) + below(2000);
const few = () => below(60);

function run(name: string, count: number, tails: TailsCode, kernel: KernelSource, draw = spread): void {
  const series = new Series(name, { route: '/кафе/:id' }, 1, { k: 200, tails, kernel });
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const x = draw();
    sum += x;
    series.add(x, 0);
  }
  say({
    name,
    n: count,
    sum,
    bytes: toBatches(series.take(count), 'ik_test').map(({ bytes }) => hex(bytes)),
  });
}

run('one value', 1, 1, absent);
run('as they are', 333, 1, absent);
for (const tails of [0, 1, 2] as const) run(`condensed, tails ${tails}`, 1000, tails, absent);
run('condensed, few different', 1000, 1, absent, few);
run('in pieces, without a kernel', 20_000, 1, absent);

fetched.want();
while (!fetched.chunk && !told.length) await new Promise((resolve) => setTimeout(resolve, 1));
for (const tails of [0, 1, 2] as const) run(`through the kernel, tails ${tails}`, 20_000, tails, fetched);
run('through the kernel, few different', 5000, 1, fetched, few);
run('cut for its count', 250_000, 1, fetched);

const table = new SeriesTable({
  k: 200,
  tails: 1,
  kernel: absent,
  maxSeries: 100,
  precision: { cls: 4 },
  cleanLabel,
  tell,
});
let [n, sum] = [0, 0];
for (let s = 0; s < 150; s++) {
  for (let i = 0; i < 300; i++) {
    const x = spread() * (1 + below(2 ** 20));
    table.find(s % 2 ? 'cls' : 'latency', { target: `t${s}` }).add(x, 0);
    sum += x;
    n++;
  }
}
const ready = table.dirty().flatMap((series) => series.take(0));
say({
  name: 'a page of many series',
  n,
  sum,
  bytes: toBatches(ready, undefined).map(({ bytes }) => hex(bytes)),
});
if (told.some((message) => !/more than 100 series/.test(message))) throw new Error(told.join('; '));
