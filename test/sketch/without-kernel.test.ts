import { beforeEach, describe, expect, it, vi } from 'vitest';
import { STREAMS } from '../support/streams.js';

/** The library as a page loads it: nothing was instantiated yet, and asking for the kernel is noticed. */
async function freshLibrary() {
  vi.resetModules();
  const { isInstantiated, provideKernel } = await import('../../src/wasm/kernel.js');
  const { SketchRuntimeError } = await import('../../src/core/errors.js');
  const { KllSketch } = await import('../../src/index.js');
  const formats = await import('../../src/formats.js');
  // Where WebAssembly is refused, a sketch that asked for it would throw.
  provideKernel(() => {
    throw new WebAssembly.CompileError(
      "call to WebAssembly.Module() blocked by CSP: 'unsafe-eval' is not allowed",
    );
  });
  return { KllSketch, SketchRuntimeError, isInstantiated, provideKernel, ...formats };
}

let library: Awaited<ReturnType<typeof freshLibrary>>;
beforeEach(async () => {
  library = await freshLibrary();
});

/** Everything that can be asked of a sketch. */
function askAll(sketch: InstanceType<typeof library.KllSketch>): unknown {
  return [
    sketch.quantile(0.5),
    sketch.quantile(0.5, { interpolate: true, inclusive: false }),
    sketch.quantiles(5),
    sketch.rank(1),
    sketch.cdf([1, 2]),
    sketch.pmf([1, 2]),
    sketch.quantileBounds(0.9),
    sketch.rankBounds(1),
    sketch.confidenceInterval(0.5),
    sketch.rankError({ pmf: true }),
    [...sketch],
    sketch.debugState(),
    [
      sketch.n,
      sketch.min,
      sketch.max,
      sketch.sum,
      sketch.mean,
      sketch.median,
      sketch.variance,
      sketch.numLevels,
    ],
  ];
}

// Where k = 200: values that stay one level, values that bytes lay out on levels, and the most that staging takes.
describe.each([0, 1, 150, 200, 201, 500, 1000, 1024])('a sketch of %d values needs no kernel', (n) => {
  const values = STREAMS['long tail'](n, n);

  it('for adding, one by one and in bulk', () => {
    const one = new library.KllSketch({ seed: 1 });
    for (const x of values) one.add(x);
    const bulk = new library.KllSketch({ seed: 1 }).extend(values);
    const listed = new library.KllSketch({ seed: 1 }).extend(Array.from(values));
    expect(bulk.toBytes()).toEqual(one.toBytes());
    expect(listed.toBytes()).toEqual(one.toBytes());
    expect(library.isInstantiated()).toBe(false);
  });

  it('for any question, before and after its bytes are taken', () => {
    for (const tails of ['none', 'high', 'both'] as const) {
      for (const k of [8, 200, 1024]) {
        const sketch = new library.KllSketch({ k, seed: 1, tails }).extend(values);
        askAll(sketch);
        sketch.toBytes();
        askAll(sketch);
      }
    }
    expect(library.isInstantiated()).toBe(false);
  });

  it('for bytes, JSON, clones, condensed copies and resets', () => {
    const sketch = new library.KllSketch({ seed: 1 }).extend(values);
    const bytes = sketch.toBytes();
    const loaded = library.KllSketch.fromBytes(bytes);
    expect(loaded.toBytes()).toEqual(bytes);
    expect(library.KllSketch.fromJSON(JSON.parse(JSON.stringify(loaded))).toBytes()).toEqual(bytes);
    for (const one of [loaded, loaded.clone(), loaded.condense(50)]) {
      expect(one.n).toBe(n);
      askAll(one);
      expect(library.KllSketch.fromBytes(one.toBytes({ state: false })).n).toBe(n);
    }
    expect(loaded.reset().add(1).n).toBe(1);
    expect(library.isInstantiated()).toBe(false);
  });

  it('for merging, as sketches and as bytes, as long as all together fit staging', () => {
    const half = Math.floor(n / 2);
    const parts = [values.subarray(0, half), values.subarray(half)];
    const make = () => parts.map((part) => new library.KllSketch({ seed: 1 }).extend(part));
    const [a, b] = make();
    expect(a.merge(b).n).toBe(n);
    expect(askAll(a)).toEqual(askAll(new library.KllSketch({ seed: 1 }).extend(values)));
    const all = library.KllSketch.mergeAll(make(), { seed: 1 });
    expect([all.n, all.isEstimating]).toEqual([n, false]);
    expect(library.isInstantiated()).toBe(false);
  });

  it('for merging the bytes of small ones', () => {
    // Each part stays on one level in its bytes: nothing of it was compacted.
    const parts = Array.from({ length: Math.ceil(n / 150) }, (_, i) =>
      values.subarray(150 * i, 150 * i + 150),
    );
    const all = library.KllSketch.mergeAll(
      parts.map((part) => new library.KllSketch({ seed: 1 }).extend(part).toBytes()),
      { k: 200, seed: 1 },
    );
    expect([all.n, all.isEstimating]).toEqual([n, false]);
    expect(library.isInstantiated()).toBe(false);
  });

  it('for Apache images', () => {
    const sketch = new library.KllSketch({ seed: 1 }).extend(values.map(Math.round));
    for (const type of ['double', 'float', 'long'] as const) {
      if (sketch.numRetained > 200) continue;
      const read = library.fromDataSketches(library.toDataSketches(sketch, type), type);
      expect(read.n).toBe(n);
      askAll(read);
    }
    expect(library.isInstantiated()).toBe(false);
  });
});

