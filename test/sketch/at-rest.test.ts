import { describe, expect, it } from 'vitest';
import { fromAny, fromDataSketches, toDataSketches } from '../../src/formats.js';
import { KllSketch, SketchDataError, type Tails } from '../../src/index.js';
import { ApacheCascade, randomCoin } from '../support/apache-cascade.js';
import { STREAMS } from '../support/streams.js';

const fed = (tails: Tails = 'high', n = 20_000) =>
  new KllSketch({ seed: 7, tails }).extend(STREAMS.shuffled(n, 1));

describe('options', () => {
  it('default to k 200, high tails and a seed of nobody', () => {
    const sketch = new KllSketch();
    expect([sketch.k, sketch.minK, sketch.tails, sketch.tailGuarantee]).toEqual([200, 200, 'high', 'high']);
    expect(new KllSketch().seed).not.toBe(new KllSketch().seed);
  });

  it('take seeds as numbers and as bigints', () => {
    expect(new KllSketch({ seed: 5 }).seed).toBe(5n);
    expect(new KllSketch({ seed: (1n << 64n) - 1n }).seed).toBe((1n << 64n) - 1n);
    const values = STREAMS.shuffled(5000, 1);
    const bytes = (seed: number | bigint) => new KllSketch({ seed }).extend(values).toBytes();
    expect(bytes(5)).toEqual(bytes(5n));
    expect(bytes(5)).not.toEqual(bytes(6));
  });

  it('take the whole range of k', () => {
    for (const k of [8, 65535]) {
      const sketch = new KllSketch({ k, seed: 1 }).extend(STREAMS.shuffled(300_000, 1));
      expect([sketch.k, sketch.n, sketch.min, sketch.max]).toEqual([k, 300_000, 0, 299_999]);
      expect(KllSketch.fromBytes(sketch.toBytes()).toBytes()).toEqual(sketch.toBytes());
    }
  });
});

describe('a loaded sketch', () => {
  it('has the seed, the tails and the answers of the one that was stored', () => {
    for (const tails of ['none', 'high', 'both'] as const) {
      const sketch = fed(tails);
      const loaded = KllSketch.fromBytes(sketch.toBytes());
      expect([loaded.seed, loaded.tails, loaded.tailGuarantee]).toEqual([7n, tails, tails]);
      expect(loaded.quantiles(100)).toEqual(sketch.quantiles(100));
      expect([loaded.sum, loaded.mean]).toEqual([sketch.sum, sketch.mean]);
    }
  });

  it('takes other tails for what comes when it is asked to', () => {
    const loaded = KllSketch.fromBytes(fed('high').toBytes(), { tails: 'none' });
    expect([loaded.tails, loaded.tailGuarantee]).toEqual(['none', 'high']);
    loaded.extend(STREAMS.shuffled(20_000, 2));
    expect(loaded.tailGuarantee).toBe('none');
  });

  it('without state has a fresh seed unless one is given', () => {
    const bytes = fed().toBytes({ state: false });
    expect(bytes.length).toBeLessThan(fed().toBytes().length);
    expect(KllSketch.fromBytes(bytes).seed).not.toBe(KllSketch.fromBytes(bytes).seed);
    expect(KllSketch.fromBytes(bytes, { seed: 3 }).seed).toBe(3n);
    const go = () => KllSketch.fromBytes(bytes, { seed: 3 }).extend(STREAMS.shuffled(5000, 3)).toBytes();
    expect(go()).toEqual(go());
  });

  it('goes on as the original does where an end that an image knew of was the last value to come', () => {
    const items = Float64Array.from({ length: 150 }, (_, i) => i + 1);
    const about = { k: 200, minK: 200, tailGuarantee: 0, variance: 0 } as const;
    const image = { ...about, n: 150, min: 0, max: 150, sum: 11_325, sizes: Uint32Array.of(150), items };
    const original = KllSketch.fromImage(image, { seed: 1 }).add(0);
    const loaded = KllSketch.fromBytes(original.toBytes());
    for (const sketch of [original, loaded]) sketch.extend(STREAMS.shuffled(3000, 3));
    expect(loaded.toBytes()).toEqual(original.toBytes());
  });

  it('is refused above the largest k that is accepted', () => {
    const bytes = new KllSketch({ k: 1024, seed: 1 }).add(1).toBytes();
    expect(KllSketch.fromBytes(bytes, { maxK: 1024 }).k).toBe(1024);
    expect(() => KllSketch.fromBytes(bytes, { maxK: 1023 })).toThrow(SketchDataError);
  });

  it('reads from a view into larger bytes', () => {
    const bytes = fed().toBytes();
    const larger = new Uint8Array(bytes.length + 20);
    larger.set(bytes, 7);
    expect(KllSketch.fromBytes(larger.subarray(7, 7 + bytes.length)).toBytes()).toEqual(bytes);
    expect(fromAny(Buffer.from(bytes)).toBytes()).toEqual(bytes);
  });

  it('is its own: later changes of the bytes do not reach it', () => {
    const bytes = fed().toBytes();
    const loaded = KllSketch.fromBytes(bytes);
    const before = bytes.slice();
    bytes.fill(0);
    expect(loaded.toBytes()).toEqual(before);
    loaded.toBytes().fill(0);
    expect(loaded.toBytes()).toEqual(before);
  });
});

