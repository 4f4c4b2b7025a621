/** Mutated foreign images: each gives a state that satisfies every invariant, or a SketchDataError. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SketchDataError } from '../../src/core/errors.js';
import type { SketchImage } from '../../src/core/image.js';
import { type DataSketchesType, decodeDataSketches } from '../../src/wire/datasketches.js';
import { decodeKll1 } from '../../src/wire/kll1.js';
import { decodeKll2 } from '../../src/wire/kll2.js';
import { ApacheCascade, randomCoin } from '../support/apache-cascade.js';
import { assertImageInvariants } from '../support/image-invariants.js';
import { sealKll2, writeKll1, writeKll2 } from '../support/kll-image.js';
import { mutate } from '../support/mutate.js';
import { seededRandom } from '../support/prng.js';

const MUTATIONS = 200_000;

/** Sound images of several shapes to start from. */
function cascades(): ApacheCascade[] {
  return [0, 1, 2, 7, 30, 60, 200].map((n) => {
    const random = seededRandom(n);
    const sketch = new ApacheCascade(8 + (n & 15), randomCoin(n));
    sketch.updateAll(Float64Array.from({ length: n }, () => random.below(1000) - 300));
    return sketch;
  });
}

function kllLevels({ sizes, items }: SketchImage): number[][] {
  let at = 0;
  const levels = Array.from(sizes, (size) => [...items.subarray(at, (at += size))]);
  return levels.length ? levels : [[]];
}

// Every typed array that a decoder makes passes here, so that what a hostile length allocates is seen.
let allocated = 0;
const { Float64Array: PlainFloat64Array, Uint32Array: PlainUint32Array } = globalThis;
function counting<T extends typeof Float64Array | typeof Uint32Array>(plain: T): T {
  return new Proxy(plain, {
    construct(target, args, newTarget) {
      const made = Reflect.construct(target, args, newTarget) as Float64Array;
      allocated += made.byteLength;
      return made;
    },
  });
}
beforeEach(() => {
  globalThis.Float64Array = counting(PlainFloat64Array);
  globalThis.Uint32Array = counting(PlainUint32Array);
});
afterEach(() => {
  globalThis.Float64Array = PlainFloat64Array;
  globalThis.Uint32Array = PlainUint32Array;
});

/** Decodes; checks the outcome and what it cost. */
function isSound(bytes: Uint8Array, decode: (bytes: Uint8Array) => SketchImage): boolean {
  allocated = 0;
  let image: SketchImage;
  try {
    image = decode(bytes);
  } catch (error) {
    if (!(error instanceof SketchDataError)) throw error;
    if (allocated > 2 * bytes.length + 512)
      throw new Error(`${bytes.length} bytes made it allocate ${allocated}`);
    return false;
  }
  // A float takes four bytes there and eight here; levels take up to 54 sizes.
  if (allocated > 2 * bytes.length + 512)
    throw new Error(`${bytes.length} bytes made it allocate ${allocated}`);
  assertImageInvariants(image);
  return true;
}

/** Runs the mutations and gives how many were still sound. */
function fuzz(
  seed: number,
  sounds: Uint8Array[],
  decode: (bytes: Uint8Array) => SketchImage,
  reseal = false,
): number {
  const random = seededRandom(seed);
  let accepted = 0;
  decode(sounds[0]); // Tables made once, on first use, are not what is counted.
  for (const sound of sounds) expect(isSound(sound, decode)).toBe(true);
  for (let i = 0; i < MUTATIONS; i++) {
    const sound = sounds[random.below(sounds.length)];
    const bytes = mutate(sound, random);
    // Most with a right checksum, or nothing behind it would ever be reached.
    if (reseal && bytes.length >= 12 && random.below(8)) sealKll2(bytes);
    try {
      if (isSound(bytes, decode)) accepted++;
    } catch (error) {
      throw new Error(`seed ${seed}, mutation ${i}, bytes ${Buffer.from(bytes).toString('hex')}`, {
        cause: error,
      });
    }
  }
  return accepted;
}

describe('mutated images are refused or sound', () => {
  it.each([
    ['double', 1],
    ['float', 2],
    ['long', 3],
  ] as [DataSketchesType, number][])('Apache, %s', (type, seed) => {
    const sounds = cascades().flatMap((sketch) => [
      sketch.toBytes(type),
      sketch.toBytes(type, { sortLevelZero: true }),
    ]);
    const accepted = fuzz(seed, sounds, (bytes) => decodeDataSketches(bytes, type));
    // Some mutations hit only ignored bytes or items: both outcomes were exercised.
    expect(accepted).toBeGreaterThan(MUTATIONS / 100);
    expect(accepted).toBeLessThan(MUTATIONS / 2);
  });

  it('KLL1', () => {
    const sounds = cascades().map((sketch) => {
      const image = sketch.toImage();
      return writeKll1({ k: image.k, n: BigInt(image.n), levels: kllLevels(image) });
    });
    const accepted = fuzz(4, sounds, (bytes) => decodeKll1(bytes));
    expect(accepted).toBeGreaterThan(MUTATIONS / 100);
    expect(accepted).toBeLessThan(MUTATIONS / 2);
  });

  it('KLL2, most with a checksum that is right', () => {
    const sounds = cascades().map((sketch) => {
      const image = sketch.toImage();
      const bounds = image.n ? { min: image.min, max: image.max } : { min: 0, max: 0 };
      return writeKll2({ k: image.k, n: BigInt(image.n), levels: kllLevels(image), ...bounds });
    });
    const accepted = fuzz(5, sounds, (bytes) => decodeKll2(bytes), true);
    expect(accepted).toBeGreaterThan(MUTATIONS / 100);
    expect(accepted).toBeLessThan(MUTATIONS / 2);
  });
});
