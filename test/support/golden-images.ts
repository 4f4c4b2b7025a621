/** One small image for every codec and flag of the compact form, with its bytes; docs/formats.md publishes the same. */
import type { SketchImage } from '../../src/core/image.js';
import type { EncodeOptions } from '../../src/wire/compact-encode.js';

export interface GoldenImage {
  /** What it shows. */
  title: string;
  image: SketchImage;
  options?: EncodeOptions;
  hex: string;
}

/** An image of the levels given: min and max are those of the items, the sum is not known. */
export function imageOf(levels: readonly number[][], fields: Partial<SketchImage> = {}): SketchImage {
  const items = Float64Array.from(levels.flat());
  const image: SketchImage = {
    k: 200,
    minK: 200,
    n: levels.reduce((n, level, height) => n + level.length * 2 ** height, 0),
    sum: Number.NaN,
    min: items.length ? Math.min(...items) : Number.NaN,
    max: items.length ? Math.max(...items) : Number.NaN,
    sizes: Uint32Array.from(levels, (level) => level.length),
    items,
    tailGuarantee: 0,
    variance: 0,
    ...fields,
  };
  return image;
}

const TENTHS = [
  [12.5, 31.9, 40.2],
  [8.1, 12.5, 77.3, 120.4],
];

export const GOLDEN_IMAGES: readonly GoldenImage[] = [
  {
    title: 'empty, k = 200, sum 0',
    image: imageOf([], { sum: 0 }),
    hex: 'c71200c80100000000000000000022a96b99',
  },
  {
    title: 'empty, k = 4096, tail guarantee 1',
    image: imageOf([], { k: 4096, minK: 4096, tailGuarantee: 1 }),
    hex: 'c710408020006fc64713',
  },
  { title: 'DEC: the value 42', image: imageOf([[42]]), hex: 'c71001c801010100015400d1dac955' },
  {
    title: 'DEC: tenths on two levels, sum 521.2, tail guarantee 1',
    image: imageOf(TENTHS, { sum: 521.2, tailGuarantee: 1 }),
    hex: 'c71241c8019a999999994980400203040101a201e3088a78bb0de5eef969e34ff91f',
  },
  {
    title: 'DEC: a negative base; min -40 and max 80, which no item has any more',
    image: imageOf([[-20, 0, 60]], { min: -40, max: 80 }),
    hex: 'c71001c801010300144f0627ad4a7ad8',
  },
  {
    title: 'DEC: a span of 2^40, so 11 low bits',
    image: imageOf([[1, 2 ** 20 + 1, 2 ** 39 + 2, 2 ** 40 + 1]]),
    hex: 'c71001c8010104000102808080808020ffffffef3f0000feffffff7f000000000010000000e0e7e7f0',
  },
  {
    title: 'BIN: multiples of 2^60',
    image: imageOf([[2 ** 60, 3 * 2 ** 60, 4 * 2 ** 60, 9 * 2 ** 60]]),
    hex: 'c71002c8010104ee0801020862036742eead',
  },
  {
    title: 'BIN: subnormal numbers',
    image: imageOf([[-3 * 2 ** -1074, 2 ** -1074, 9 * 2 ** -1074]]),
    hex: 'c71002c8010103000405030f25c21f2e',
  },
  {
    title: 'ORD, s > 31: few mantissa bits over many octaves',
    image: imageOf([
      [2 ** -40, 1.25, 1.5 * 2 ** 70],
      [0.75, 2 ** 90],
    ]),
    hex: 'c71003c8010203023200dc5e880498de48ef57097d70e160',
  },
  {
    title: 'ORD, s = 0: full doubles, 32 low bits',
    image: imageOf([[Math.LN2, Math.SQRT2, 2.23606797749979, Math.E, Math.PI, 3.3166247903554]]),
    hex: 'c71003c80101060000c2dc98ff0bb0b491019736bb0c15441bff7f415dda1c62a6ef39fafe346ffd93ef39fafecd3b7f66a8f4979b6957148b182d4454346ffd93094cd707',
  },
  {
    title: 'ORD, s = 31, t = 2: 21 mantissa bits, both signs, nearly all octaves',
    image: imageOf([
      [-(1 + 2 ** -21) * 2 ** 900, -1.5, (1 + 2 ** -21) * 2 ** -700, 3],
      [-(2 ** 300), 2 ** 900],
    ]),
    hex: 'c71003c8010204021f02ffffcf0f8180e0e003feff73e5ff7fbdfaffc7a7fffffaf0ff9f8fffff47ede30800f4cea34f',
  },
  {
    title: 'ORD: both infinities',
    image: imageOf([[-Infinity, -2, 0, 1, 1.5, Infinity]]),
    hex: 'c71003c8010106330002fc3f012400001c00ff0700aca809a0',
  },
  {
    title: 'RAW: a -0',
    image: imageOf([[-0, 1]]),
    hex: 'c71000c80101020000000000000080000000000000f03f0000000000000080000000000000f03f8f1d7f3f',
  },
  {
    title: 'RAW: nothing is smaller',
    image: imageOf([[-1.0000000000000002e300, 1.1e-300]]),
    hex: 'c71000c80101029d7500883ce437fe1572ab89bc92a7019d7500883ce437fe1572ab89bc92a701c6aad0e9',
  },
  {
    title: 'minK = 100',
    image: imageOf(TENTHS, { minK: 100 }),
    hex: 'c71009c801640203040101a201e3088a78bb0de5eef9699b05e82a',
  },
  {
    title: 'condensing variance 1e-6, rounded up to a float; tail guarantee 2',
    image: imageOf(TENTHS, { variance: 1e-6, tailGuarantee: 2 }),
    hex: 'c71091c801be3786350203040101a201e3088a78bb0de5eef96906e06eed',
  },
  {
    title: 'precision 6 mantissa bits',
    image: imageOf(TENTHS),
    options: { precision: { bits: 6 } },
    hex: 'c7100506c801020304037dfa7eff069fc7ff3e69ffde3494ed37a8',
  },
  {
    title: 'precision 0 decimals',
    image: imageOf(TENTHS),
    options: { precision: { decimals: 0 } },
    hex: 'c7100580c8010203040001107073778ffe9703941338f7',
  },
  {
    title: 'state block: generator 0123456789abcdef, seed 7, tails 1, compactions 301 and 0',
    image: imageOf(TENTHS, {
      state: { generator: 0x0123456789abcdefn, seed: 7n, tails: 1, compactions: Uint32Array.of(301, 0) },
    }),
    hex: 'c71021c801020304efcdab896745230107000000000000000100ad02000101a201e3088a78bb0de5eef96941220d6c',
  },
  {
    title: 'state block: generator 2^64 - 1, seed 2^63, tails 2, pending offset 2^52 + 5, compactions 0',
    image: imageOf([[5]], {
      state: {
        generator: 2n ** 64n - 1n,
        seed: 2n ** 63n,
        tails: 2,
        pendingOffset: 2 ** 52 + 5,
        compactions: Uint32Array.of(0),
      },
    }),
    hex: 'c71021c8010101ffffffffffffffff0000000000000080020105000000000010000000010a001e3b0123',
  },
];