describe('JSON', () => {
  it('keeps the sketch whole and says its format', () => {
    const sketch = fed();
    const text = JSON.stringify({ latency: sketch });
    const { latency } = JSON.parse(text);
    expect(latency).toEqual({ format: 'kll-wasm/1', bytes: expect.stringMatching(/^[\w-]+$/) });
    expect(KllSketch.fromJSON(latency).toBytes()).toEqual(sketch.toBytes());
    expect(Buffer.from(latency.bytes, 'base64url')).toEqual(Buffer.from(sketch.toBytes()));
  });
});

describe('a clone', () => {
  it('of an exact sketch is exact, and leaves it so', () => {
    const sketch = new KllSketch({ k: 8, seed: 1 }).extend(STREAMS.shuffled(1024, 1));
    const clone = sketch.clone();
    expect([sketch.isEstimating, clone.isEstimating, clone.rankError()]).toEqual([false, false, 0]);
    expect(clone.toBytes()).toEqual(sketch.toBytes());
  });

  it('counts what was left out before', () => {
    const sketch = new KllSketch().extend([1, Number.NaN, Infinity], { invalid: 'skip' });
    expect(sketch.clone().numRejected).toBe(2);
  });

  it.each([0, 5, 700, 20_000])('of %d values goes its own way', (n) => {
    const sketch = fed('high', n).add(1);
    const clone = sketch.clone();
    const bytes = sketch.toBytes();
    expect(clone.toBytes()).toEqual(bytes);
    clone.add(-5).extend(STREAMS.shuffled(3000, 2));
    expect([clone.n, clone.min]).toEqual([n + 3002, -5]);
    expect(sketch.toBytes()).toEqual(bytes);
    sketch.add(-5).extend(STREAMS.shuffled(3000, 2));
    expect(sketch.toBytes()).toEqual(clone.toBytes());
  });
});

describe('a reset', () => {
  it('forgets the values and keeps k, tails, seed and the place of the generator', () => {
    const sketch = new KllSketch({ k: 100, seed: 7, tails: 'both' }).extend(STREAMS.shuffled(20_000, 1));
    sketch.extend([Number.NaN], { invalid: 'skip' });
    expect(sketch.reset()).toBe(sketch);
    expect([sketch.n, sketch.k, sketch.minK, sketch.tails, sketch.tailGuarantee]).toEqual([
      0,
      100,
      100,
      'both',
      'both',
    ]);
    expect([sketch.seed, sketch.numRetained, sketch.numRejected, sketch.sum]).toEqual([7n, 0, 0, 0]);
    // The coins go on: a sketch that begins again does not repeat itself.
    const values = STREAMS.shuffled(20_000, 1);
    expect(sketch.extend(values).toBytes()).not.toEqual(
      new KllSketch({ k: 100, seed: 7, tails: 'both' }).extend(values).toBytes(),
    );
    expect([sketch.n, sketch.min, sketch.max]).toEqual([20_000, 0, 19_999]);
  });

  it('forgets smaller ks, lost guarantees, variances and unknown sums', () => {
    const sketch = new KllSketch({ seed: 1 }).extend(STREAMS.shuffled(20_000, 1));
    const large = new KllSketch({ k: 1024, seed: 2, tails: 'none' }).extend(STREAMS.shuffled(20_000, 2));
    sketch
      .merge(large.condense(50))
      .merge(new KllSketch({ k: 8, seed: 3 }).extend(STREAMS.shuffled(2000, 3)));
    sketch.merge(fromDataSketches(toDataSketches(fed()), 'double'));
    expect([sketch.minK < 200, sketch.tailGuarantee, sketch.variance > 0, sketch.sum]).toEqual([
      true,
      'none',
      true,
      Number.NaN,
    ]);
    sketch.reset();
    expect([sketch.minK, sketch.tailGuarantee, sketch.variance, sketch.sum]).toEqual([200, 'high', 0, 0]);
    expect(sketch.add(2).sum).toBe(2);
  });
});

