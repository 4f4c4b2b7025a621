import { describe, expect, it } from 'vitest';
import type { CollectorError } from '../../src/adapters/browser/collector-error.js';
import { KernelSource } from '../../src/adapters/browser/kernel-source.js';
import { cleanLabel } from '../../src/adapters/browser/labels.js';
import { Series } from '../../src/adapters/browser/series.js';
import { SeriesTable, type TableSettings } from '../../src/adapters/browser/series-table.js';
import { MOST_BYTES, MOST_SERIES, toBatches } from '../../src/adapters/browser/split.js';
import { decodeBatch } from '../../src/sketch/batch.js';
import { encodeBatch } from '../../src/wire/batch-encode.js';
import { seededRandom } from '../support/prng.js';

const LIMITS = {
  bytes: 65_536,
  strings: 500,
  stringBytes: 512,
  series: 500,
  labels: 32,
  items: 1e6,
  n: 1e5,
  k: 4096,
};
/** A kernel that never comes. */
const absent = () => new KernelSource(() => {});
const series = (decimals = 1) => new Series('x', {}, decimals, { k: 200, tails: 1, kernel: absent() });
const sumTo = (n: number) => (n * (n + 1)) / 2;

describe('a series', () => {
  it.each([
    [1, 12.34, 12.3],
    [1, 0.1 + 0.2, 0.3],
    [4, 0.123_449, 0.1234],
    [0, 2.5, 3],
    [1, -0.04, 0],
    [1, 1e300, 1e300],
    [15, 1e-20, 0],
  ])('rounds to %i decimals when a value enters: %d is %d', (decimals, given, expected) => {
    const one = series(decimals);
    one.add(given, 0);
    expect(Object.is(one.take(0)[0].values![0], expected)).toBe(true);
  });

  it('is empty after it was taken, and sends its values as they are while they are few', () => {
    const one = series();
    for (let i = 1; i <= 333; i++) one.add(i, 0);
    const [{ n, values }] = one.take(0);
    expect([n, values!.length]).toEqual([333, 333]);
    expect(one.isDirty).toBe(false);
    expect(one.take(0)).toEqual([]);
  });

  it('is condensed from 334 values on, its count, sum, ends and bounds true', () => {
    const { next } = seededRandom(5);
    const truth = Array.from({ length: 1000 }, () => Math.round(next() * 5000) / 10);
    const one = series();
    for (const x of truth) one.add(x, 0);
    const [batch] = toBatches(one.take(0), undefined);
    const [{ sketch }] = decodeBatch(batch.bytes, LIMITS).series;
    const sorted = truth.sort((a, b) => a - b);
    expect(sketch!.n).toBe(1000);
    expect(sketch!.sum).toBeCloseTo(
      sorted.reduce((sum, x) => sum + x, 0),
      6,
    );
    expect([sketch!.min, sketch!.max]).toEqual([sorted[0], sorted[999]]);
    expect(sketch!.numRetained).toBeLessThan(430);
    for (const rank of [0.1, 0.5, 0.75, 0.9, 0.99]) {
      const { lower, upper } = sketch!.quantileBounds(rank);
      const exact = sorted[Math.ceil(rank * 1000) - 1];
      expect(lower).toBeLessThanOrEqual(exact);
      expect(upper).toBeGreaterThanOrEqual(exact);
    }
  });

  it('goes in pieces of 8192 values where no kernel comes, exact in count and sum', () => {
    const one = series();
    for (let i = 1; i <= 20_000; i++) one.add(i, 0);
    const pieces = one.take(0);
    expect(pieces.map(({ n }) => n)).toEqual([8192, 8192, 3616]);
    expect(pieces.reduce((sum, { image }) => sum + image!.sum, 0)).toBe(sumTo(20_000));
  });

  it('tells the age of its newest value in whole milliseconds', () => {
    const one = series();
    one.add(1, 1000.4);
    expect(one.take(1500.8)[0].age).toBe(500);
  });
});

