import { readFileSync } from 'node:fs';
import { instantiateSync } from '@assemblyscript/loader';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { KernelExports } from '../../src/wasm/abi.js';
import { provideKernel } from '../../src/wasm/kernel.js';
import { instantiateKernel } from '../../src/wasm/source.embedded.js';
import { afterRunning, options, program, runs } from '../support/sketch-program.js';

const compiled = (name: string) => readFileSync(new URL(`../../dist/kernel/${name}.wasm`, import.meta.url));
const debug = compiled('debug');
const instantiated = (name: string) => {
  const module = new WebAssembly.Module(compiled(name));
  return () => new WebAssembly.Instance(module).exports as unknown as KernelExports;
};
const BUILDS = {
  release: instantiateKernel,
  // Where the kernel takes no images, they are decoded first.
  page: instantiated('page'),
  seam: instantiated('seam'),
  // The loader makes an assertion's message readable.
  debug: () => instantiateSync(debug, {}).exports as unknown as KernelExports,
};

describe('the builds of the kernel', () => {
  // The sketches own their state: another kernel can take over at any time.
  afterAll(() => provideKernel(BUILDS.release));

  it('give the same bytes for the same seed and input, and no assertion of the debug build fails', () => {
    const kernels = Object.entries(BUILDS).map(([name, make]) => [name, make()] as const);
    fc.assert(
      fc.property(options, program, (settings, steps) => {
        const [release, ...others] = kernels.map(([, kernel]) => {
          provideKernel(() => kernel);
          return afterRunning(settings, steps).sketch.toBytes();
        });
        for (const other of others) expect(other).toEqual(release);
      }),
      runs(80),
    );
  });
});
