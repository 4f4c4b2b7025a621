/**
 * Every bad argument for every entry point: one table, so that a new entry point meets all of them. Each row is a call
 * on a sketch (or beside it) that must throw the error of that class and code, and leave the sketch as it was.
 */
import type { ArgumentErrorCode, DataErrorCode } from '../../src/core/errors.js';
import { fromAny, fromDataSketches, fromKll1, fromKll2, toDataSketches } from '../../src/formats.js';
import { KllSketch } from '../../src/index.js';

export interface BadCall {
  /** The call as it would be written. */
  call: string;
  run: (sketch: KllSketch) => unknown;
  code: ArgumentErrorCode | DataErrorCode;
  error: 'SketchArgumentError' | 'SketchDataError';
}

/** A bad value, how it is written, and the code of its refusal. */
type Bad = [written: string, value: unknown, code: ArgumentErrorCode];

const NOT_NUMBERS: [string, unknown][] = [
  ["'1'", '1'],
  ['null', null],
  ['undefined', undefined],
  ['1n', 1n],
  ['{}', {}],
  ['[1]', [1]],
  ['true', true],
  ['Symbol()', Symbol('one')],
  ['new Date()', new Date(0)],
];
const as = (code: ArgumentErrorCode, ...rows: [string, unknown][]): Bad[] =>
  rows.map(([written, value]) => [written, value, code]);
const without = (excluded: unknown, rows: Bad[]): Bad[] => rows.filter(([, value]) => value !== excluded);

