/** Cut, flipped and mutated compact images: each gives what satisfies every invariant, or a SketchDataError. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SketchDataError } from '../../src/core/errors.js';
import type { SketchImage } from '../../src/core/image.js';
import { decodeCompact } from '../../src/wire/compact-decode.js';
import { encodeCompact } from '../../src/wire/compact-encode.js';
import { crc32c } from '../../src/wire/crc32c.js';
import { Refused, referenceDecode, seal } from '../support/compact-reference.js';
import { assertImageInvariants } from '../support/image-invariants.js';
import { mutate } from '../support/mutate.js';
import { seededRandom } from '../support/prng.js';
import { randomImage, VALUE_KIND_NAMES } from '../support/random-image.js';

const MUTATIONS = 200_000;

const MAX_K = 2000;
/** Small images of every kind of value, with every part that a header may have. */
const SOUNDS = VALUE_KIND_NAMES.flatMap((kind) =>
  [1, 2, 3, 4, 5, 6].map((seed) => randomImage(kind, seed, 12)),
)
  .filter(({ k }) => k <= MAX_K)
  .map((image) => encodeCompact(image));

// Every typed array that a decoder makes passes here, so that what a hostile length allocates is seen.
let allocated = 0;
const { Float64Array: PlainFloat64Array, Uint32Array: PlainUint32Array } = globalThis;
function counting<T extends typeof Float64Array | typeof Uint32Array>(plain: T): T {
  return new Proxy(plain, {
    construct(target, args, newTarget) {
      const made = Reflect.construct(target, args, newTarget) as Float64Array;
      // A view of what is there already costs nothing.
      if (typeof args[0] === 'number') allocated += made.byteLength;
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

/** A double and a word for each of the items that an image of that k may have in 54 levels. */
const MOST = 12 * (3 * MAX_K + 297 * 54 + 2) + 512;

/** Decodes; checks the outcome and what it cost. Gives undefined where the bytes are refused. */
function decoded(bytes: Uint8Array): SketchImage | undefined {
  allocated = 0;
  let image: SketchImage | undefined;
  try {
    image = decodeCompact(bytes, { maxK: MAX_K });
  } catch (error) {
    if (!(error instanceof SketchDataError)) throw error;
  }
  if (allocated > MOST) throw new Error(`${bytes.length} bytes made it allocate ${allocated}`);
  if (image) assertImageInvariants(image);
  return image;
}

describe('a compact image', () => {
  it('is accepted as it was written', () => {
    expect(SOUNDS.length).toBeGreaterThan(50);
    for (const sound of SOUNDS) expect(decoded(sound)).toBeDefined();
  });

  it('is refused wherever it is cut', () => {
    for (const sound of SOUNDS) {
      for (let length = 0; length < sound.length; length++) {
        expect(decoded(sound.slice(0, length))).toBeUndefined();
        // A checksum that is right for what is left does not help it.
        if (length > 4) expect(decoded(seal(sound.slice(0, length)))).toBeUndefined();
      }
    }
  });

  it('is refused with any one bit flipped', () => {
    for (const sound of SOUNDS) {
      const flipped = sound.slice();
      for (let bit = 0; bit < sound.length * 8; bit++) {
        flipped[bit >> 3] ^= 1 << (bit & 7);
        expect(decoded(flipped)).toBeUndefined();
        flipped[bit >> 3] ^= 1 << (bit & 7);
      }
    }
  });

  it('is refused with bytes behind it, its checksum repaired or not', () => {
    for (const sound of SOUNDS) {
      const longer = new Uint8Array(sound.length + 1);
      longer.set(sound);
      expect(decoded(longer)).toBeUndefined();
      expect(decoded(seal(longer))).toBeUndefined();
    }
  });

  it.each([
    ['with a broken checksum', 21, 0],
    ['most with a repaired checksum', 22, 8],
  ])('mutated is refused or sound: %s', (_, seed, share) => {
    const random = seededRandom(seed);
    let accepted = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const bytes = mutate(SOUNDS[random.below(SOUNDS.length)], random);
      if (share && random.below(share)) quickSeal(bytes);
      try {
        if (decoded(bytes)) accepted++;
      } catch (error) {
        throw new Error(`seed ${seed}, mutation ${i}, bytes ${Buffer.from(bytes).toString('hex')}`, {
          cause: error,
        });
      }
    }
    // Without a repair only mutations that undid themselves are left.
    expect(accepted).toBeLessThan(share ? MUTATIONS / 2 : MUTATIONS / 50);
    if (share) expect(accepted).toBeGreaterThan(MUTATIONS / 50);
  });

  it('mutated is accepted exactly when the reference accepts it, and read alike', () => {
    const random = seededRandom(23);
    let accepted = 0;
    for (let i = 0; i < 6000; i++) {
      const bytes = seal(mutate(SOUNDS[random.below(SOUNDS.length)], random));
      let reference: SketchImage | undefined;
      try {
        reference = referenceDecode(bytes, 300);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
      let image: SketchImage | undefined;
      try {
        image = decodeCompact(bytes, { maxK: 300 });
      } catch (error) {
        if (!(error instanceof SketchDataError)) throw error;
      }
      expect(image, Buffer.from(bytes).toString('hex')).toEqual(reference);
      if (image) accepted++;
    }
    expect(accepted).toBeGreaterThan(600);
    expect(accepted).toBeLessThan(4000);
  });

  it('allocates next to nothing for sizes that its budget does not have', () => {
    // k = 200, three levels of 2^20 items each, and nothing behind them.
    const hostile = seal(
      Uint8Array.from([0xc7, 0x10, 1, 0xc8, 1, 3, ...Array(3).fill([0x80, 0x80, 0x40]).flat(), 0, 0, 0, 0]),
    );
    expect(decoded(hostile)).toBeUndefined();
    expect(allocated).toBeLessThanOrEqual(12);
  });

  it('allocates nothing for raw items that are not there', () => {
    const hostile = seal(Uint8Array.from([0xc7, 0x10, 0, 0xc8, 1, 1, 0xd8, 0x04, 0, 0, 0, 0, 0, 0, 0, 0]));
    expect(decoded(hostile)).toBeUndefined();
    expect(allocated).toBeLessThanOrEqual(4);
  });
});

/** As `seal`, fast enough for every round: the checksum is proven elsewhere. */
function quickSeal(bytes: Uint8Array): void {
  if (bytes.length < 4) return;
  const at = bytes.length - 4;
  new DataView(bytes.buffer).setUint32(at, crc32c(bytes, 0, at), true);
}
