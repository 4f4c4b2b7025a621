/** What is no batch, and limits that are none: one table each of calls that are refused by what they say. */
import { describe, expect, it } from 'vitest';
import { type Batch, type BatchLimits, decodeBatch, encodeBatch } from '../../src/batch.js';
import { KllSketch } from '../../src/index.js';

const LIMITS: BatchLimits = {
  bytes: 999,
  strings: 9,
  stringBytes: 9,
  series: 9,
  labels: 9,
  items: 99,
  n: 99,
  k: 200,
};
const one = () => ({ name: 'lcp', labels: {}, age: 0, values: Float64Array.of(1) });
const batchOf = (...series: unknown[]) => ({ id: new Uint8Array(16), created: 0, series });
const sound = encodeBatch(batchOf(one()) as Batch);

describe('encodeBatch refuses', () => {
  it.each<[what: string, batch: unknown, argument: string]>([
    ['nothing', undefined, 'batch'],
    ['null', null, 'batch'],
    ['text', 'batch', 'batch'],
    ['no series', { ...batchOf(), series: undefined }, 'series'],
    ['series that are no array', { ...batchOf(), series: new Set([one()]) }, 'series'],
    ['a series that is null', batchOf(one(), null), 'series[1]'],
    ['series with a hole', { ...batchOf(), series: new Array(2) }, 'series[0]'],
    ['a series that is text', batchOf('lcp'), 'series[0]'],
    ['a series without labels', batchOf({ ...one(), labels: undefined }), 'series[0].labels'],
    ['labels that are text', batchOf({ ...one(), labels: 'page=/' }), 'series[0].labels'],
    ['labels in a map', batchOf({ ...one(), labels: new Map([['page', '/']]) }), 'series[0].labels'],
    ['labels in an array', batchOf({ ...one(), labels: ['/'] }), 'series[0].labels'],
    ['values beside a sketch', batchOf({ ...one(), sketch: new KllSketch().add(1) }), 'series[0]'],
    ['a label without a value', batchOf({ ...one(), labels: { page: undefined } }), 'series[0].labels'],
    ['a name that is a symbol', batchOf({ ...one(), name: Symbol('lcp') }), 'series[0].name'],
    ['what only looks like a sketch', batchOf({ ...one(), values: undefined, sketch: {} }), 'series[0]'],
    ['no id', { ...batchOf(one()), id: undefined }, 'id'],
  ])('%s', (_, batch, argument) => {
    expect(() => encodeBatch(batch as Batch)).toThrow(
      expect.objectContaining({ name: 'SketchArgumentError', code: 'ERR_ARGUMENT_TYPE', argument }),
    );
  });

  it.each<[what: string, batch: unknown, argument: string]>([
    ['an age in text', batchOf({ ...one(), age: '5' }), 'series[0].age'],
    ['an age that is a symbol', batchOf({ ...one(), age: Symbol('5') }), 'series[0].age'],
    ['no time', { ...batchOf(one()), created: undefined }, 'created'],
    ['a time of bits', { ...batchOf(one()), created: 5n }, 'created'],
  ])('%s', (_, batch, argument) => {
    expect(() => encodeBatch(batch as Batch)).toThrow(
      expect.objectContaining({ name: 'SketchArgumentError', code: 'ERR_ARGUMENT_RANGE', argument }),
    );
  });

  it('a precision that there is not', () => {
    const series = { ...one(), values: undefined, sketch: new KllSketch().add(1), precision: { bits: 99 } };
    expect(() => encodeBatch(batchOf(series) as never)).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT_RANGE' }),
    );
  });
});

describe('decodeBatch refuses', () => {
  it.each([undefined, null, 999])('limits that are %s', (limits) => {
    expect(() => decodeBatch(sound, limits as never)).toThrow(
      expect.objectContaining({ name: 'SketchArgumentError', code: 'ERR_ARGUMENT_TYPE', argument: 'limits' }),
    );
  });

  it.each(Object.keys(LIMITS) as (keyof BatchLimits)[])('limits without %s', (name) => {
    const { [name]: _, ...others } = LIMITS;
    const misspelt = { ...others, [name.toUpperCase()]: 1 };
    const argument = `limits.${name}`;
    expect(() => decodeBatch(sound, misspelt as never)).toThrow(
      expect.objectContaining({ name: 'SketchArgumentError', code: 'ERR_ARGUMENT_TYPE', argument }),
    );
    for (const limit of [-1, Number.NaN]) {
      expect(() => decodeBatch(sound, { ...LIMITS, [name]: limit })).toThrow(
        expect.objectContaining({ name: 'SketchArgumentError', code: 'ERR_ARGUMENT_RANGE', argument }),
      );
    }
  });

  it('nothing within limits, Infinity being one', () => {
    expect(decodeBatch(sound, LIMITS).series).toHaveLength(1);
    expect(decodeBatch(sound, { ...LIMITS, bytes: Infinity, n: Infinity }).series).toHaveLength(1);
  });
});
