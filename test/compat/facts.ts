/** What a blob says, as plain text: equal for every build that reads it right, and different when any of it is not. */
import { createHash } from 'node:crypto';
import type { Batch } from '../../src/batch.js';
import type { KllSketch } from '../../src/index.js';
import type { Entries } from './release.js';

export const KINDS = [
  'compact',
  'json',
  'apache-double',
  'apache-float',
  'apache-long',
  'batch',
  'beacon',
] as const;
export type BlobKind = (typeof KINDS)[number];

export interface Blob {
  /** Name inside the corpus; its folder is its kind. */
  file: string;
  kind: BlobKind;
  bytes: Uint8Array;
}

export interface SketchFacts {
  k: number;
  minK: number;
  n: string;
  sum: string;
  min: string;
  max: string;
  tails: string;
  variance: string;
  retained: number;
  /** At RANKS. */
  quantiles: string[];
  /** SHA-256 of all items with their weights. */
  items: string;
  /** Where the blob carries the state of the generator. */
  seed?: string;
}

export interface SeriesFacts {
  name: string;
  labels: Record<string, string>;
  age: string;
  sketch?: SketchFacts;
  values?: { count: number; sum: string; sha256: string };
}

export interface BatchFacts {
  id: string;
  created: string;
  key?: string;
  series: SeriesFacts[];
}

export type Facts = SketchFacts | BatchFacts;

export const RANKS = [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1];
/** A compact image that carries its state: bit 5 of its third byte (docs/formats.md). */
const STATE_FLAG = 32;

const LIMITS = {
  bytes: 2 ** 20,
  strings: 1000,
  stringBytes: 512,
  series: 1000,
  labels: 32,
  items: 1e6,
  n: 2 ** 53,
  k: 65_535,
};

/**
 * What a build reads in a blob.
 * @throws SketchDataError of that build when it refuses it
 */
export function factsOf(
  { sketch, formats, batch }: Entries,
  { kind, bytes }: Pick<Blob, 'kind' | 'bytes'>,
): Facts {
  if (kind === 'compact') {
    const read = sketch.KllSketch.fromBytes(bytes);
    const facts = sketchFacts(read);
    return bytes[2] & STATE_FLAG ? { ...facts, seed: String(read.seed) } : facts;
  }
  if (kind === 'json') {
    return sketchFacts(sketch.KllSketch.fromJSON(JSON.parse(Buffer.from(bytes).toString())));
  }
  if (kind === 'batch' || kind === 'beacon') return batchFacts(batch.decodeBatch(bytes, LIMITS));
  const type = kind.slice('apache-'.length) as 'double' | 'float' | 'long';
  return sketchFacts(formats.fromDataSketches(bytes, type));
}

/** Numbers as text: JSON knows neither NaN nor infinities nor -0. */
function text(x: number): string {
  return Object.is(x, -0) ? '-0' : String(x);
}

function sketchFacts(read: KllSketch): SketchFacts {
  const items = createHash('sha256');
  for (const { item, weight } of read) items.update(`${text(item)} ${weight}\n`);
  return {
    k: read.k,
    minK: read.minK,
    n: text(read.n),
    sum: text(read.sum),
    min: text(read.min),
    max: text(read.max),
    tails: read.tailGuarantee,
    variance: text(read.variance),
    retained: read.numRetained,
    quantiles: read.isEmpty ? [] : Array.from(read.quantilesAt(RANKS), text),
    items: items.digest('hex'),
  };
}

function batchFacts({ id, created, key, series }: Batch): BatchFacts {
  return {
    id: Buffer.from(id).toString('hex'),
    created: text(created),
    ...(key === undefined ? {} : { key }),
    series: series.map(({ name, labels, age, sketch, values }) => ({
      name,
      labels: { ...labels },
      age: text(age),
      ...(sketch ? { sketch: sketchFacts(sketch) } : {}),
      ...(values ? { values: valueFacts(values) } : {}),
    })),
  };
}

function valueFacts(values: Float64Array): SeriesFacts['values'] & {} {
  const sha256 = createHash('sha256').update(Array.from(values, text).join('\n')).digest('hex');
  return { count: values.length, sum: text(values.reduce((sum, x) => sum + x, 0)), sha256 };
}