describe('iteration', () => {
  it('gives every item with its weight, ascending, and can be done again', () => {
    const sketch = fed();
    const all = [...sketch];
    expect(all).toHaveLength(sketch.numRetained);
    expect(all.reduce((sum, { weight }) => sum + weight, 0)).toBe(20_000);
    expect(all.every(({ weight }) => Number.isInteger(Math.log2(weight)))).toBe(true);
    expect([...sketch]).toEqual(all);
    expect(new Set(all.map(({ weight }) => weight)).size).toBeGreaterThan(1);
  });

  it('shows the sketch as it was when it began', () => {
    const sketch = new KllSketch({ seed: 1 }).extend([1, 2, 3]);
    const seen: number[] = [];
    for (const { item } of sketch) {
      seen.push(item);
      sketch.add(10 + item);
    }
    expect(seen).toEqual([1, 2, 3]);
    expect(sketch.n).toBe(6);
  });
});

describe('the debug state', () => {
  it('says what is known of each level, as plain data', () => {
    const sketch = fed().add(1);
    const state = sketch.debugState();
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    expect(state).toMatchObject({
      k: 200,
      minK: 200,
      n: 20_001,
      seed: '7',
      tails: 'high',
      tailGuarantee: 'high',
    });
    expect(state.retained).toBe(sketch.numRetained);
    expect(state.levels).toHaveLength(sketch.numLevels);
    expect(state.levels.reduce((sum, { population, weight }) => sum + population * weight, 0)).toBe(20_001);
    for (const [i, level] of state.levels.entries()) {
      expect([level.level, level.weight]).toEqual([i, 2 ** i]);
      expect(level.capacity).toBeGreaterThan(0);
      // A level is there because the one below it was compacted; the top one never was.
      expect(level.compactions > 0).toBe(i < state.levels.length - 1);
      expect(level.errorEstimate > 0).toBe(level.compactions > 0);
    }
    expect(state.rankError).toBe(sketch.rankError());
  });

  it('says how many items of a protected end stay: a share of k, or from k = 1024 on more as a level is compacted', () => {
    const protectedBy = (k: number, tails: Tails) => {
      const sketch = new KllSketch({ k, tails, seed: 1 });
      const said = new Map<number, number>();
      for (let i = 0; i < 100; i++) {
        sketch.extend(STREAMS.shuffled(4000, i));
        for (const level of sketch.debugState().levels) said.set(level.compactions, level.protectedItems);
      }
      return said;
    };
    expect(new Set(protectedBy(10, 'high').values())).toEqual(new Set([1]));
    expect(new Set(protectedBy(200, 'high').values())).toEqual(new Set([8]));
    expect(new Set(protectedBy(1023, 'both').values())).toEqual(new Set([41]));
    expect(new Set(protectedBy(1024, 'none').values())).toEqual(new Set([0]));
    // Sections of 16, 12 and 8 items: 3 of them, 6 from the fourth compaction on, and 12 from the 32nd.
    const scheduled = protectedBy(1024, 'high');
    expect([3, 4, 31, 32].map((compactions) => scheduled.get(compactions))).toEqual([48, 72, 72, 96]);
    expect(new Set(scheduled.values())).toEqual(new Set([48, 72, 96]));
  });

  it('of an empty sketch has one empty level', () => {
    expect(new KllSketch({ seed: 1 }).debugState()).toMatchObject({
      n: 0,
      retained: 0,
      levels: [{ population: 0 }],
    });
  });
});

