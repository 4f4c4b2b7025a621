import { describe, expect, it } from 'vitest';
import { createEventLog, type EventLogOptions } from '../../src/metrics/event-log.js';
import { KllSketch, type MergeSource } from '../../src/sketch/sketch.js';

type Line = Record<string, unknown>;

/** A log with clocks that can be foretold, and what it wrote. */
function logged(options: Partial<EventLogOptions> = {}) {
  const lines: string[] = [];
  let now = 0;
  const observer = createEventLog({
    sink: (line) => void lines.push(line),
    now: () => (now += 500),
    time: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    seed: 1,
    ...options,
  });
  return { observer, lines, events: () => lines.map((line) => JSON.parse(line) as Line) };
}

const fed = (n: number, options: ConstructorParameters<typeof KllSketch>[0] = {}) =>
  new KllSketch({ seed: 2, ...options }).extend(Float64Array.from({ length: n }, (_, i) => i));

function spoiled(): Uint8Array {
  const bytes = fed(3000).toBytes();
  bytes[bytes.length >> 1] ^= 1;
  return bytes;
}

/** Merges of one small sketch each. */
const mergeTimes = (times: number, options: Partial<EventLogOptions>) => {
  const { observer, events } = logged(options);
  const sources: MergeSource[] = [fed(1)];
  for (let i = 0; i < times; i++) KllSketch.mergeAll(sources, { observer, shards: [`shard-${i}`] });
  return events().map(({ shards }) => (shards as string[])[0]);
};

