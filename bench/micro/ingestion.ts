/** Taking values in: the scan, blocks, the sampler, staging. */
import { streamOf } from '../support/distributions.js';
import { CHUNK, Steps } from './kernel.js';
import type { Technique } from './technique.js';

const scan: Technique = {
  name: 'SIMD scan',
  unit: 'item',
  what: 'minimum, maximum, sum and the check for NaN of 16384 values in the window',
  prepare(seed) {
    const { call, input } = new Steps();
    call.begin(200, 0);
    input.set(streamOf('lognormal', CHUNK, seed));
    return {
      per: CHUNK,
      variants: [
        { name: 'four lanes', body: () => call.scanStep(CHUNK) },
        { name: 'value by value', body: () => call.scanScalar(CHUNK) },
      ],
    };
  },
};

const blocks: Technique = {
  name: 'blocks straight to their level',
  unit: 'item',
  what: 'ingestion without scan into k = 200, n = 1e6 and growing: sampled blocks, or level 0 and a compaction for every level',
  prepare(seed) {
    const values = streamOf('lognormal', 1e6, seed);
    const sampled = new Steps().filled(200, values);
    const cascading = new Steps().filled(200, values);
    const window = values.subarray(0, CHUNK);
    sampled.input.set(window);
    cascading.input.set(window);
    return {
      per: CHUNK,
      variants: [
        { name: 'sampled blocks', body: () => sampled.call.takeStep(CHUNK) },
        { name: 'cascade from level 0', body: () => cascading.call.cascadeStep(CHUNK) },
      ],
    };
  },
};

const sampler: Technique = {
  name: 'sampler of large inputs',
  unit: 'item',
  what: 'ingestion without scan into k = 200 at n = 3e8: one uniform value for each window, or all of them',
  prepare(seed) {
    const values = streamOf('lognormal', 1e6, seed);
    const [one, every] = [true, false].map(() => {
      const steps = new Steps().filled(200, values, 3e8);
      steps.input.set(values.subarray(0, CHUNK));
      return steps.call;
    });
    return {
      per: CHUNK,
      variants: [
        { name: 'one for each window', body: () => one.ingestStep(CHUNK) },
        { name: 'every value', body: () => every.takeStep(CHUNK) },
      ],
    };
  },
};

const STAGED = 2048;

const staging: Technique = {
  name: 'staging of single adds',
  unit: 'add',
  what: '65,536 values one by one into k = 200: 2048 staged in JavaScript and taken at once, or each handed to the kernel',
  prepare(seed) {
    const values = streamOf('lognormal', 1 << 16, seed);
    const staged = new Steps();
    const direct = new Steps();
    const room = new Float64Array(STAGED);
    return {
      per: values.length,
      variants: [
        {
          name: 'staged',
          body: () => {
            staged.call.begin(200, 0);
            let count = 0;
            for (let i = 0; i < values.length; i++) {
              room[count++] = values[i];
              if (count < STAGED) continue;
              staged.input.set(room);
              staged.call.extend(STAGED);
              count = 0;
            }
          },
        },
        {
          name: 'one call each',
          body: () => {
            direct.call.begin(200, 0);
            for (let i = 0; i < values.length; i++) {
              direct.input[0] = values[i];
              direct.call.extend(1);
            }
          },
        },
      ],
    };
  },
};

export const INGESTION: Technique[] = [scan, blocks, sampler, staging];
