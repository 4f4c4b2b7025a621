import { describe, expect, it } from 'vitest';
import { KllSketch, SketchDataError } from '../../src/index.js';
import { maxRankError, STREAMS } from '../support/streams.js';

const fed = (n: number, seed = 1, k = 200) => new KllSketch({ k, seed }).extend(STREAMS.shuffled(n, seed));
const spoiled = () => {
  const bytes = fed(100).toBytes();
  bytes[20] ^= 1;
  return bytes;
};

/** One value between bounds that are wider, as an image from elsewhere may have it: exact it is, but staged it cannot be. */
const wide = () => {
  const sizes = Uint32Array.of(1);
  const items = Float64Array.of(5);
  const about = { k: 200, minK: 200, tailGuarantee: 1, variance: 0 } as const;
  return KllSketch.fromImage({ ...about, n: 1, min: 0, max: 10, sum: 5, sizes, items }, { seed: 1 });
};

describe('merge', () => {
  it('counts each value once, whatever is done with the source by those who are told meanwhile', () => {
    for (const levels of [false, true]) {
      for (const ask of [
        (sketch: KllSketch) => sketch.toBytes(),
        (sketch: KllSketch) => sketch.clone(),
        (sketch: KllSketch) => JSON.stringify(sketch),
        (sketch: KllSketch) => sketch.condense(50),
      ]) {
        const source = fed(5000, 2);
        for (let i = 0; i < 300; i++) source.add(i);
        let isOn = false;
        const told = () => {
          if (isOn) ask(source);
        };
        const observer = { onIngest: told, onCompaction: told };
        const sketch = new KllSketch({ seed: 1, observer });
        if (levels) sketch.extend(STREAMS.shuffled(5000, 3));
        for (let i = 0; i < 1000; i++) sketch.add(i);
        const n = sketch.n;
        isOn = true;
        sketch.merge(source);
        expect(sketch.n).toBe(n + 5300);
        isOn = false;
        expect([...sketch].reduce((sum, { weight }) => sum + weight, 0)).toBe(n + 5300);
      }
    }
  });

  it.each([
    0, 100, 600, 1000,
  ])('with itself doubles what is there, %i staged beside a level that is exact', (staged) => {
    const sketch = wide().add(0).add(10);
    sketch.toBytes();
    for (let i = 0; i < staged; i++) sketch.add(i / 100);
    sketch.merge(sketch);
    expect(sketch.n).toBe(2 * (staged + 3));
    expect([...sketch].reduce((sum, { weight }) => sum + weight, 0)).toBe(sketch.n);
  });

  it('gives the receiver, and counts exactly', () => {
    const sketch = fed(5000);
    expect(sketch.merge(fed(7000, 2))).toBe(sketch);
    expect([sketch.n, sketch.min, sketch.max, sketch.sum]).toEqual([
      12_000,
      0,
      6999,
      (5000 * 4999 + 7000 * 6999) / 2,
    ]);
  });

  it.each([
    [0, 0],
    [0, 10],
    [10, 0],
    [10, 20],
    [600, 424],
    [600, 425],
    [10, 50_000],
    [50_000, 10],
    [50_000, 40_000],
    [200_000, 3],
  ])('of %d and %d values is the same for a sketch and for its bytes, and inside the bound of both together', (a, b) => {
    const left = STREAMS['long tail'](a, 1);
    const right = STREAMS['long tail'](b, 2).map((x) => -x);
    const make = (values: Float64Array, seed: number) => new KllSketch({ seed }).extend(values);
    const whole = new Float64Array(a + b);
    whole.set(left);
    whole.set(right, a);
    const source = make(right, 2);
    // Flushed, the source is what its bytes are.
    source.toBytes();
    const bySketch = make(left, 1).merge(source);
    const byBytes = make(left, 1).merge(source.toBytes());
    expect(byBytes.toBytes()).toEqual(bySketch.toBytes());
    expect(bySketch.n).toBe(a + b);
    if (a + b === 0) return;
    expect(bySketch.min).toBe(whole.reduce((x, y) => Math.min(x, y)) + 0);
    expect(bySketch.max).toBe(whole.reduce((x, y) => Math.max(x, y)) + 0);
    expect(maxRankError(bySketch, whole)).toBeLessThanOrEqual(bySketch.rankError());
  });

  it('of exact sketches that together fit staging is exact', () => {
    const sketch = fed(500).merge(fed(524, 2));
    expect([sketch.isEstimating, sketch.rankError(), sketch.numRetained]).toEqual([false, 0, 1024]);
  });

  it('keeps the generator, the seed, k and tails of the receiver', () => {
    const receiver = new KllSketch({ k: 300, seed: 9, tails: 'both' }).extend(STREAMS.shuffled(9000, 1));
    receiver.merge(fed(9000, 2, 100));
    expect([receiver.seed, receiver.k, receiver.tails, receiver.minK]).toEqual([9n, 300, 'both', 100]);
  });

  it('with an empty sketch changes nothing but what is flushed', () => {
    for (const empty of [
      new KllSketch({ seed: 1, k: 8, tails: 'none' }),
      new KllSketch({ k: 8 }).toBytes(),
    ]) {
      const sketch = fed(20_000).merge(empty);
      expect([sketch.n, sketch.minK, sketch.tailGuarantee]).toEqual([20_000, 200, 'high']);
      expect([...sketch]).toEqual([...fed(20_000)]);
    }
  });

  it('with itself doubles it', () => {
    for (const n of [1, 500, 513, 20_000]) {
      const sketch = fed(n);
      const { sum, min, max } = sketch;
      sketch.merge(sketch);
      expect([sketch.n, sketch.sum, sketch.min, sketch.max]).toEqual([2 * n, 2 * sum, min, max]);
      expect(maxRankError(sketch, STREAMS.shuffled(n, 1))).toBeLessThanOrEqual(sketch.rankError());
    }
  });

  it('sums what condensing cost by weight: variances in units of n squared', () => {
    const a = fed(300_000, 1, 1024).condense(100);
    const b = fed(100_000, 2, 1024).condense(100);
    const merged = new KllSketch({ k: 1024, seed: 3 }).merge(a).merge(b);
    const expected = (a.variance * 3e5 ** 2 + b.variance * 1e5 ** 2) / 4e5 ** 2;
    expect(merged.variance).toBeCloseTo(expected, 12);
    expect(merged.variance).toBeGreaterThan(0);
    expect(merged.rankError()).toBeGreaterThan(fed(400_000, 1, 1024).rankError());
  });
});

