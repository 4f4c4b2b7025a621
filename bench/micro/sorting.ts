/** Putting blocks in order: the learned key, its safety chain, merging. */
import { type Distribution, streamOf } from '../support/distributions.js';
import { BLOCK, CHUNK, Steps } from './kernel.js';
import type { Technique } from './technique.js';

/** Slack with which blocks are grouped that are sampled at a stride of 4 and more. */
const LOOSE = 2;

/** The steps, with a window of lognormal values. */
function lognormalWindow(seed: number): Steps['call'] {
  const { call, input } = new Steps();
  input.set(streamOf('lognormal', CHUNK, seed));
  return call;
}

const key: Technique = {
  name: 'learned key',
  unit: 'item',
  what: 'blocks of 2048 lognormal values put in order: loosely (as for sampling at a stride of 4), exactly, and by comparing',
  prepare(seed) {
    const { call, input } = new Steps();
    const values = streamOf('lognormal', CHUNK, seed);
    input.set(values);
    const scratch = new Float64Array(BLOCK);
    return {
      per: CHUNK,
      variants: [
        { name: 'grouped, within 2 places', body: () => call.groupStep(CHUNK, LOOSE) },
        { name: 'grouped and sorted', body: () => call.groupStep(CHUNK, 0) },
        { name: 'merge sort', body: () => call.mergeSortStep(CHUNK) },
        {
          name: 'Float64Array.sort',
          body: () => {
            for (let at = 0; at < CHUNK; at += BLOCK) {
              scratch.set(values.subarray(at, at + BLOCK));
              scratch.sort();
            }
          },
        },
      ],
    };
  },
};

const neighbours: Technique = {
  name: 'neighbours put in order first',
  unit: 'item',
  what: 'blocks of 2048 lognormal values grouped and sorted: by four rounds over neighbours and then by insertion, or by insertion alone',
  prepare(seed) {
    const call = lognormalWindow(seed);
    return {
      per: CHUNK,
      variants: [
        { name: 'neighbours first', body: () => call.groupStep(CHUNK, 0) },
        { name: 'by insertion alone', body: () => call.groupUnsafe(CHUNK) },
      ],
    };
  },
};

const kept: Technique = {
  name: 'a key for each sketch',
  unit: 'item',
  what: 'the key kept from block to block, and learned anew for each',
  prepare(seed) {
    const call = lognormalWindow(seed);
    return {
      per: CHUNK,
      variants: [
        { name: 'kept', body: () => call.groupStep(CHUNK, LOOSE) },
        { name: 'learned for each block', body: () => call.groupLearning(CHUNK, LOOSE) },
      ],
    };
  },
};

/** Streams that a key alone cannot group. The drifting one changes its scale by 1000 with every window. */
const HOSTILE: readonly (Distribution | 'drifting scale')[] = [
  'drifting scale',
  'sorted',
  'reversed',
  'zigzag',
  'sawtooth',
  '55 % zeros',
  'integers 0..50',
];

const chains = HOSTILE.map(
  (name): Technique => ({
    name: `safety chain: ${name}`,
    unit: 'item',
    what: 'two windows in turn: leaving early, settling full cells and relearning, or the key as it was first learned',
    prepare(seed) {
      const isDrifting = name === 'drifting scale';
      const values = streamOf(isDrifting ? 'lognormal' : name, 2 * CHUNK, seed);
      if (isDrifting) for (let i = CHUNK; i < 2 * CHUNK; i++) values[i] *= 1000;
      const windows = [values.subarray(0, CHUNK), values.subarray(CHUNK)];
      const turn = (steps: Steps, group: (count: number) => void) => () => {
        for (const window of windows) {
          steps.input.set(window);
          group(CHUNK);
        }
      };
      const safe = new Steps();
      const unsafe = new Steps();
      return {
        per: 2 * CHUNK,
        variants: [
          { name: 'with the chain', body: turn(safe, (count) => safe.call.groupStep(count, 0)) },
          { name: 'without', body: turn(unsafe, (count) => unsafe.call.groupUnsafe(count)) },
        ],
      };
    },
  }),
);

const levels: Technique = {
  name: 'a key for each level of a merge',
  unit: 'item',
  what: 'blocks of the tail, the middle and the body of lognormal values in turn, as levels with a protected tail come when many are merged',
  prepare(seed) {
    const sorted = streamOf('lognormal', 3 * BLOCK, seed).sort();
    const shuffled = [2, 1, 0].map((third) => {
      const part = sorted.subarray(third * BLOCK, (third + 1) * BLOCK);
      const order = streamOf('uniform', BLOCK, seed + third);
      return Array.from(part.keys())
        .sort((i, j) => order[i] - order[j])
        .map((i) => part[i]);
    });
    const each = () => {
      const steps = new Steps();
      steps.input.set(shuffled.flat());
      return steps.call;
    };
    const [own, shared] = [each(), each()];
    return {
      per: 3 * BLOCK,
      variants: [
        { name: 'one for each', body: () => own.groupInTurn(3 * BLOCK, LOOSE, true) },
        { name: 'one for all', body: () => shared.groupInTurn(3 * BLOCK, LOOSE, false) },
      ],
    };
  },
};

const merge: Technique = {
  name: 'merging from both ends, selecting addresses',
  unit: 'item',
  what: 'two sorted runs of 1024 into one',
  prepare(seed) {
    const { call, input } = new Steps();
    input.set(streamOf('lognormal', BLOCK, seed));
    call.sortHalves(BLOCK);
    return {
      per: BLOCK,
      variants: [
        { name: 'both ends, addresses', body: () => call.mergeTwoEnds(BLOCK) },
        { name: 'one end, addresses', body: () => call.mergeOneEnd(BLOCK) },
        { name: 'one end, values', body: () => call.mergeByValue(BLOCK) },
        { name: 'sorted anew', body: () => call.sortBoth(BLOCK) },
      ],
    };
  },
};

const few: Technique = {
  name: 'a few picks inserted',
  unit: 'item',
  what: 'eight picks into a level of 400, as the protected end of a block brings them: what lies between two of them moves in pairs',
  prepare(seed) {
    const { call, input } = new Steps();
    input.set(streamOf('lognormal', 400, seed));
    call.sortWithFew(400);
    return {
      per: 400,
      variants: [
        { name: 'inserted', body: () => call.insertPicks(400) },
        { name: 'merged', body: () => call.mergePicks(400) },
      ],
    };
  },
};

const cells: Technique = {
  name: 'cells by high words, eight at once',
  unit: 'item',
  what: 'the cells of a block of 2048 doubles of all magnitudes, by their bits',
  prepare(seed) {
    const { call, input } = new Steps();
    input.set(streamOf('log-uniform, all doubles', BLOCK, seed));
    return {
      per: BLOCK,
      variants: [
        { name: 'high words, eight at once', body: () => call.cellsByHighWords(BLOCK) },
        { name: 'all bits, one by one', body: () => call.cellsByAllBits(BLOCK) },
      ],
    };
  },
};

export const SORTING: Technique[] = [key, cells, neighbours, kept, levels, ...chains, merge, few];