describe('weights of at most 1024 values need no kernel', () => {
  it.each([
    ['one weight', [5], [1000]],
    ['several', [3, 1, 2], [2, 20, 1000]],
  ])('%s: they are the values repeated', (_, values, weights) => {
    const repeated = values.flatMap((x, i) => Array.from({ length: weights[i] }, () => x));
    const expected = askAll(new library.KllSketch({ seed: 1 }).extend(repeated));
    expect(askAll(new library.KllSketch({ seed: 1 }).extendWeighted(values, weights))).toEqual(expected);
    const single = new library.KllSketch({ seed: 1 });
    values.forEach((x, i) => {
      single.add(x, weights[i]);
    });
    expect(askAll(single)).toEqual(expected);
    expect([single.isEstimating, single.rankError(), library.isInstantiated()]).toEqual([false, 0, false]);
  });
});

describe('what a host says of a kernel that it does not run', () => {
  it.each([
    ['ERR_WASM_MEMORY', new RangeError('WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory')],
    ['ERR_WASM_REFUSED', new Error('Wasm code generation disallowed by embedder')],
    [
      'ERR_WASM_UNSUPPORTED',
      new RangeError(
        'WebAssembly.Compile is disallowed on the main thread, if the buffer size is larger than 4KB.',
      ),
    ],
    ['ERR_WASM_UNSUPPORTED', new WebAssembly.CompileError('invalid value type 0x7b')],
  ])('is told as %s: %s', (code, cause) => {
    library.provideKernel(() => {
      throw cause;
    });
    const call = () => new library.KllSketch().extend(new Float64Array(2000));
    expect(call).toThrow(expect.objectContaining({ name: 'SketchRuntimeError', code, cause }));
  });
});

describe('where WebAssembly is refused', () => {
  it('one clear error says so and what to do, and the sketch stays as it was', () => {
    const sketch = new library.KllSketch({ seed: 1 }).extend(STREAMS.shuffled(1000, 1));
    const refused = expect.objectContaining({ name: 'SketchRuntimeError', code: 'ERR_WASM_REFUSED' });
    expect(() => sketch.extend(STREAMS.shuffled(1000, 2))).toThrow(refused);
    expect(() => sketch.extend(STREAMS.shuffled(1000, 2))).toThrow(/wasm-unsafe-eval/);
    expect(() => sketch.add(1, 1e9)).toThrow(refused);
    expect(() => sketch.merge(new library.KllSketch({ seed: 2 }).extend(STREAMS.shuffled(1000, 1)))).toThrow(
      refused,
    );
    expect([sketch.n, sketch.min, sketch.max, sketch.isEstimating]).toEqual([1000, 0, 999, false]);
    for (let i = 0; i < 24; i++) sketch.add(i);
    expect(() => sketch.add(24)).toThrow(refused);
    expect([sketch.n, sketch.median]).toEqual([1024, 499 - 12]);
  });

  it('condensing that needs it advances no generator', () => {
    const items = Float64Array.from({ length: 3000 }, (_, i) => i);
    const image = {
      k: 2000,
      minK: 2000,
      tailGuarantee: 0,
      variance: 0,
      n: 3000,
      min: 0,
      max: 2999,
      sum: 0,
    } as const;
    const sketch = library.KllSketch.fromImage({ ...image, sizes: Uint32Array.of(3000), items }, { seed: 1 });
    const before = sketch.toImage().state;
    expect(() => sketch.condense(50)).toThrow(expect.objectContaining({ code: 'ERR_WASM_REFUSED' }));
    expect(sketch.toImage().state).toEqual(before);
  });
});