export const BAD_VALUES: Bad[] = [
  ...as('ERR_VALUE_TYPE', ...NOT_NUMBERS),
  ...as('ERR_VALUE_NOT_FINITE', ['NaN', Number.NaN], ['Infinity', Infinity], ['-Infinity', -Infinity]),
];
export const BAD_WEIGHTS: Bad[] = as(
  'ERR_WEIGHT',
  ['0', 0],
  ['-1', -1],
  ['1.5', 1.5],
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['2 ** 53', 2 ** 53],
  ...NOT_NUMBERS,
);
export const BAD_COLLECTIONS: Bad[] = [
  ...as(
    'ERR_ARGUMENT_TYPE',
    ['null', null],
    ['undefined', undefined],
    ['5', 5],
    ["'12'", '12'],
    ['{}', {}],
    ['{ length: 1, 0: 1 }', { length: 1, 0: 1 }],
    ['new ArrayBuffer(8)', new ArrayBuffer(8)],
    ['new DataView(..)', new DataView(new ArrayBuffer(8))],
    ['() => 1', () => 1],
  ),
  ...as(
    'ERR_VALUE_TYPE',
    ['BigInt64Array.of(1n)', BigInt64Array.of(1n)],
    ['new BigUint64Array(0)', new BigUint64Array(0)],
  ),
];
const BAD_RANKS: Bad[] = [
  ...as('ERR_ARGUMENT_TYPE', ...NOT_NUMBERS),
  ...as(
    'ERR_ARGUMENT_RANGE',
    ['-0.1', -0.1],
    ['1.0001', 1.0001],
    ['NaN', Number.NaN],
    ['Infinity', Infinity],
    ['99', 99],
  ),
];
const BAD_QUERIED: Bad[] = [
  ...as('ERR_ARGUMENT_TYPE', ...NOT_NUMBERS),
  ...as('ERR_ARGUMENT_RANGE', ['NaN', Number.NaN]),
];
const BAD_SPLITS: Bad[] = [
  ...as('ERR_ARGUMENT_TYPE', ['null', null], ['5', 5], ["'12'", '12'], ['{}', {}], ["[1, '2']", [1, '2']]),
  ...as(
    'ERR_ARGUMENT_RANGE',
    ['[2, 1]', [2, 1]],
    ['[1, 1]', [1, 1]],
    ['[0, -0]', [0, -0]],
    ['[1, NaN]', [1, Number.NaN]],
  ),
];
const BAD_LISTS: Bad[] = as(
  'ERR_ARGUMENT_TYPE',
  ['null', null],
  ['undefined', undefined],
  ['5', 5],
  ["'1'", '1'],
);
const BAD_K: Bad[] = [
  ...as('ERR_ARGUMENT_RANGE', ['7', 7], ['0', 0], ['-200', -200], ['65536', 65536], ['200.5', 200.5]),
  ...as('ERR_ARGUMENT_RANGE', ['NaN', Number.NaN], ['Infinity', Infinity]),
  ...as('ERR_ARGUMENT_TYPE', ...NOT_NUMBERS),
];
const BAD_SEEDS: Bad[] = [
  ...as('ERR_ARGUMENT_RANGE', ['-1', -1], ['0.5', 0.5], ['2 ** 53', 2 ** 53], ['NaN', Number.NaN]),
  ...as('ERR_ARGUMENT_RANGE', ['-1n', -1n], ['1n << 64n', 1n << 64n]),
  ...as('ERR_ARGUMENT_TYPE', ["'1'", '1'], ['null', null], ['{}', {}], ['true', true]),
];
const BAD_TAILS: Bad[] = as(
  'ERR_ARGUMENT_RANGE',
  ["'low'", 'low'],
  ["''", ''],
  ["'toString'", 'toString'],
  ["'High'", 'High'],
  ['null', null],
  ['1', 1],
);
const BAD_OPTIONS: Bad[] = as('ERR_ARGUMENT_TYPE', ['null', null], ['5', 5], ["'both'", 'both'], ['1n', 1n]);
const BAD_INVALID: Bad[] = as('ERR_ARGUMENT_RANGE', ["'ignore'", 'ignore'], ['null', null], ['true', true]);
const BAD_COUNTS: Bad[] = as(
  'ERR_ARGUMENT_RANGE',
  ['1', 1],
  ['0', 0],
  ['-3', -3],
  ['2.5', 2.5],
  ['NaN', Number.NaN],
  ['1e9', 1e9],
  ['null', null],
  ["'5'", '5'],
);
const BAD_PRECISIONS: Bad[] = as(
  'ERR_ARGUMENT_RANGE',
  ['{ bits: 0 }', { bits: 0 }],
  ['{ bits: 52 }', { bits: 52 }],
  ['{ bits: 1.5 }', { bits: 1.5 }],
  ["{ bits: '9' }", { bits: '9' }],
  ['{ decimals: -1 }', { decimals: -1 }],
  ['{ decimals: 23 }', { decimals: 23 }],
  ['{ bits: 9, decimals: 1 }', { bits: 9, decimals: 1 }],
  ['{}', {}],
  ['3', 3],
);
const BAD_SOURCES: Bad[] = as(
  'ERR_ARGUMENT_TYPE',
  ['null', null],
  ['undefined', undefined],
  ['{}', {}],
  ['{ k: 200, n: 1 }', { k: 200, n: 1 }],
  ["'xxhJAAA'", 'xxhJAAA'],
  ['[0xc7, 0x10]', [0xc7, 0x10]],
  ['new ArrayBuffer(8)', new ArrayBuffer(8)],
  ['Float64Array.of(1)', Float64Array.of(1)],
);
const BAD_BYTES: Bad[] = as(
  'ERR_ARGUMENT_TYPE',
  ['null', null],
  ['undefined', undefined],
  ["'xxhJAAA'", 'xxhJAAA'],
  ['[0xc7]', [0xc7]],
  ['new ArrayBuffer(8)', new ArrayBuffer(8)],
  ['Int8Array.of(1)', Int8Array.of(1)],
);
const BAD_TYPES: Bad[] = as(
  'ERR_ARGUMENT_RANGE',
  ["'int'", 'int'],
  ["''", ''],
  ["'toString'", 'toString'],
  ['null', null],
  ['8', 8],
);

function rows(
  bad: Bad[],
  call: (written: string) => string,
  run: (sketch: KllSketch, value: never) => unknown,
) {
  return bad.map(
    ([written, value, code]): BadCall => ({
      call: call(written),
      run: (sketch) => run(sketch, value as never),
      code,
      error: 'SketchArgumentError',
    }),
  );
}

const some = () => new KllSketch({ seed: 5 }).extend([1, 2, 3]);
const someBytes = () => some().toBytes();
/** Bad in the last place of many: what stood before it must not stay. */
const manyThen = (x: unknown) => [...Array.from({ length: 3000 }, (_, i) => i), x];

