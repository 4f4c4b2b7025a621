/** Cut, flipped and mutated batches: each is sound throughout, or refused with a SketchDataError. */
import { describe, expect, it } from 'vitest';
import { SketchDataError } from '../../src/core/errors.js';
import type { Batch } from '../../src/wire/batch.js';
import { decodeBatch } from '../../src/wire/batch-decode.js';
import { encodeBatch } from '../../src/wire/batch-encode.js';
import { crc32c } from '../../src/wire/crc32c.js';
import { assertImageInvariants } from '../support/image-invariants.js';
import { mutate } from '../support/mutate.js';
import { seededRandom } from '../support/prng.js';
import { LIMITS, randomBatch } from '../support/random-batch.js';

const MUTATIONS = 200_000;
const SOUNDS = Array.from({ length: 60 }, (_, seed) => encodeBatch(randomBatch(seed)));

function resealed(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) return bytes;
  const at = bytes.length - 4;
  new DataView(bytes.buffer).setUint32(at, crc32c(bytes, 0, at), true);
  return bytes;
}

/** Decodes and checks all of it; undefined where the bytes are refused. */
function decoded(bytes: Uint8Array): Batch | undefined {
  let batch: Batch;
  try {
    batch = decodeBatch(bytes, LIMITS);
  } catch (error) {
    if (!(error instanceof SketchDataError)) throw error;
    return undefined;
  }
  let items = 0;
  for (const { image, values, labels, age } of batch.series) {
    if (image) {
      assertImageInvariants(image);
      items += image.items.length;
    } else {
      items += values.length;
      if (!values.every((x, i) => Number.isFinite(x) && (i === 0 || x >= values[i - 1])))
        throw new Error(`values ${values}`);
    }
    if (!(age >= 0 && age < Infinity)) throw new Error(`age ${age}`);
    if (Object.keys(labels).length > LIMITS.labels) throw new Error(`labels ${labels}`);
  }
  if (items > LIMITS.items) throw new Error(`${items} items`);
  return batch;
}

describe('a batch', () => {
  it('is refused wherever it is cut, its checksum repaired or not', () => {
    for (const sound of SOUNDS) {
      expect(decoded(sound)).toBeDefined();
      for (let length = 0; length < sound.length; length++) {
        expect(decoded(sound.slice(0, length))).toBeUndefined();
        expect(decoded(resealed(sound.slice(0, length)))).toBeUndefined();
      }
    }
  });

  it('is refused with any one bit flipped', () => {
    for (const sound of SOUNDS) {
      const flipped = sound.slice();
      for (let bit = 0; bit < sound.length * 8; bit++) {
        flipped[bit >> 3] ^= 1 << (bit & 7);
        if (decoded(flipped)) expect.fail(`bit ${bit} of ${Buffer.from(sound).toString('hex')}`);
        flipped[bit >> 3] ^= 1 << (bit & 7);
      }
    }
  });

  it('mutated, most with a repaired checksum, is refused or sound, and written again it is read the same', () => {
    const random = seededRandom(31);
    let accepted = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const bytes = mutate(SOUNDS[random.below(SOUNDS.length)], random);
      if (random.below(8)) resealed(bytes);
      try {
        const batch = decoded(bytes);
        if (!batch) continue;
        // A state has no place in what we write, and -0 becomes 0 among values.
        if (accepted++ % 64 === 0)
          expect(decoded(encodeBatch(batch))?.series).toHaveLength(batch.series.length);
      } catch (error) {
        throw new Error(`mutation ${i}, bytes ${Buffer.from(bytes).toString('hex')}`, { cause: error });
      }
    }
    expect(accepted).toBeGreaterThan(MUTATIONS / 50);
    expect(accepted).toBeLessThan(MUTATIONS / 2);
  });

  it('of few bytes that stand for many equal items is refused at the limit of items, not after', () => {
    // 100 images of 600 equal items each, in some 30 bytes.
    const items = new Float64Array(600).fill(7);
    const image = {
      k: 200,
      minK: 200,
      n: 600,
      sum: 4200,
      min: 7,
      max: 7,
      sizes: Uint32Array.of(600),
      items,
      tailGuarantee: 0 as const,
      variance: 0,
    };
    const bytes = encodeBatch({
      id: new Uint8Array(16),
      created: 0,
      series: Array.from({ length: 100 }, () => ({ name: 'n', labels: {}, age: 0, image })),
    });
    expect(bytes.length).toBeLessThan(5000);
    const limits = { ...LIMITS, series: 100, items: 1000 };
    let allocated = 0;
    const Plain = globalThis.Float64Array;
    globalThis.Float64Array = new Proxy(Plain, {
      construct(target, args, newTarget) {
        if (typeof args[0] === 'number') allocated += args[0] * 8;
        return Reflect.construct(target, args, newTarget);
      },
    });
    try {
      expect(() => decodeBatch(bytes, limits)).toThrow(SketchDataError);
    } finally {
      globalThis.Float64Array = Plain;
    }
    expect(allocated).toBeLessThan(1100 * 8);
    expect(decodeBatch(bytes, { ...limits, items: 60_000 }).series).toHaveLength(100);
  });
});