describe('the table of series', () => {
  const table = (settings: Partial<TableSettings> = {}) => {
    const told: string[] = [];
    const made = new SeriesTable({
      k: 200,
      tails: 1,
      kernel: absent(),
      maxSeries: 3,
      precision: { cls: 4 },
      cleanLabel,
      tell: (error: CollectorError) => told.push(error.code),
      ...settings,
    });
    return { made, told };
  };

  it('finds a series by name and labels, whatever their order', () => {
    const { made } = table();
    expect(made.find('a', { x: '1', y: '2' })).toBe(made.find('a', { y: '2', x: '1' }));
    expect(made.find('a', { x: '1' })).not.toBe(made.find('a', { x: '2' }));
    expect(made.find('a', { p: '/cart/1' })).toBe(made.find('a', { p: '/cart/2?x' }));
  });

  it('lets those beyond its cap enter __other__, and says so', () => {
    const { made, told } = table();
    for (let i = 0; i < 10; i++) made.find('a', { i: `v${i}` }).add(i, 0);
    for (let i = 0; i < 10; i++) made.find(`name${'abcdefghij'[i]}`).add(i, 0);
    const names = made.dirty().map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`);
    expect(names).toEqual([
      'a {"i":"v0"}',
      'a {"i":"v1"}',
      'a {"i":"v2"}',
      'a {"__other__":"true"}',
      'namea {"__other__":"true"}',
      'nameb {"__other__":"true"}',
      '__other__ {"__other__":"true"}',
    ]);
    const sent = made.dirty().flatMap((one) => one.take(0));
    expect(sent.reduce((sum, { n }) => sum + n, 0)).toBe(20);
    expect(new Set(told)).toEqual(new Set(['ERR_SERIES_CAP']));
  });

  it('puts the labels of the page below those of the value', () => {
    const { made } = table();
    made.setDefaults({ route: '/a', tier: 'x' });
    expect(made.find('a', { tier: 'y' }).labels).toEqual({ route: '/a', tier: 'y' });
    made.setDefaults({ route: '/b' });
    expect(made.find('a').labels).toEqual({ route: '/b' });
  });

  it('takes names that are names of properties of objects', () => {
    const { made } = table({ maxSeries: 10 });
    for (const name of ['__proto__', 'constructor', 'toString']) {
      made.find(name).add(1.26, 0);
      expect(made.find(name).take(0)[0].values![0]).toBe(1.3);
    }
  });
});

describe('batches', () => {
  it('say the same as those of the library, in the same bytes', () => {
    const one = series();
    for (let i = 1; i <= 300; i++) one.add(i / 10, 0);
    const { bytes } = toBatches(one.take(0), 'ik')[0];
    const { id, created, key, series: read } = decodeBatch(bytes, LIMITS);
    const rewritten = encodeBatch({
      id,
      created,
      key: key!,
      series: read.map(({ name, labels, age, values }) => ({ name, labels, age, values: values! })),
    });
    expect(bytes).toEqual(rewritten);
  });

  it('are split below the limit, each with an id of its own, no series lost', () => {
    const { next } = seededRandom(9);
    const many = Array.from({ length: 40 }, (_, i) => ({
      name: `s${i}`,
      labels: {},
      age: 0,
      values: Float64Array.from({ length: 400 }, () => next() * 1e300),
    }));
    const batches = toBatches(many, undefined);
    expect(batches.length).toBeGreaterThan(2);
    expect(Math.max(...batches.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(MOST_BYTES);
    expect(new Set(batches.map(({ id }) => id)).size).toBe(batches.length);
    const names = batches.flatMap(({ bytes }) => decodeBatch(bytes, LIMITS).series.map(({ name }) => name));
    expect(names).toEqual(many.map(({ name }) => name));
  });

  it('have no more series than a key takes that was given no limit of its own', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => ({
      name: `s${i}`,
      labels: {},
      age: 0,
      values: Float64Array.of(i),
    }));
    const batches = toBatches(many, 'ik').map(({ bytes }) =>
      decodeBatch(bytes, { ...LIMITS, strings: 2_000 }),
    );
    expect(Math.max(...batches.map(({ series }) => series.length))).toBeLessThanOrEqual(MOST_SERIES);
    expect(batches.flatMap(({ series }) => series.map(({ name }) => name))).toEqual(
      many.map(({ name }) => name),
    );
    expect(toBatches(many.slice(0, MOST_SERIES), 'ik')).toHaveLength(1);
  });
});
