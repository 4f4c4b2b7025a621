/** Memory that the kernel was given stays its own: junk among the sources of a merge took as much as it was long. */
import { afterEach, describe, expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { kernel, provideKernel } from '../../src/wasm/kernel.js';
import { instantiateKernel } from '../../src/wasm/source.embedded.js';

const sketch = (k = 200) =>
  new KllSketch({ k, seed: 1 }).extend(Float64Array.from({ length: 5000 }, (_, i) => i));
const used = () => kernel().exports.memory.buffer.byteLength;
afterEach(() => provideKernel(instantiateKernel));

describe('the memory of the kernel', () => {
  it.each([
    ['of no format', new Uint8Array(5e6)],
    ['that begins as an image', new Uint8Array(5e6).fill(0xc7, 0, 1)],
  ])('does not grow by junk %s', (_, junk) => {
    const sources = [sketch(), sketch().toBytes()];
    KllSketch.mergeAll(sources, { seed: 1 });
    const before = used();
    expect(KllSketch.mergeAll([...sources, junk], { invalid: 'skip' }).n).toBe(10_000);
    expect(used()).toBe(before);
  });

  it('that a host refuses to give is an error that says so, and the next call gets what it needs', () => {
    provideKernel(instantiateKernel);
    const { memory } = kernel().exports;
    const refuse = () => {
      throw new RangeError('WebAssembly.Memory.grow(): Maximum memory size exceeded');
    };
    Object.defineProperty(memory, 'grow', { value: refuse, configurable: true });
    expect(() => sketch(60_000)).toThrow(
      expect.objectContaining({ name: 'SketchRuntimeError', code: 'ERR_WASM_MEMORY' }),
    );
    Reflect.deleteProperty(memory, 'grow');
    expect(sketch(60_000).quantile(1)).toBe(4999);
    expect(used()).toBeGreaterThan(60_000 * 3 * 8 * 5);
  });

  it.each([5.4e7, 1.2e8])('is not asked for %d items: their bytes are more than addresses reach', (slots) => {
    const others = sketch();
    const before = used();
    const state = { f64: { length: slots } as Float64Array, retained: 0, table: undefined };
    expect(() => kernel().load(state, 0)).toThrow(expect.objectContaining({ code: 'ERR_WASM_MEMORY' }));
    expect([used(), others.extend([1, 2, 3]).n, sketch().quantile(1)]).toEqual([before, 5003, 4999]);
  });
});
