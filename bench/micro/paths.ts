/** The path of a value: each variant does what the one before it does, and one step more. */
import { longStreamOf, streamOf } from '../support/distributions.js';
import { copyAndScan } from '../support/floor.js';
import { entry } from '../support/library.js';
import { CHUNK, Steps } from './kernel.js';
import type { Technique } from './technique.js';

/** Slack of a block of k = 200 at n = 5e5, before the sampler begins: half the stride of 64. */
const SLACK = 32;
const STAGED = 2048;

/** Every chunk of the values copied into the window, and then `step`. */
function chunked(steps: Steps, values: Float64Array, step: (count: number) => unknown): () => void {
  return () => {
    for (let done = 0; done < values.length; done += CHUNK) {
      const part = values.subarray(done, done + CHUNK);
      steps.input.set(part);
      step(part.length);
    }
  };
}

function bulk(n: number, isSampled: boolean): Technique {
  return {
    name: `path of a value in bulk, n = ${n.toExponential().replace('+', '')}`,
    unit: 'value',
    what: 'extend(Float64Array) of lognormal values into a new sketch, k = 200, tails none',
    async prepare(seed) {
      const { KllSketch } = await entry('index');
      const values = longStreamOf('lognormal', n, seed);
      const steps = new Steps();
      const { call } = steps;
      call.begin(200, 0);
      const ingest = chunked(steps, values, (count) => call.extend(count));
      const grouping = {
        name: 'and grouping of blocks',
        body: chunked(steps, values, (count) => {
          call.scanStep(count);
          call.groupStep(count, SLACK);
        }),
      };
      return {
        per: n,
        variants: [
          { name: 'floor: set() and SIMD scan', body: copyAndScan(values) },
          { name: 'set() into the window', body: chunked(steps, values, () => 0) },
          { name: 'and scan with the sum', body: chunked(steps, values, (count) => call.scanStep(count)) },
          ...(isSampled ? [] : [grouping]),
          {
            name: isSampled ? 'and sampler, blocks, levels' : 'and picks into levels',
            body: () => {
              call.begin(200, 0);
              ingest();
            },
          },
          {
            name: 'extend(): and argument, states in and out',
            body: () => new KllSketch({ k: 200, tails: 'none', seed }).extend(values),
          },
        ],
      };
    },
  };
}

function fill(room: Float64Array, values: Float64Array, from: number): void {
  for (let i = 0; i < STAGED; i++) room[i] = values[from + i];
}

const single: Technique = {
  name: 'path of a single add',
  unit: 'add',
  what: 'add of 131,072 lognormal values one by one into a new sketch, k = 200, tails none',
  async prepare(seed) {
    const { KllSketch } = await entry('index');
    const values = streamOf('lognormal', 1 << 17, seed);
    const steps = new Steps();
    const { call } = steps;
    const room = new Float64Array(STAGED);
    const staged = (flush: () => unknown) => () => {
      for (let from = 0; from < values.length; from += STAGED) {
        fill(room, values, from);
        flush();
      }
    };
    const copy = () => steps.input.set(room);
    const taken = staged(() => {
      copy();
      call.extend(STAGED);
    });
    return {
      per: values.length,
      variants: [
        { name: 'floor: a store into staging', body: staged(() => 0) },
        { name: 'and set() of 2048 into the window', body: staged(copy) },
        {
          name: 'and kernel: scan, group, pick, merge',
          body: () => {
            call.begin(200, 0);
            taken();
          },
        },
        {
          name: 'add(): and checks, sum, states in and out',
          body: () => {
            const sketch = new KllSketch({ k: 200, tails: 'none', seed });
            for (let i = 0; i < values.length; i++) sketch.add(values[i]);
          },
        },
      ],
    };
  },
};

export const PATHS: Technique[] = [bulk(5e5, false), bulk(1e8, true), single];
