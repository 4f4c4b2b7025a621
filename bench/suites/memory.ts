/** What sketches weigh, and that it comes back. Needs --expose-gc. */
import type { Group } from '../support/case.js';
import { streamOf } from '../support/distributions.js';
import { entry, type KllSketch } from '../support/library.js';

const collect = (globalThis as { gc?: () => void }).gc;

/** Bytes in use, array buffers counted. Buffers are let go a turn after what held them. */
async function inUse(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    collect!();
    await new Promise((done) => setTimeout(done, 20));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function memoryGroup(tails: 'none' | 'high'): Group {
  return {
    name: `memory-${tails}`,
    title: `memory, k = 200, n = 1e6, tails ${tails}, just serialized`,
    quick: tails === 'high',
    async run(bench) {
      if (!collect) throw new Error('memory is measured with --expose-gc');
      const { KllSketch } = await entry('index');
      const values = streamOf('lognormal', 1e6, bench.seed);
      const made = (seed: number) => {
        const sketch = new KllSketch({ k: 200, tails, seed }).extend(values);
        sketch.toBytes();
        return sketch;
      };
      made(0);
      const count = bench.quick ? 200 : 10_000;
      const kept: KllSketch[] = new Array(count);
      const before = await inUse();
      for (let i = 0; i < count; i++) {
        kept[i] = made(i);
        if (i % 1000 === 999) process.stderr.write(`  ${bench.group}: ${i + 1} of ${count} sketches\n`);
      }
      const after = await inUse();
      bench.figure('one sketch', 'bytes', Math.round((after - before) / count), 9000, `mean of ${count}`);
      bench.figure(`${count} sketches`, 'MB', (after - before) / 1e6, (100 * count) / 10_000);
      kept.length = 0;
      const left = (await inUse()) - before;
      // Compiled code and the counters of this measurement stay.
      bench.figure('left after all are dropped', 'MB', Math.max(0, left / 1e6), 1);
    },
  };
}

export const MEMORY = [memoryGroup('none'), memoryGroup('high')];