describe('a sum that is not known', () => {
  const foreign = (n: number) => {
    const cascade = new ApacheCascade(200, randomCoin(1));
    cascade.updateAll(STREAMS.shuffled(n, 1).map((x) => x + 1));
    return fromDataSketches(cascade.toBytes('double'), 'double', { seed: 1 });
  };

  it.each([
    1, 2, 150, 900, 5000,
  ])('is NaN from an Apache image of %d values on, through merges and bytes', (n) => {
    const sketch = foreign(n);
    expect([sketch.sum, sketch.mean]).toEqual([Number.NaN, Number.NaN]);
    expect(sketch.add(1).sum).toBeNaN();
    const merges = [
      new KllSketch({ seed: 1 }).add(5).merge(sketch),
      foreign(n).merge(new KllSketch({ seed: 1 }).add(5)),
      KllSketch.mergeAll([fed(), sketch]),
      KllSketch.fromBytes(sketch.toBytes()).add(3),
      sketch.clone(),
      sketch.condense(50),
    ];
    for (const merged of merges) expect([merged.sum, merged.mean]).toEqual([Number.NaN, Number.NaN]);
    for (const merged of merges) expect(Number.isNaN(merged.quantile(0.5))).toBe(false);
  });

  it('of an empty image is 0, for it has nothing to be ignorant of', () => {
    expect(foreign(0).sum).toBe(0);
    expect(foreign(0).add(2).sum).toBe(2);
    expect(new KllSketch({ seed: 1 }).add(5).merge(foreign(0)).sum).toBe(5);
  });

  it('is NaN where it was left out of the bytes', () => {
    const loaded = KllSketch.fromBytes(fed().toBytes({ sum: false }));
    expect(loaded.sum).toBeNaN();
  });
});

it('a minimum of -0, which a foreign image may hold, becomes 0 where it is merged', () => {
  const cascade = new ApacheCascade(200, randomCoin(1));
  cascade.updateAll(STREAMS.shuffled(3000, 1).map((x) => (x === 0 ? -0 : x)));
  const foreign = fromDataSketches(cascade.toBytes('double'), 'double', { seed: 1 });
  expect(Object.is(foreign.min, -0)).toBe(true);
  const merged = KllSketch.mergeAll([foreign, new KllSketch({ seed: 2 }).extend(STREAMS.shuffled(5000, 2))]);
  expect(Object.is(merged.min, 0)).toBe(true);
});

describe('infinities, which a foreign image may hold', () => {
  it('are interpolated to an end, never to NaN', () => {
    const cascade = new ApacheCascade(200, randomCoin(1));
    cascade.updateAll(Float64Array.of(-Infinity, 1, 2, Infinity));
    const sketch = fromDataSketches(cascade.toBytes('double'), 'double', { seed: 1 });
    for (let i = 0; i <= 48; i++) expect(sketch.quantile(i / 48, { interpolate: true })).not.toBeNaN();
    expect(sketch.quantile(0.5, { interpolate: true })).toBe(1.5);
  });

  const foreign = (n: number) => {
    const cascade = new ApacheCascade(200, randomCoin(1));
    cascade.updateAll(
      STREAMS.shuffled(n, 1).map((x) => (x % 10 === 0 ? -Infinity : x % 10 === 1 ? Infinity : x)),
    );
    return fromDataSketches(cascade.toBytes('double'), 'double', { seed: 1 });
  };

  it.each([10, 150, 900, 20_000])('are read and answered, %d values', (n) => {
    const sketch = foreign(n);
    expect([sketch.n, sketch.min, sketch.max]).toEqual([n, -Infinity, Infinity]);
    expect([sketch.quantile(0), sketch.quantile(1), sketch.quantile(0.01)]).toEqual([
      -Infinity,
      Infinity,
      -Infinity,
    ]);
    expect(Number.isFinite(sketch.median)).toBe(true);
    expect(Math.abs(sketch.rank(-Infinity) - 0.1)).toBeLessThanOrEqual(sketch.rankError() + 1e-12);
    expect(sketch.rank(Infinity)).toBe(1);
    expect(sketch.rank(-Infinity, { inclusive: false })).toBe(0);
  });

  it.each([10, 150, 900, 20_000])('survive bytes, merges, condensing and further values, %d values', (n) => {
    const sketch = foreign(n);
    const loaded = KllSketch.fromBytes(sketch.toBytes());
    expect(loaded.toBytes()).toEqual(sketch.toBytes());
    expect([...loaded]).toEqual([...sketch]);
    const grown = loaded.extend(STREAMS.shuffled(10_000, 2));
    const merged = new KllSketch({ seed: 1 }).extend(STREAMS.shuffled(10_000, 2)).merge(sketch);
    for (const one of [
      grown,
      merged,
      KllSketch.mergeAll([grown, sketch.toBytes()]),
      sketch.condense(100),
      sketch.clone(),
    ]) {
      expect([one.min, one.max, one.sum]).toEqual([-Infinity, Infinity, Number.NaN]);
      let total = 0;
      for (const { weight } of one) total += weight;
      expect(total).toBe(one.n);
    }
    expect(fromDataSketches(toDataSketches(sketch), 'double').max).toBe(Infinity);
  });
});