describe('what rounded and foreign sources say of their sums', () => {
  const rounded = () =>
    new KllSketch({ seed: 1 })
      .extend(new Float64Array(100).fill(0.4))
      .toBytes({ precision: { decimals: 0 } });

  // 1000 values can be staged; 2000 go to the kernel.
  it.each([10, 20])('is summed, %i sources of 100 values', (sources) => {
    const images = Array.from({ length: sources }, rounded);
    expect(KllSketch.mergeAll(images).sum).toBeCloseTo(sources * 40, 9);
    const oneByOne = images.reduce((sketch, image) => sketch.merge(image), new KllSketch({ seed: 1 }));
    expect(oneByOne.sum).toBeCloseTo(sources * 40, 9);
  });

  it('makes a sum unknown wherever the source stands', () => {
    const unknown = new KllSketch({ seed: 1 }).extend([1, 2, 3]).toBytes({ sum: false });
    const many = fed(5000, 1, 200);
    expect(KllSketch.mergeAll([unknown, many]).sum).toBeNaN();
    expect(KllSketch.mergeAll([many, unknown]).sum).toBeNaN();
    expect(fed(5000, 1, 200).merge(unknown).sum).toBeNaN();
  });
});

it('what is added to a condensed sketch takes its share of the variance, as merging it would', () => {
  const values = STREAMS.shuffled(200_000, 1);
  const leaf = fed(20_000, 1, 1024).condense(50);
  const merged = new KllSketch({ k: 50, seed: 2 }).extend(values).merge(leaf);
  const added = KllSketch.fromBytes(leaf.toBytes(), { seed: 2 }).extend(values);
  expect(added.variance / merged.variance).toBeCloseTo(1, 6);
  const one = KllSketch.fromBytes(leaf.toBytes(), { seed: 2 });
  for (const x of values.subarray(0, 5000)) one.add(x);
  expect(one.variance / leaf.variance).toBeCloseTo((20_000 / 25_000) ** 2, 6);
});

