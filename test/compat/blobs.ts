/**
 * Blobs of every format that a build writes, from fixed seeds: the same build writes the same bytes. Kept small: k of 8
 * to 64 has all that a larger k has.
 */

import type { BytesOptions, KllSketch, SketchOptions } from '../../src/index.js';
import { GOLDEN_IMAGES, imageOf } from '../support/golden-images.js';
import { seededRandom } from '../support/prng.js';
import { VALUE_KINDS } from '../support/random-image.js';
import type { Blob, BlobKind } from './facts.js';
import type { Entries } from './release.js';

const CREATED = Date.UTC(2026, 0, 1);

export function writeBlobs(entries: Entries): Blob[] {
  return [...compactImages(entries), ...jsonTexts(entries), ...apacheImages(entries), ...batches(entries)];
}

/** Seeded values of a kind. */
function valuesOf(kind: keyof typeof VALUE_KINDS, n: number, seed: number): Float64Array {
  const draw = VALUE_KINDS[kind](seededRandom(seed));
  return Float64Array.from({ length: n }, draw);
}

function compactImages({ sketch: { KllSketch } }: Entries): Blob[] {
  const blobs: Blob[] = [];
  const add = (name: string, sketch: KllSketch, options?: BytesOptions) =>
    blobs.push(blob('compact', `${name}.kll`, sketch.toBytes(options)));
  const of = (values: ArrayLike<number>, options: SketchOptions = {}) =>
    new KllSketch({ k: 32, seed: 7, ...options }).extend(values as Float64Array);

  // Codecs and header fields one by one, as docs/formats.md publishes them.
  for (const [i, { title, image, options }] of GOLDEN_IMAGES.entries()) {
    const name = title
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 40);
    const { precision } = options ?? {};
    add(`golden-${String(i).padStart(2, '0')}-${name}`, KllSketch.fromImage(image), {
      state: !!image.state,
      ...(precision ? { precision } : {}),
    });
  }
  // Whole sketches, each with and without what goes on.
  for (const kind of [
    'tenths',
    'integers',
    'binary fractions',
    'rounded to bits',
    'doubles',
    'all magnitudes',
  ] as const) {
    const name = kind.replaceAll(' ', '-');
    add(`${name}-exact`, of(valuesOf(kind, 40, 1)));
    add(`${name}-estimating`, of(valuesOf(kind, 3001, 2)));
    add(`${name}-without-state`, of(valuesOf(kind, 3001, 3)), { state: false });
    add(`${name}-condensed`, of(valuesOf(kind, 5000, 4), { k: 64 }).condense(16));
  }
  for (const tails of ['none', 'high', 'both'] as const) {
    add(`tails-${tails}`, of(valuesOf('tenths', 20_000, 5), { k: 16, tails }));
    add(
      `tails-${tails}-condensed-sharp`,
      of(valuesOf('tenths', 20_000, 6), { k: 64, tails }).condense(16, { sharp: true }),
    );
  }
  add(
    'merged-with-a-smaller-k',
    of(valuesOf('tenths', 2000, 7)).merge(of(valuesOf('tenths', 2000, 8), { k: 8 })),
  );
  add(
    'weights-up-to-2-to-the-40',
    new KllSketch({ k: 16, seed: 9 })
      .add(1.5, 2 ** 40)
      .add(7, 3)
      .add(-2, 1000),
  );
  add('without-sum', of(valuesOf('integers', 500, 10)), { sum: false });
  add('precision-9-bits', of(valuesOf('doubles', 2000, 11)), { precision: { bits: 9 } });
  add('precision-2-decimals', of(valuesOf('doubles', 2000, 12)), { precision: { decimals: 2 } });
  add('largest-k', new KllSketch({ k: 65_535, seed: 13 }).extend(valuesOf('tenths', 100, 13)));
  add('infinities', KllSketch.fromImage(imageOf([[-Infinity, -0, 0, 1, Infinity]])), { state: false });
  add('subnormals', of(valuesOf('subnormals', 300, 14)));
  add('near-2-to-the-53', of(valuesOf('integers near 2^53', 300, 15)));
  return blobs;
}

function jsonTexts({ sketch: { KllSketch } }: Entries): Blob[] {
  const sketch = new KllSketch({ k: 32, seed: 17 });
  const text = (value: KllSketch) => new TextEncoder().encode(JSON.stringify(value));
  return [
    blob('json', 'empty.json', text(sketch)),
    blob('json', 'estimating.json', text(sketch.extend(valuesOf('tenths', 2000, 17)))),
  ];
}

function apacheImages({ sketch: { KllSketch }, formats: { toDataSketches } }: Entries): Blob[] {
  const of = (values: ArrayLike<number>, k = 16) =>
    new KllSketch({ k, seed: 21 }).extend(values as Float64Array);
  return (['double', 'float', 'long'] as const).flatMap((type) => {
    const kind = { double: 'doubles', float: 'floats', long: 'integers' }[type] as keyof typeof VALUE_KINDS;
    const sketches: Record<string, KllSketch> = {
      empty: of([]),
      single: of([42]),
      exact: of(valuesOf(kind, 12, 22)),
      estimating: of(valuesOf(kind, 4000, 23)),
      'merged-with-a-smaller-k': of(valuesOf(kind, 1000, 24)).merge(of(valuesOf(kind, 1000, 25), 8)),
      condensed: of(valuesOf(kind, 4000, 26), 64).condense(8),
    };
    return Object.entries(sketches).map(([name, sketch]) =>
      blob(`apache-${type}`, `${name}.sk`, toDataSketches(sketch, type)),
    );
  });
}

function batches({ sketch: { KllSketch }, batch: { encodeBatch } }: Entries): Blob[] {
  const id = (first: number) => Uint8Array.from({ length: 16 }, (_, i) => first + i);
  const sketch = (seed: number, n: number) =>
    new KllSketch({ k: 32, seed }).extend(valuesOf('tenths', n, seed));
  const labels = { route: '/cart/:id', device: 'phone', größe: '±1 €' };
  return [
    blob('batch', 'empty.batch', encodeBatch({ id: id(0), created: CREATED, series: [] })),
    blob(
      'batch',
      'sketches-and-values.batch',
      encodeBatch({
        id: id(16),
        created: CREATED + 0.5,
        series: [
          { name: 'latency_ms', labels, age: 1500, sketch: sketch(31, 2000).condense(16) },
          { name: 'latency_ms', labels: {}, age: 0, sketch: sketch(32, 9), precision: { decimals: 0 } },
          { name: 'cls', labels, age: 20.25, values: Float64Array.of(2 ** -60, 0.25, 1e300) },
          { name: 'bytes', labels: { device: 'phone' }, age: 3.6e6, values: valuesOf('integers', 200, 33) },
        ],
      }),
    ),
    blob(
      'batch',
      'with-a-key.batch',
      encodeBatch({
        id: id(32),
        created: CREATED,
        key: 'ik_clé',
        series: Array.from({ length: 20 }, (_, i) => ({
          name: `metric_${i % 3}`,
          labels: { route: `/${i}` },
          age: i,
          values: valuesOf('tenths', 1 + i, 40 + i),
        })),
      }),
    ),
  ];
}

function blob(kind: BlobKind, name: string, bytes: Uint8Array): Blob {
  return { kind, file: `${kind}/${name}`, bytes };
}
