/** Seeded generators for tests and benchmarks: the same seed gives the same stream on every engine. */

export interface SeededRandom {
  /** An unsigned 32-bit integer. */
  uint32(): number;
  /** A double in [0, 1) with 53 random bits. */
  next(): number;
  /** An integer in 0..bound-1, bound at most 2^32. */
  below(bound: number): number;
  /** A standard normal value. */
  normal(): number;
  /** Shuffles in place. */
  shuffle<T extends Float64Array | unknown[]>(values: T): T;
}

/**
 * sfc32 (Doty-Humphrey's small fast counting generator), its state filled by splitmix-style mixing of the seed.
 * @param seed any integer; seeds that differ give unrelated streams
 */
export function seededRandom(seed: number): SeededRandom {
  let mixed = seed >>> 0;
  const mix = (): number => {
    mixed = (mixed + 0x9e3779b9) >>> 0;
    let z = mixed;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) | 0;
  };
  let a = mix();
  let b = mix();
  let c = mix() ^ Math.floor(seed / 2 ** 32);
  let counter = 1;
  const uint32 = (): number => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  for (let i = 0; i < 12; i++) uint32();
  const next = (): number => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) * 2 ** -53;
  const below = (bound: number): number => Math.floor(next() * bound);
  return {
    uint32,
    next,
    below,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffle(values) {
      for (let i = values.length - 1; i > 0; i--) {
        const j = below(i + 1);
        const held = values[i];
        values[i] = values[j];
        values[j] = held;
      }
      return values;
    },
  };
}