describe('mergeAll', () => {
  it('takes the k of the largest source unless one is given', () => {
    const sources = [fed(5000, 1, 100), fed(5000, 2, 400).toBytes(), fed(5000, 3, 50)];
    expect(KllSketch.mergeAll(sources).k).toBe(400);
    expect(KllSketch.mergeAll(sources).minK).toBe(50);
    expect(KllSketch.mergeAll(sources, { k: 1024 }).k).toBe(1024);
    expect(KllSketch.mergeAll([]).k).toBe(200);
    expect(KllSketch.mergeAll([]).n).toBe(0);
  });

  it('takes the largest k wherever it stands, and none of bytes that are left out', () => {
    const images = [50, 400, 100].map((k, i) => fed(5000, i, k).toBytes());
    const damaged = fed(5000, 3, 1000).toBytes();
    damaged[damaged.length - 1] ^= 1;
    for (const order of [images, [...images].reverse(), [fed(5000, 4, 60), ...images, fed(5000, 5, 70)]]) {
      expect(KllSketch.mergeAll(order).k).toBe(400);
      expect(KllSketch.mergeAll([damaged, ...order], { invalid: 'skip' }).k).toBe(400);
      expect(KllSketch.mergeAll([...order, damaged], { invalid: 'skip' }).k).toBe(400);
    }
  });

  it('takes any iterable, and gives the same for the same seed', () => {
    const sources = () => [fed(5000, 1), fed(60_000, 2).toBytes(), fed(3, 3)];
    const one = KllSketch.mergeAll(new Set(sources()), { seed: 4 });
    const two = KllSketch.mergeAll(sources().values(), { seed: 4 });
    expect(two.toBytes()).toEqual(one.toBytes());
    expect([one.n, one.seed]).toEqual([65_003, 4n]);
  });

  it('is more accurate than merging one by one', () => {
    // Medians of 9 seeded trials of 100 parts. Measured: 0.135 % at once, 0.162 % one by one.
    const error = (merge: (parts: KllSketch[], seed: number) => KllSketch) => {
      const errors = Array.from({ length: 9 }, (_, seed) => {
        const values = STREAMS.shuffled(200_000, seed);
        const parts = Array.from({ length: 100 }, (_, i) =>
          new KllSketch({ seed: seed * 1000 + i }).extend(values.subarray(2000 * i, 2000 * i + 2000)),
        );
        return maxRankError(merge(parts, seed), values);
      });
      return errors.sort((a, b) => a - b)[4];
    };
    const atOnce = error((parts, seed) => KllSketch.mergeAll(parts, { k: 1024, seed }));
    const oneByOne = error((parts, seed) =>
      parts.reduce((all, part) => all.merge(part), new KllSketch({ k: 1024, seed })),
    );
    expect(atOnce).toBeLessThan(oneByOne);
  });

  it.each([
    'none',
    'high',
    'both',
  ] as const)('of many keeps what it promises of the body and of ends: tails %s', (tails) => {
    const [sources, size] = [200, 5000];
    const n = sources * size;
    const values = STREAMS.shuffled(n, 3);
    const parts = Array.from({ length: sources }, (_, i) =>
      new KllSketch({ k: 200, tails, seed: i + 1 }).extend(values.subarray(i * size, (i + 1) * size)),
    );
    const merged = KllSketch.mergeAll(parts, { k: 1024, tails, seed: 1 });
    expect([merged.n, merged.min, merged.max, merged.tailGuarantee]).toEqual([n, 0, n - 1, tails]);
    expect(maxRankError(merged, values)).toBeLessThanOrEqual(merged.rankError());
    for (const rank of [0.0001, 0.001, 0.01, 0.99, 0.999, 0.9999]) {
      const { lower, upper } = merged.rankBounds(rank * n);
      expect(lower, `at ${rank}`).toBeLessThanOrEqual(rank);
      expect(upper, `at ${rank}`).toBeGreaterThanOrEqual(rank);
    }
  });

  it('refuses all when one is refused, and says which', () => {
    const sources = [fed(5000).toBytes(), spoiled(), fed(10)];
    expect(() => KllSketch.mergeAll(sources)).toThrow(
      expect.objectContaining({ name: 'SketchDataError', code: 'ERR_CHECKSUM', source: 1 }),
    );
    expect(() => KllSketch.mergeAll(sources)).toThrow(/^source 1: /);
  });

  it("leaves bad bytes out with invalid: 'skip', and tells of each", () => {
    const told: [number, SketchDataError][] = [];
    const good = [fed(5000).toBytes(), fed(10)];
    const merged = KllSketch.mergeAll([spoiled(), good[0], new Uint8Array(3), good[1], spoiled()], {
      seed: 4,
      invalid: 'skip',
      onSkip: (position, error) => {
        told.push([position, error]);
        // Whoever is told may use sketches: the merge is not disturbed.
        fed(30_000).quantile(0.5);
      },
    });
    expect(told.map(([position]) => position)).toEqual([0, 2, 4]);
    expect(told.every(([, error]) => error instanceof SketchDataError)).toBe(true);
    expect(merged.toBytes()).toEqual(KllSketch.mergeAll(good, { seed: 4 }).toBytes());
  });

  it('never leaves out an argument that is no sketch at all', () => {
    const sources = [fed(10), 'sketch' as unknown as KllSketch];
    expect(() => KllSketch.mergeAll(sources, { invalid: 'skip' })).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT_TYPE' }),
    );
  });
});

