/** Where no k is given, a merge takes the largest of its sources: bytes that are then refused had a say in it. */
import { describe, expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { encodeCompact } from '../../src/wire/compact-encode.js';
import { seal } from '../support/compact-reference.js';
import { imageOf } from '../support/golden-images.js';

const FIRST_OF_K = 3;
const images = Array.from({ length: 20 }, (_, seed) =>
  new KllSketch({ k: 200, seed })
    .extend(Float64Array.from({ length: 2000 }, (_, i) => (i * 7919 + seed) % 2003))
    .condense(200)
    .toBytes(),
);

/** An image whose k is another one, with the checksum that it had. */
function damaged(...k: number[]): Uint8Array {
  const bytes = images[0].slice();
  bytes.set(k, FIRST_OF_K);
  return bytes;
}
const K_65535 = [0xff, 0xff, 0x03];

describe('bytes that are left out', () => {
  const rest = KllSketch.mergeAll(images.slice(1), { seed: 1 });

  it.each([
    ['of a larger k by their damage', damaged(...K_65535)],
    ['of a smaller k by their damage', damaged(3)],
    ['without an end of their k', damaged(0xff, 0xff, 0xff, 0xff, 0xff)],
    ['of another version', seal(Uint8Array.of(0xc7, 0x20, 1, ...K_65535, 1, 1, 0, 1, 84, 0, 0, 0, 0, 0))],
    ['of another form', Uint8Array.of(0xc6, 0x10, 1, ...K_65535, 1, 1, 0, 1, 84, 0, 0, 0, 0, 0)],
  ])('and are %s say nothing about k', (_, bad) => {
    const merged = KllSketch.mergeAll([bad, ...images.slice(1)], { invalid: 'skip', seed: 1 });
    expect(merged.k).toBe(200);
    expect(merged.toBytes()).toEqual(rest.toBytes());
    expect(KllSketch.mergeAll([bad], { invalid: 'skip' })).toMatchObject({ k: 200, n: 0 });
  });
});

it('a k that no sketch has is refused as the bytes it stands in', () => {
  const merge = () => KllSketch.mergeAll([damaged(3)]);
  expect(merge).toThrow(expect.objectContaining({ name: 'SketchDataError', source: 0 }));
});

it('a source that is none is refused by its position, whatever it says of itself', () => {
  const merge = () => KllSketch.mergeAll([images[0], { k: 1e9 } as never]);
  expect(merge).toThrow(
    expect.objectContaining({ code: 'ERR_ARGUMENT_TYPE', argument: 'sources', index: 1 }),
  );
});

describe('maxK', () => {
  const large = encodeCompact(imageOf([[1, 2, 3]], { k: 4096, minK: 4096 }));
  const isRefused = expect.objectContaining({ name: 'SketchDataError', code: 'ERR_VARINT' });

  it('bounds the k of bytes that are merged', () => {
    expect(() => new KllSketch().merge(large, { maxK: 4095 })).toThrow(isRefused);
    expect(new KllSketch().merge(large, { maxK: 4096 }).n).toBe(3);
  });

  it('bounds the k of bytes that are merged with others, in the kernel too, and the k taken from them', () => {
    for (const sources of [
      [large, ...images],
      [...images, large],
    ]) {
      expect(() => KllSketch.mergeAll(sources, { maxK: 4095 })).toThrow(isRefused);
      expect(KllSketch.mergeAll(sources, { maxK: 4096 })).toMatchObject({ k: 4096, n: 40_003 });
      const merged = KllSketch.mergeAll(sources, { maxK: 4095, invalid: 'skip' });
      expect(merged).toMatchObject({ k: 200, n: 40_000 });
    }
  });

  it('says nothing of sketches', () => {
    const own = new KllSketch({ k: 4096 }).add(1);
    expect(KllSketch.mergeAll([own, ...images], { maxK: 200 })).toMatchObject({ k: 4096, n: 40_001 });
    expect(new KllSketch().merge(own, { maxK: 200 }).n).toBe(1);
  });
});

it('the k of an image is found behind its precision', () => {
  const bytes = new KllSketch({ k: 400, seed: 1 }).extend([1, 2, 3]).toBytes({ precision: { decimals: 2 } });
  expect(KllSketch.mergeAll([new KllSketch().add(1), bytes]).k).toBe(400);
});
