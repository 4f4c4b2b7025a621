/**
 * Compact images that the kernel takes as they are: sound ones give what decoding them first gives, and it takes no
 * image that JavaScript refuses.
 */
import { readFileSync } from 'node:fs';
import { instantiateSync } from '@assemblyscript/loader';
import { afterAll, describe, expect, it } from 'vitest';
import { absorb } from '../../src/core/engine.js';
import { SketchDataError } from '../../src/core/errors.js';
import { MAX_K, type SketchImage } from '../../src/core/image.js';
import { mergeableInKernel } from '../../src/core/merging.js';
import { SketchState } from '../../src/core/state.js';
import { KllSketch } from '../../src/index.js';
import { type KernelExports, U8 } from '../../src/wasm/abi.js';
import { imageTaker, type Kernel, kernel, provideKernel } from '../../src/wasm/kernel.js';
import { instantiateKernel } from '../../src/wasm/source.embedded.js';
import { decodeCompact } from '../../src/wire/compact-decode.js';
import { encodeCompact } from '../../src/wire/compact-encode.js';
import { crc32c } from '../../src/wire/crc32c.js';
import { mutate } from '../support/mutate.js';
import { seededRandom } from '../support/prng.js';
import { randomImage, VALUE_KIND_NAMES } from '../support/random-image.js';
import { STREAMS } from '../support/streams.js';

const MUTATIONS = 200_000;
/** What the input window holds beside min, max and a header. */
const MOST_ITEMS = 16384 - 2 - 76;

/** Small images of every kind of value, with every part that a header may have. */
const SOUNDS = VALUE_KIND_NAMES.flatMap((kind) =>
  [1, 2, 3, 4, 5, 6].map((seed) => encodeCompact(randomImage(kind, seed, 12))),
);

const compiled = (name: string) => readFileSync(new URL(`../../dist/kernel/${name}.wasm`, import.meta.url));
const KERNELS: Record<string, () => KernelExports> = {
  release: instantiateKernel,
  debug: () => instantiateSync(compiled('debug'), {}).exports as unknown as KernelExports,
};
afterAll(() => provideKernel(instantiateKernel));

const emptyState = () => new SketchState(1024, 7n, 0);

/** The n that the kernel takes of bytes; what it took is not used. */
function takenOf(bytes: Uint8Array): number {
  const owner = kernel();
  const take = imageTaker(owner);
  if (owner !== opened) {
    opened = owner;
    owner.load(emptyState(), 60_000);
  }
  owner.exports.beginAbsorb();
  return take?.(bytes, MAX_K) ?? Number.NaN;
}
/** The kernel in which a state is open. */
let opened: Kernel | undefined;

/** The state that merging one source into nothing gives. */
function merged(source: SketchImage | Uint8Array): SketchState {
  opened = undefined;
  const state = emptyState();
  absorb(state, (to) => {
    if (source instanceof Uint8Array) to.image?.(source, MAX_K);
    else to.state(SketchState.fromImage(source, 0n, 0));
  });
  return state;
}

function decoded(bytes: Uint8Array): SketchImage | undefined {
  try {
    return decodeCompact(bytes);
  } catch (error) {
    if (!(error instanceof SketchDataError)) throw error;
    return undefined;
  }
}

function resealed(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) return bytes;
  const at = bytes.length - 4;
  new DataView(bytes.buffer).setUint32(at, crc32c(bytes, 0, at), true);
  return bytes;
}

/** Whether both ways agree on bytes; what the kernel took has the same effect as what was decoded. */
function agreed(bytes: Uint8Array): 'taken' | 'left' {
  const image = decoded(bytes);
  const taken = takenOf(bytes);
  const takes = image !== undefined && image.n > 0 && image.n < 2 ** 53 && image.items.length <= MOST_ITEMS;
  if (taken !== (takes ? image.n : 0)) {
    throw new Error(`took ${taken} of ${image?.n}: ${Buffer.from(bytes).toString('hex')}`);
  }
  if (!takes) return 'left';
  const [state, expected] = [merged(bytes), merged(image)];
  const alone = mergeableInKernel(bytes)!;
  const { state: _, ...stateless } = image;
  const decodedState = SketchState.fromImage(stateless, 0n, 0);
  // Not toEqual: it is much slower, and 0 and -0 are told apart here.
  const same = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    a.length === b.length && Array.prototype.every.call(a, (x, i) => Object.is(x, b[i]));
  if (
    !same(state.items, expected.items) ||
    !same(state.real.subarray(0, 5), expected.real.subarray(0, 5)) ||
    !same(state.word.subarray(16), expected.word.subarray(16)) ||
    alone.n !== image.n ||
    // All but the policy of tails, of which an image says nothing by itself.
    !same(alone.state.items, decodedState.items) ||
    !same(alone.state.real.subarray(0, 9), decodedState.real.subarray(0, 9)) ||
    !same(alone.state.word.subarray(18, 21), decodedState.word.subarray(18, 21)) ||
    alone.state.byte[U8.guarantee] !== decodedState.byte[U8.guarantee] ||
    !same(alone.state.word.subarray(24), decodedState.word.subarray(24))
  ) {
    throw new Error(`another state from ${Buffer.from(bytes).toString('hex')}`);
  }
  return 'taken';
}

