import { readFileSync } from 'node:fs';
import { instantiateSync } from '@assemblyscript/loader';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { KllSketch, type Tails } from '../../src/index.js';
import type { KernelExports } from '../../src/wasm/abi.js';
import { provideKernel } from '../../src/wasm/kernel.js';
import { instantiateKernel } from '../../src/wasm/source.embedded.js';
import { assertImageInvariants } from '../support/image-invariants.js';
import { maxRankError, STREAM_NAMES, STREAMS } from '../support/streams.js';

const compiled = (name: string) => readFileSync(new URL(`../../dist/kernel/${name}.wasm`, import.meta.url));
const seamModule = new WebAssembly.Module(compiled('seam'));
const debugBytes = compiled('debug');

/** Kernels of the test builds, with their coins alternating from 0 on. */
const SEAMS: Record<string, () => KernelExports> = {
  seam: () => new WebAssembly.Instance(seamModule).exports as unknown as KernelExports,
  debug: () => instantiateSync(debugBytes, {}).exports as unknown as KernelExports,
};

describe.each(Object.entries(SEAMS))('with alternating coins, the %s build', (_, instantiate) => {
  let kernel: KernelExports;
  beforeEach(() => {
    kernel = instantiate();
    kernel.alternateCoins?.(1);
    provideKernel(() => kernel);
  });
  afterAll(() => provideKernel(instantiateKernel));

  /** The coins of the last compaction of each level, and how many there were. */
  const compactions = (sketch: KllSketch) => Array.from(sketch.toImage().state?.compactions ?? []);

  it('gives what the input alone decides, but where blocks are sampled', () => {
    // Blocks of fewer values than staging are never sampled at a random offset at this n.
    const build = (seed: number) => {
      kernel.alternateCoins?.(1);
      const sketch = new KllSketch({ k: 1024, tails: 'none', seed });
      for (let i = 0; i < 5; i++) sketch.extend(STREAMS.shuffled(1500, i));
      return sketch.toImage();
    };
    const first = build(1);
    const second = build(2);
    expect(second.sizes).toEqual(first.sizes);
    expect(second.items).toEqual(first.items);
    expect(second.state?.compactions).toEqual(first.state?.compactions);
  });

  it('throws 0, then 1, over all compactions', () => {
    const sketch = new KllSketch({ k: 8, tails: 'none', seed: 1 });
    // A level that was compacted once holds 2 x 1 + its coin: among the first two compactions there are both.
    const seen = new Set<number>();
    let before = 0;
    for (let i = 0; i < 400 && seen.size < 2; i++) {
      sketch.extend(STREAMS.shuffled(600, i));
      const now = compactions(sketch);
      const count = now.reduce((sum, one) => sum + (one >> 1), 0);
      if (count > before) for (const one of now) if (one >> 1) seen.add(one & 1);
      before = count;
    }
    expect([...seen].sort()).toEqual([0, 1]);
  });

  it('differs from drawn coins, and drawing goes on when it is switched off', () => {
    const build = (alternating: number) => {
      kernel.alternateCoins?.(alternating);
      return new KllSketch({ k: 50, tails: 'none', seed: 3 }).extend(STREAMS.shuffled(50_000, 1)).toBytes();
    };
    const drawn = build(0);
    expect(build(1)).not.toEqual(drawn);
    expect(build(0)).toEqual(drawn);
    provideKernel(instantiateKernel);
    expect(
      new KllSketch({ k: 50, tails: 'none', seed: 3 }).extend(STREAMS.shuffled(50_000, 1)).toBytes(),
    ).toEqual(drawn);
  });

  it.each(STREAM_NAMES)('keeps every invariant and the bound: %s', (name) => {
    for (const tails of ['none', 'high', 'both'] as Tails[]) {
      for (const k of [8, 200, 1024]) {
        const values = STREAMS[name](30_000, 1);
        const sketch = new KllSketch({ k, tails, seed: 1 }).extend(values);
        const image = sketch.toImage();
        assertImageInvariants(image);
        expect([image.n, image.min, image.max]).toEqual([30_000, sketch.min, sketch.max]);
        expect(maxRankError(sketch, values)).toBeLessThanOrEqual(sketch.rankError());
      }
    }
  });
});

describe('paired coins', () => {
  it('come as c, then 1 - c: after an even number of compactions of a level both were thrown', () => {
    // The counter of a level is 2 x compactions + the coin of the last: follow it through every change.
    const seen = { pairs: 0, first: [0, 0] };
    for (let seed = 0; seed < 40; seed++) {
      const sketch = new KllSketch({ k: 8, tails: 'none', seed });
      let before: number[] = [];
      for (let i = 0; i < 60; i++) {
        sketch.extend(STREAMS.shuffled(40, 100 * seed + i));
        const now = Array.from(sketch.toImage().state?.compactions ?? []);
        now.forEach((one, level) => {
          const was = before[level] ?? 0;
          const [count, counted] = [one >> 1, was >> 1];
          if (count !== counted + 1) return;
          if (counted % 2 === 1) {
            expect(one & 1).toBe(1 - (was & 1));
            seen.pairs++;
          } else {
            seen.first[one & 1]++;
          }
        });
        before = now;
      }
    }
    expect(seen.pairs).toBeGreaterThan(200);
    // First coins are fair: 6 standard deviations on either side, a chance below 2e-9 of a false alarm.
    const total = seen.first[0] + seen.first[1];
    expect(Math.abs(seen.first[0] - total / 2)).toBeLessThan(3 * Math.sqrt(total));
  });
});