describe('the event log', () => {
  it.each([[[1, null]], [{}], ['ab']])('makes no merge fail, whatever is given for shards: %j', (shards) => {
    const { observer, events } = logged({ level: 'debug' });
    KllSketch.mergeAll([fed(10), spoiled()], { observer, invalid: 'skip', shards: shards as string[] });
    expect(events().some(({ event, sources }) => event === 'merge' && sources === 1)).toBe(true);
  });

  it('writes a merge as one line of JSON: sources, shards, duration', () => {
    const { observer, lines } = logged();
    KllSketch.mergeAll([fed(10), fed(20).toBytes()], { observer, shards: ['eu-1', 'us-1'] });
    expect(lines).toEqual([
      '{"time":"2026-01-02T03:04:05.678Z","level":"info","event":"merge","sources":2,"refused":0,"shards":["eu-1","us-1"],"seconds":0.5,"values":30}',
    ]);
  });

  it('at level debug writes the configuration of what is made, merged and written', () => {
    const { observer, events } = logged({ level: 'debug' });
    const sketch = new KllSketch({ k: 64, seed: 7n, tails: 'both', observer });
    sketch.merge(fed(5000)).toBytes();
    expect(events().map(({ event }) => event)).toEqual([
      'configuration',
      'merge_weakened',
      'merge',
      'written',
    ]);
    expect(events()[0]).toMatchObject({ level: 'debug', k: 64, tails: 'both', seed: '7' });
    const { k, minK, numRetained, numLevels } = sketch;
    const configuration = { k, minK, n: 5000, numRetained, numLevels, tailGuarantee: 'high', seed: '7' };
    expect(events()[2]).toMatchObject(configuration);
    expect(events()[3]).toMatchObject(configuration);
    expect(numLevels).toBeGreaterThan(3);
  });

  it('at level info keeps configurations to itself', () => {
    const { observer, events } = logged();
    new KllSketch({ seed: 7, observer }).merge(fed(10)).toBytes();
    expect(events().map(({ event }) => event)).toEqual(['merge']);
    expect(events()[0]).not.toHaveProperty('seed');
  });

  it('warns of a merge that lowers minK or the tail guarantee, with what was and what is', () => {
    const { observer, events } = logged({ level: 'warn' });
    fed(9000, { k: 400, observer }).merge(fed(5000, { k: 100 }));
    fed(9000, { observer }).merge(fed(5000, { tails: 'none' }));
    fed(9000, { observer }).merge(fed(5000));
    expect(events()).toMatchObject([
      { event: 'merge_weakened', level: 'warn', minKBefore: 400, minKAfter: 100, values: 5000 },
      { event: 'merge_weakened', tailGuaranteeBefore: 'high', tailGuaranteeAfter: 'none' },
    ]);
    expect(events()).toHaveLength(2);
  });

  it('writes images that are refused, with the code, the position and the shard', () => {
    const { observer, events } = logged({ level: 'warn' });
    expect(() => KllSketch.fromBytes(spoiled(), { observer })).toThrow();
    KllSketch.mergeAll([fed(1), spoiled()], { observer, invalid: 'skip', shards: ['a', 'b'] });
    expect(events()).toMatchObject([
      { event: 'refused', code: 'ERR_CHECKSUM', bytes: spoiled().length, seconds: 0.5 },
      { event: 'refused', code: 'ERR_CHECKSUM', position: 1, shard: 'b' },
    ]);
  });

  it('writes merges that fail as errors, of bytes and of sketches', () => {
    const { observer, events } = logged({ level: 'error' });
    expect(() => new KllSketch({ observer }).merge(spoiled())).toThrow();
    expect(() => KllSketch.mergeAll([spoiled()], { observer })).toThrow();
    const full = new KllSketch().extendWeighted([1], [2 ** 53 - 1]);
    expect(() => fed(2, { observer }).merge(full)).toThrow();
    expect(events().map(({ event, code }) => [event, code])).toEqual([
      ['merge_failed', 'ERR_CHECKSUM'],
      ['merge_failed', 'ERR_CHECKSUM'],
      ['merge_failed', 'ERR_COUNT_OVERFLOW'],
    ]);
  });

  it('warns of condensing to keep', () => {
    const { observer, events } = logged({ level: 'warn' });
    let sketch = fed(50_000, { k: 1024, observer });
    for (let i = 0; i < 5; i++) sketch = KllSketch.mergeAll([sketch.condense(50), fed(1000)], { observer });
    const kept = events().filter(({ event }) => event === 'condensed_to_keep');
    expect(kept.length).toBeGreaterThan(0);
    expect(kept[0].variance).toBeGreaterThan(0);
  });

  it('writes a share of successes: the same ones under the same seed', () => {
    const written = mergeTimes(2000, { share: 0.1, seed: 42 });
    // 2000 draws of 0.1: 200, standard deviation 13.4; the bound is five of them.
    expect(Math.abs(written.length - 200)).toBeLessThan(67);
    expect(mergeTimes(2000, { share: 0.1, seed: 42 })).toEqual(written);
    expect(mergeTimes(2000, { share: 0.1, seed: 43 })).not.toEqual(written);
  });

  it('writes all successes at a share of 1, none at 0, and all failures at any', () => {
    expect(mergeTimes(50, { share: 1 })).toHaveLength(50);
    expect(mergeTimes(50, { share: 0 })).toHaveLength(0);
    const { observer, events } = logged({ share: 0, level: 'debug' });
    for (let i = 0; i < 50; i++) {
      expect(() => KllSketch.mergeAll([spoiled()], { observer })).toThrow();
      KllSketch.mergeAll([spoiled()], { observer, invalid: 'skip' });
      fed(9000, { k: 400, observer }).merge(fed(5000, { k: 100 }));
    }
    const counts: Record<string, number> = {};
    for (const { event } of events()) counts[String(event)] = (counts[String(event)] ?? 0) + 1;
    expect(counts).toEqual({ merge_failed: 50, refused: 50, merge_weakened: 50 });
  });

  it('lets a sketch go on whose line the sink refused, and counts the line', () => {
    const { observer } = logged({
      sink: () => {
        throw new Error('the disk is full');
      },
    });
    const sketch = new KllSketch({ observer }).merge(fed(10));
    expect(sketch.n).toBe(10);
    expect(observer.dropped).toBe(1);
  });

  it.each([
    ['level', { level: 'verbose' as 'info' }],
    ['share', { share: 1.5 }],
    ['share', { share: Number.NaN }],
  ])('refuses a %s that is none', (name, options) => {
    expect(() => logged(options)).toThrow(new RegExp(`^${name}: expected`));
  });
});