describe('an observer', () => {
  interface Told {
    hook: string;
    event: Record<string, unknown>;
  }
  function watched(clock?: () => number) {
    const told: Told[] = [];
    const hook = (hook: string) => (event: object) => void told.push({ hook, event: { ...event } });
    return {
      told,
      of: (name: string) => told.filter((one) => one.hook === name).map(({ event }) => event),
      observer: {
        ...(clock ? { now: clock } : {}),
        onIngest: hook('ingest'),
        onCompaction: hook('compaction'),
        onMerge: hook('merge'),
        onQuery: hook('query'),
        onSerialize: hook('serialize'),
        onDeserialize: hook('deserialize'),
        onCondense: hook('condense'),
      },
    };
  }

  it('is told of what came in and what was left out', () => {
    const { observer, of } = watched();
    const sketch = new KllSketch({ seed: 1, observer });
    sketch.extend([1, 2, Number.NaN], { invalid: 'skip' }).extendWeighted([1, 2], [3, 400]);
    expect(of('ingest')).toMatchObject([
      { values: 2, rejected: 1, seconds: 0 },
      { values: 403, rejected: 0 },
    ]);
  });

  it('is told of every compaction once', () => {
    const { observer, of } = watched();
    const sketch = new KllSketch({ k: 50, seed: 1, observer });
    for (let i = 0; i < 10; i++) sketch.extend(STREAMS.shuffled(5000, i));
    for (let i = 0; i < 3000; i++) sketch.add(i);
    const counted = new Map<number, number>();
    for (const { level, compactions } of of('compaction') as { level: number; compactions: number }[]) {
      counted.set(level, (counted.get(level) ?? 0) + compactions);
    }
    const { levels } = sketch.debugState();
    expect(levels.map(({ level }) => counted.get(level) ?? 0)).toEqual(
      levels.map(({ compactions }) => compactions),
    );
    expect(counted.size).toBeGreaterThan(0);
  });

  it('is told of merges: sources, shards, what was skipped, and what it did to the promises', () => {
    const { observer, of } = watched();
    const sketch = new KllSketch({ k: 400, seed: 1, observer }).extend(STREAMS.shuffled(5000, 1));
    sketch.merge(new KllSketch({ k: 100, seed: 2, tails: 'none' }).extend(STREAMS.shuffled(5000, 2)));
    KllSketch.mergeAll([fed(10), spoiled(), fed(20).toBytes()], {
      observer,
      invalid: 'skip',
      shards: ['a', 'b', 'c'],
    });
    expect(of('merge')).toMatchObject([
      {
        sources: 1,
        refused: [],
        outcome: 'ok',
        values: 5000,
        minKBefore: 400,
        minKAfter: 100,
        tailGuaranteeBefore: 'high',
        tailGuaranteeAfter: 'none',
      },
      { sources: 2, refused: [[1, { code: 'ERR_CHECKSUM' }]], values: 30, shards: ['a', 'b', 'c'] },
    ]);
  });

  it('is told of questions, bytes and condensing', () => {
    const { observer, of } = watched();
    const sketch = new KllSketch({ k: 1024, seed: 1, observer }).extend(STREAMS.shuffled(50_000, 1));
    sketch.quantile(0.5);
    sketch.quantilesAt([0.1, 0.2]);
    sketch.ranks([1, 2, 3]);
    sketch.cdf([1]);
    sketch.pmf([1]);
    sketch.quantileBounds(0.5);
    const kinds = of('query').map(({ kind, answers }) => `${kind} ${answers}`);
    expect(kinds).toEqual(['quantile 1', 'quantile 2', 'rank 3', 'cdf 2', 'pmf 2', 'bounds 2']);
    const bytes = sketch.toBytes();
    KllSketch.fromBytes(bytes, { observer });
    expect(() => KllSketch.fromBytes(spoiled(), { observer })).toThrow();
    expect(of('serialize')).toMatchObject([{ bytes: bytes.length, n: 50_000 }]);
    expect(of('deserialize')).toMatchObject([
      { bytes: bytes.length, outcome: 'ok' },
      { outcome: 'ERR_CHECKSUM' },
    ]);
    const copy = sketch.condense(100);
    expect(of('condense')).toMatchObject([
      { fromItems: sketch.numRetained, toItems: copy.numRetained, variance: copy.variance, excessive: false },
    ]);
  });

  it('warns of condensing to keep', () => {
    const { observer, of } = watched();
    let sketch = new KllSketch({ k: 1024, seed: 1, observer }).extend(STREAMS.shuffled(50_000, 1));
    for (let i = 0; i < 5; i++) {
      sketch = KllSketch.mergeAll([sketch.condense(50), fed(1000, i, 1024)], { observer });
    }
    const told = of('condense');
    expect([told[0].excessive, told.at(-1)?.excessive]).toEqual([false, true]);
  });

  it('with a clock is told how long everything took', () => {
    let now = 0;
    const { observer, told } = watched(() => (now += 1));
    const sketch = new KllSketch({ seed: 1, observer }).extend(STREAMS.shuffled(5000, 1));
    sketch.quantile(0.5);
    sketch.merge(fed(10));
    KllSketch.fromBytes(sketch.toBytes(), { observer });
    sketch.condense(50);
    const timed = told.filter(({ hook }) => hook !== 'compaction');
    expect(timed.map(({ hook }) => hook)).toEqual([
      'ingest',
      'query',
      'merge',
      'serialize',
      'deserialize',
      'condense',
    ]);
    expect(timed.every(({ event }) => (event.seconds as number) > 0)).toBe(true);
  });

  it('changes nothing about the sketch', () => {
    const { observer } = watched(() => 0);
    const go = (options: object) => {
      const sketch = new KllSketch({ k: 50, seed: 1, ...options }).extend(STREAMS.shuffled(9000, 1)).add(4);
      sketch.quantile(0.5);
      sketch.merge(fed(5000, 2));
      sketch.condense(20);
      return sketch.toBytes();
    };
    expect(go({ observer })).toEqual(go({}));
  });
});

describe('what a source brings besides its items', () => {
  it('is the compensation of its sum', () => {
    const of = (x: number) => new Float64Array(2048).fill(x);
    const source = new KllSketch({ seed: 1 }).extend(of(1e16)).extend(of(1)).extend(of(-1e16));
    expect(source.sum).toBe(2048);
    expect(fed(3000).merge(source).sum).toBe((3000 * 2999) / 2 + 2048);
  });

  it('is no k and no guarantee where it is exact', () => {
    const source = new KllSketch({ k: 2000, tails: 'none', seed: 1 }).extend(STREAMS.shuffled(1500, 1));
    expect(source.isEstimating).toBe(false);
    const merged = fed(20_000, 2, 4000).merge(source);
    expect([merged.minK, merged.tailGuarantee]).toEqual([4000, 'high']);
  });
});