describe.each(Object.keys(KERNELS))('images in the %s kernel', (name) => {
  it('of every kind of value and every header are taken as if they had been decoded', () => {
    provideKernel(KERNELS[name]);
    let taken = 0;
    for (const kind of VALUE_KIND_NAMES) {
      for (let seed = 0; seed < 60; seed++) {
        const image = randomImage(kind, seed, seed < 50 ? 40 : 3000);
        const bytes = encodeCompact(image, { state: true });
        if (agreed(bytes) === 'taken') taken++;
      }
    }
    // Few of them stand for 2^53 values, or have more items than the window.
    expect(taken).toBeGreaterThan(0.9 * 60 * VALUE_KIND_NAMES.length);
  });

  it('are left to be refused wherever they are cut, and with any bit flipped', () => {
    provideKernel(KERNELS[name]);
    for (const sound of SOUNDS.filter(({ length }) => length < 120)) {
      const flipped = sound.slice();
      for (let length = 0; length < sound.length; length++) {
        const taken = [agreed(sound.slice(0, length)), agreed(resealed(sound.slice(0, length)))];
        for (let bit = 1; bit < 256; bit *= 2) {
          flipped[length] ^= bit;
          taken.push(agreed(flipped));
          flipped[length] ^= bit;
        }
        if (taken.includes('taken')) expect.fail(`byte ${length} of ${Buffer.from(sound).toString('hex')}`);
      }
    }
  });
});

describe('images in the kernel', () => {
  it('mutated, with a repaired checksum, are taken exactly where JavaScript finds them sound', () => {
    provideKernel(KERNELS.release);
    const random = seededRandom(53);
    const outcomes = { taken: 0, left: 0 };
    for (let i = 0; i < MUTATIONS; i++) {
      outcomes[agreed(resealed(mutate(SOUNDS[random.below(SOUNDS.length)], random)))]++;
    }
    expect(outcomes.taken).toBeGreaterThan(0.02 * MUTATIONS);
    expect(outcomes.left).toBeGreaterThan(0.5 * MUTATIONS);
  });

  it('beyond what the window holds are decoded first, and count as the others', () => {
    provideKernel(KERNELS.release);
    const large = new KllSketch({ k: 65535, tails: 'none', seed: 1 }).extend(STREAMS.shuffled(200_000, 1));
    const small = new KllSketch({ k: 200, seed: 2 }).extend(STREAMS.shuffled(5000, 2));
    const sketches = [small, large, small];
    const options = { k: 400, seed: 3 };
    const whole = KllSketch.mergeAll(sketches, options);
    const images = KllSketch.mergeAll(
      sketches.map((sketch) => sketch.toBytes()),
      options,
    );
    expect(large.numRetained).toBeGreaterThan(MOST_ITEMS);
    expect(images.toBytes()).toEqual(whole.toBytes());
  });

  it('refused among sound ones are named by position, or left out, and then count for nothing', () => {
    provideKernel(KERNELS.release);
    const images = [1, 2, 3, 4].map((seed) =>
      new KllSketch({ k: 200, seed }).extend(STREAMS['long tail'](5000, seed)).toBytes(),
    );
    const broken = images[2].slice();
    broken[broken.length >> 1] ^= 1;
    const sources = [images[0], images[1], broken, images[3]];
    expect(() => KllSketch.mergeAll(sources)).toThrow(/^source 2: expected checksum/);
    const skipped: number[] = [];
    const rest = KllSketch.mergeAll(sources, { seed: 1, invalid: 'skip', onSkip: (i) => skipped.push(i) });
    expect(skipped).toEqual([2]);
    expect(rest.toBytes()).toEqual(
      KllSketch.mergeAll([images[0], images[1], images[3]], { seed: 1 }).toBytes(),
    );
  });

  it('in memory that others share are read once', () => {
    provideKernel(KERNELS.release);
    const images = [1, 2].map((seed) =>
      new KllSketch({ k: 200, seed }).extend(STREAMS['long tail'](5000, seed)).toBytes(),
    );
    const shared = images.map((image) => {
      const bytes = new Uint8Array(new SharedArrayBuffer(image.length));
      bytes.set(image);
      return bytes;
    });
    expect(KllSketch.mergeAll(shared, { seed: 1 }).toBytes()).toEqual(
      KllSketch.mergeAll(images, { seed: 1 }).toBytes(),
    );
  });
});