export const BAD_CALLS: BadCall[] = [
  ...rows(
    BAD_VALUES,
    (x) => `add(${x})`,
    (s, x) => s.add(x),
  ),
  ...rows(
    BAD_VALUES,
    (x) => `add(${x}, 3)`,
    (s, x) => s.add(x, 3),
  ),
  ...rows(
    BAD_VALUES,
    (x) => `add(${x}, 1e6)`,
    (s, x) => s.add(x, 1e6),
  ),
  ...rows(
    without(undefined, BAD_WEIGHTS),
    (w) => `add(1, ${w})`,
    (s, w) => s.add(1, w),
  ),
  ...rows(
    BAD_VALUES,
    (x) => `extend([1, ${x}])`,
    (s, x) => s.extend([1, x]),
  ),
  ...rows(
    BAD_VALUES,
    (x) => `extend([..3000 values, ${x}])`,
    (s, x) => s.extend(manyThen(x) as number[]),
  ),
  ...rows(
    BAD_VALUES,
    (x) => `extend(new Set([1, ${x}]))`,
    (s, x) => s.extend(new Set([1, x])),
  ),
  ...rows(
    BAD_COLLECTIONS,
    (xs) => `extend(${xs})`,
    (s, xs) => s.extend(xs),
  ),
  ...rows(
    BAD_COLLECTIONS,
    (xs) => `extend(${xs}, { invalid: 'skip' })`,
    (s, xs) => s.extend(xs, { invalid: 'skip' }),
  ),
  ...rows(
    BAD_INVALID,
    (x) => `extend([1], { invalid: ${x} })`,
    (s, invalid) => s.extend([1], { invalid }),
  ),
  ...rows(
    BAD_OPTIONS,
    (x) => `extend([1], ${x})`,
    (s, options) => s.extend([1], options),
  ),
  ...rows(
    BAD_VALUES,
    (x) => `extendWeighted([1, ${x}], [1, 1])`,
    (s, x) => s.extendWeighted([1, x], [1, 1]),
  ),
  ...rows(
    BAD_WEIGHTS,
    (w) => `extendWeighted([1, 2], [1, ${w}])`,
    (s, w) => s.extendWeighted([1, 2], [1, w]),
  ),
  ...rows(
    BAD_COLLECTIONS,
    (xs) => `extendWeighted(${xs}, [1])`,
    (s, xs) => s.extendWeighted(xs, [1]),
  ),
  ...rows(
    BAD_COLLECTIONS,
    (ws) => `extendWeighted([1], ${ws})`,
    (s, ws) => s.extendWeighted([1], ws),
  ),
  ...rows(
    as('ERR_LENGTH_MISMATCH', ['[1]', [1]], ['[1, 2, 3]', [1, 2, 3]], ['[]', []]),
    (ws) => `extendWeighted([1, 2], ${ws})`,
    (s, ws) => s.extendWeighted([1, 2], ws),
  ),
  ...rows(
    BAD_RANKS,
    (r) => `quantile(${r})`,
    (s, r) => s.quantile(r),
  ),
  ...rows(
    BAD_RANKS,
    (r) => `quantilesAt([0.5, ${r}])`,
    (s, r) => s.quantilesAt([0.5, r]),
  ),
  ...rows(
    BAD_LISTS,
    (r) => `quantilesAt(${r})`,
    (s, r) => s.quantilesAt(r),
  ),
  ...rows(
    [...BAD_COUNTS, ...as('ERR_ARGUMENT_RANGE', ['undefined', undefined])],
    (m) => `quantiles(${m})`,
    (s, m) => s.quantiles(m),
  ),
  ...rows(
    BAD_QUERIED,
    (x) => `rank(${x})`,
    (s, x) => s.rank(x),
  ),
  ...rows(
    BAD_QUERIED,
    (x) => `ranks([1, ${x}])`,
    (s, x) => s.ranks([1, x]),
  ),
  ...rows(
    BAD_LISTS,
    (x) => `ranks(${x})`,
    (s, x) => s.ranks(x),
  ),
  ...rows(
    BAD_SPLITS,
    (x) => `cdf(${x})`,
    (s, x) => s.cdf(x),
  ),
  ...rows(
    BAD_SPLITS,
    (x) => `pmf(${x})`,
    (s, x) => s.pmf(x),
  ),
  ...rows(
    BAD_RANKS,
    (r) => `quantileBounds(${r})`,
    (s, r) => s.quantileBounds(r),
  ),
  ...rows(
    BAD_QUERIED,
    (x) => `rankBounds(${x})`,
    (s, x) => s.rankBounds(x),
  ),
  ...rows(
    BAD_RANKS,
    (r) => `confidenceInterval(${r})`,
    (s, r) => s.confidenceInterval(r),
  ),
  ...(
    [
      ['quantile', 0.5],
      ['quantilesAt', [0.5]],
      ['quantiles', 4],
      ['rank', 1],
      ['ranks', [1]],
      ['cdf', [1]],
      ['pmf', [1]],
    ] as const
  ).flatMap(([question, about]) =>
    rows(
      BAD_OPTIONS,
      (x) => `${question}(${JSON.stringify(about)}, ${x})`,
      (s, x) => (s[question] as (about: unknown, options: never) => unknown).call(s, about, x),
    ),
  ),
  ...rows(
    BAD_SOURCES,
    (x) => `merge(${x})`,
    (s, x) => s.merge(x),
  ),
  ...rows(
    BAD_SOURCES,
    (x) => `mergeAll([sketch, ${x}])`,
    (s, x) => KllSketch.mergeAll([s, x]),
  ),
  ...rows(
    BAD_SOURCES,
    (x) => `mergeAll([${x}], { invalid: 'skip' })`,
    (_, x) => KllSketch.mergeAll([x], { invalid: 'skip' }),
  ),
  ...rows(
    as('ERR_ARGUMENT_TYPE', ['null', null], ['undefined', undefined], ['5', 5], ['{}', {}], ["'ab'", 'ab']),
    (x) => `mergeAll(${x})`,
    (_, x) => KllSketch.mergeAll(x),
  ),
  ...rows(
    without(undefined, BAD_K),
    (k) => `mergeAll([sketch], { k: ${k} })`,
    (s, k) => KllSketch.mergeAll([s], { k }),
  ),
  ...rows(
    BAD_TAILS,
    (t) => `mergeAll([sketch], { tails: ${t} })`,
    (s, tails) => KllSketch.mergeAll([s], { tails }),
  ),
  ...rows(
    BAD_SEEDS,
    (x) => `mergeAll([sketch], { seed: ${x} })`,
    (s, seed) => KllSketch.mergeAll([s], { seed }),
  ),
  ...rows(
    BAD_INVALID,
    (x) => `mergeAll([sketch], { invalid: ${x} })`,
    (s, invalid) => KllSketch.mergeAll([s], { invalid }),
  ),
  ...rows(
    without(undefined, BAD_K),
    (k) => `mergeAll([sketch], { maxK: ${k} })`,
    (s, maxK) => KllSketch.mergeAll([s], { maxK }),
  ),
  ...rows(
    without(undefined, BAD_K),
    (k) => `merge(sketch, { maxK: ${k} })`,
    (s, maxK) => s.merge(some(), { maxK }),
  ),
  ...rows(
    BAD_OPTIONS,
    (x) => `merge(sketch, ${x})`,
    (s, options) => s.merge(some(), options),
  ),
  ...rows(
    BAD_OPTIONS,
    (x) => `mergeAll([sketch], ${x})`,
    (s, options) => KllSketch.mergeAll([s], options),
  ),
  ...rows(
    BAD_K,
    (k) => `condense(${k})`,
    (s, k) => s.condense(k),
  ),
  ...rows(
    BAD_OPTIONS,
    (x) => `condense(100, ${x})`,
    (s, options) => s.condense(100, options),
  ),
  ...rows(
    BAD_PRECISIONS,
    (x) => `toBytes({ precision: ${x} })`,
    (s, precision) => s.toBytes({ precision }),
  ),
  ...rows(
    BAD_OPTIONS,
    (x) => `toBytes(${x})`,
    (s, options) => s.toBytes(options),
  ),
  ...rows(
    without(undefined, BAD_K),
    (k) => `new KllSketch({ k: ${k} })`,
    (_, k) => new KllSketch({ k }),
  ),
  ...rows(
    BAD_SEEDS,
    (x) => `new KllSketch({ seed: ${x} })`,
    (_, seed) => new KllSketch({ seed }),
  ),
  ...rows(
    BAD_TAILS,
    (x) => `new KllSketch({ tails: ${x} })`,
    (_, tails) => new KllSketch({ tails }),
  ),
  ...rows(
    BAD_OPTIONS,
    (x) => `new KllSketch(${x})`,
    (_, options) => new KllSketch(options),
  ),
  ...rows(
    BAD_BYTES,
    (x) => `fromBytes(${x})`,
    (_, bytes) => KllSketch.fromBytes(bytes),
  ),
  ...rows(
    without(undefined, BAD_K),
    (k) => `fromBytes(bytes, { maxK: ${k} })`,
    (_, maxK) => KllSketch.fromBytes(someBytes(), { maxK }),
  ),
  ...rows(
    BAD_SEEDS,
    (x) => `fromBytes(bytes, { seed: ${x} })`,
    (_, seed) => KllSketch.fromBytes(someBytes(), { seed }),
  ),
  ...rows(
    BAD_TAILS,
    (x) => `fromBytes(bytes, { tails: ${x} })`,
    (_, tails) => KllSketch.fromBytes(someBytes(), { tails }),
  ),
  ...rows(
    BAD_OPTIONS,
    (x) => `fromBytes(bytes, ${x})`,
    (_, options) => KllSketch.fromBytes(someBytes(), options),
  ),
  ...rows(
    BAD_OPTIONS,
    (x) => `fromJSON(json, ${x})`,
    (_, options) => KllSketch.fromJSON(some().toJSON(), options),
  ),
  ...rows(
    BAD_TYPES,
    (x) => `toDataSketches(sketch, ${x})`,
    (s, type) => toDataSketches(s, type),
  ),
  ...rows(
    BAD_SOURCES,
    (x) => `toDataSketches(${x})`,
    (_, sketch) => toDataSketches(sketch),
  ),
  ...rows(
    BAD_BYTES,
    (x) => `fromDataSketches(${x})`,
    (_, bytes) => fromDataSketches(bytes),
  ),
  ...rows(
    BAD_TYPES,
    (x) => `fromDataSketches(bytes, ${x})`,
    (_, type) => fromDataSketches(toDataSketches(some()), type),
  ),
  ...rows(
    BAD_OPTIONS,
    (x) => `fromDataSketches(bytes, 'double', ${x})`,
    (_, options) => fromDataSketches(toDataSketches(some()), 'double', options),
  ),
  ...rows(
    BAD_BYTES,
    (x) => `fromKll1(${x})`,
    (_, bytes) => fromKll1(bytes),
  ),
  ...rows(
    BAD_BYTES,
    (x) => `fromKll2(${x})`,
    (_, bytes) => fromKll2(bytes),
  ),
  ...rows(
    BAD_BYTES,
    (x) => `fromAny(${x})`,
    (_, bytes) => fromAny(bytes),
  ),
  ...rows(
    BAD_OPTIONS,
    (x) => `fromAny(bytes, ${x})`,
    (_, options) => fromAny(someBytes(), options),
  ),
  ...rows(
    BAD_OPTIONS,
    (x) => `fromAny(an Apache image, ${x})`,
    (_, options) => fromAny(toDataSketches(some()), options),
  ),
  ...rows(
    as('ERR_ARGUMENT_TYPE', ['null', null], ['5', 5], ["'{}'", '{}'], ['{}', {}]),
    (x) => `fromJSON(${x})`,
    (_, json) => KllSketch.fromJSON(json),
  ).map((row): BadCall => ({ ...row, code: 'ERR_TEXT', error: 'SketchDataError' })),
  ...(
    [
      ['another format', { format: 'kll-wasm/2', bytes: '' }, 'ERR_TEXT'],
      ['bytes that are a number', { format: 'kll-wasm/1', bytes: 5 }, 'ERR_TEXT'],
      ['bytes that are not base64url', { format: 'kll-wasm/1', bytes: 'x+/=' }, 'ERR_TEXT'],
      ['no bytes', { format: 'kll-wasm/1', bytes: '' }, 'ERR_TRUNCATED'],
    ] as const
  ).map(
    ([what, json, code]): BadCall => ({
      call: `fromJSON of ${what}`,
      run: () => KllSketch.fromJSON(json),
      code,
      error: 'SketchDataError',
    }),
  ),
  ...(
    [
      ['no bytes', new Uint8Array(0), 'ERR_TRUNCATED'],
      ['noise', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 'ERR_MAGIC'],
      ['an Apache image', Uint8Array.of(2, 1, 15, 1, 200, 0, 8, 0), 'ERR_FOREIGN_FORMAT'],
    ] as const
  ).flatMap(([what, bytes, code]): BadCall[] =>
    (
      [
        ['fromBytes', () => KllSketch.fromBytes(bytes)],
        ['merge', (sketch: KllSketch) => sketch.merge(bytes)],
        ['mergeAll', (sketch: KllSketch) => KllSketch.mergeAll([sketch, bytes])],
      ] as const
    ).map(([name, run]) => ({ call: `${name} of ${what}`, run, code, error: 'SketchDataError' })),
  ),
];
