/** Seeded images of every shape that the format allows, and values of every kind that decides between codecs. */
import { MAX_K, type SketchImage, type TailsCode } from '../../src/core/image.js';
import { type SeededRandom, seededRandom } from './prng.js';

const bits = new DataView(new ArrayBuffer(8));
/** Any finite double, each exponent as likely as any other. */
function anyDouble(random: SeededRandom): number {
  bits.setUint32(0, random.uint32());
  bits.setUint32(4, random.uint32());
  const x = bits.getFloat64(0);
  return Number.isFinite(x) ? x + 0 : 1;
}

/** Makers of values: each call draws the parameters, the function it gives draws the values. */
export const VALUE_KINDS: Record<string, (random: SeededRandom) => () => number> = {
  tenths: (r) => () => Math.round(Math.exp(4 + r.normal()) * 10) / 10,
  integers: (r) => {
    const [base, step] = [r.below(2000) - 1000, 1 + r.below(20)];
    return () => base + step * r.below(500);
  },
  'one value': (r) => {
    const x = r.below(2) ? r.below(9) - 4 : anyDouble(r);
    return () => x;
  },
  zeros: () => () => 0,
  'decimals of any length': (r) => {
    const e = r.below(23);
    const top = 2 ** (1 + r.below(53));
    return () => Math.floor((r.next() - 0.4) * top) / 10 ** e + 0;
  },
  'binary fractions': (r) => {
    const unit = 2 ** (r.below(2098) - 1074);
    const top = 2 ** (1 + r.below(52));
    return () => Math.floor((r.next() - 0.5) * top) * Math.min(unit, 2 ** 970) + 0;
  },
  'a narrow range': (r) => {
    const base = 2 ** r.below(60);
    return () => base * (1 + r.next() / 1000);
  },
  floats: (r) => () => Math.fround(Math.exp(3 * r.normal())),
  'rounded to bits': (r) => {
    const p = 2 ** (1 + r.below(30));
    return () => Math.round((1 + r.next()) * p) * 2 ** (r.below(40) - 20);
  },
  doubles: (r) => () => r.normal(),
  'all magnitudes': (r) => () => anyDouble(r),
  subnormals: (r) => {
    const top = 2 ** (1 + r.below(52));
    return () => Math.floor((r.next() - 0.5) * top) * 2 ** -1074 + 0;
  },
  'largest doubles': (r) => () => (r.below(2) ? 1 : -1) * Number.MAX_VALUE * (1 - r.below(4) * 2 ** -53),
  'integers near 2^53': (r) => {
    const sign = r.below(2) ? 1 : -1;
    return () => sign * (2 ** 53 - 1 - r.below(3000));
  },
  'both signs near 2^52': (r) => () => (r.below(2) ? 1 : -1) * (2 ** 52 - r.below(9)),
  'with infinities': (r) => () => [Infinity, -Infinity, r.below(100), anyDouble(r)][r.below(4)],
  'with -0': (r) => () => [-0, 0, 1][r.below(3)],
};
export const VALUE_KIND_NAMES = Object.keys(VALUE_KINDS);

/** An image of values of a kind; about `most` items, fewer where the budget of its k ends. */
export function randomImage(kind: string, seed: number, most = 40): SketchImage {
  const random = seededRandom(seed);
  const draw = VALUE_KINDS[kind](random);
  const k = [8, 9, 100, 200, 1024, MAX_K][random.below(6)];
  const tailGuarantee = random.below(3) as TailsCode;
  const levels = 1 + random.below(random.below(2) ? 3 : 20);
  const share = random.below(2) ? most : 3;
  const budget = 3 * k + (tailGuarantee ? 297 : 9) * levels;
  const sizes = new Uint32Array(levels);
  let items = 0;
  for (let level = levels - 1; level >= 0; level--) {
    sizes[level] = Math.min((level === levels - 1 ? 1 : 0) + random.below(share), budget - items);
    items += sizes[level];
  }
  const levelsOfItems = Array.from(sizes, (size) => Float64Array.from({ length: size }, draw).sort());
  const all = Float64Array.from(levelsOfItems.flatMap((level) => [...level]));
  const beyond = random.below(2) ? Float64Array.of(...all, draw(), draw()) : all.slice();
  beyond.sort();
  const withState = random.below(2) === 1;
  return {
    k,
    minK: random.below(2) ? k : 8 + random.below(300),
    n: sizes.reduce((n, size, level) => n + size * 2 ** level, 0),
    sum: random.below(3) ? anyDouble(random) : Number.NaN,
    min: beyond[0],
    max: beyond[beyond.length - 1],
    sizes,
    items: all,
    tailGuarantee,
    variance: random.below(2) ? 0 : random.next() * 2 ** -random.below(60),
    ...(!withState && random.below(3) === 0
      ? { precision: random.below(2) ? 1 + random.below(51) : 128 + random.below(23) }
      : {}),
    ...(withState
      ? {
          state: {
            generator: (BigInt(random.uint32()) << 32n) | BigInt(random.uint32()),
            seed: BigInt(random.uint32()),
            tails: random.below(3) as TailsCode,
            ...(random.below(2) ? { pendingOffset: Math.floor(random.next() * 2 ** 53) } : {}),
            compactions: Uint32Array.from(sizes, () => random.uint32() >>> random.below(33)),
          },
        }
      : {}),
  };
}