describe('a condensed copy', () => {
  const copyOf = (k: number, from = 200) =>
    new KllSketch({ k: from, seed: 1 }).extend(STREAMS.shuffled(5000, 1)).condense(k);

  it('that grows has the error of its own k', () => {
    expect(copyOf(50, 400).extend(STREAMS.shuffled(5000, 2)).minK).toBe(50);
  });

  it('that was reset is a sketch like any other: its bytes have its state', () => {
    const copy = copyOf(50).reset().extend(STREAMS.shuffled(5000, 2));
    expect(KllSketch.fromBytes(copy.toBytes()).seed).toBe(copy.seed);
  });

  it('is cloned as one: without state', () => {
    const copy = copyOf(50);
    expect(copy.clone().toBytes()).toEqual(copy.toBytes());
  });
});

it('ends that an image knows beyond its items are kept, each by itself, by merges too', () => {
  const image = new KllSketch({ seed: 1 }).extend([2, 3, 4]).toImage();
  for (const bounds of [{ min: 1 }, { max: 5 }]) {
    const { min, max } = { ...image, ...bounds };
    const loaded = KllSketch.fromImage({ ...image, ...bounds });
    expect([loaded.min, loaded.max]).toEqual([min, max]);
    const merged = KllSketch.mergeAll([loaded, new KllSketch().add(3)]);
    expect([merged.min, merged.max]).toEqual([min, max]);
  }
});

it('the compensation of a sum is counted once when values go back to staging', () => {
  const sketch = new KllSketch({ seed: 1 }).extendWeighted([1e16, 1, -1e16], [1, 1, 1]);
  expect(sketch.sum).toBe(1);
  sketch.toBytes();
  expect(sketch.sum).toBe(1);
});

it.each([
  ['a batch', [0xc8, 1, 0, 0], 'ERR_FOREIGN_FORMAT'],
  ['gzip', [0x1f, 0x8b, 8, 0], 'ERR_FOREIGN_FORMAT'],
  ['JSON', [0x7b, 0x22, 0x66, 0x6f], 'ERR_FOREIGN_FORMAT'],
  ['anything else', [1, 2, 3, 4], 'ERR_MAGIC'],
  ['nothing', [], 'ERR_MAGIC'],
])('what fromAny does not read is named: %s', (_, bytes, code) => {
  expect(() => fromAny(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code }));
});

it('a sharp copy has more of both protected ends', () => {
  const sketch = new KllSketch({ k: 1024, tails: 'both', seed: 1 }).extend(STREAMS.shuffled(1e6, 1));
  const finest = (sharp: boolean) => {
    const weights = [...sketch.clone().condense(50, { sharp })]
      .sort((a, b) => a.item - b.item)
      .map(({ weight }) => weight);
    const coarse = Math.max(...weights);
    return [weights.indexOf(coarse), weights.length - 1 - weights.lastIndexOf(coarse)];
  };
  const [low, high] = finest(false);
  const [sharpLow, sharpHigh] = finest(true);
  expect(sharpLow).toBeGreaterThan(1.5 * low);
  expect(sharpHigh).toBeGreaterThan(1.5 * high);
});
