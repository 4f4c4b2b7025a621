/** Draws outside the kernel: splitmix64 (Steele, Lea, Flood 2014), as in assembly/coin.ts. */
import { badArgument } from './errors.js';

const to64 = (x: bigint) => BigInt.asUintN(64, x);

/** What a draw advances the generator by. */
export const STEP = 0x9e3779b97f4a7c15n;

/** The 64 bits drawn at a state of the generator (any integer, taken modulo 2^64). */
export function mix(state: bigint): bigint {
  let z = to64(state);
  z = to64((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = to64((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

/** Seeds nobody chose, drawn many at a time: asking the host for one takes longer than loading a small sketch. */
const seeds = new BigUint64Array(32);
let left = 0;

/** A seed nobody chose. Hosts refuse random numbers while modules load: drawn when it is needed, not before. */
export function randomSeed(): bigint {
  if (left === 0) left = crypto.getRandomValues(seeds).length;
  return seeds[--left];
}

/**
 * A caller's seed as 64 bits, if there is one.
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
 */
export function toSeed(seed: unknown): bigint | undefined {
  if (seed === undefined) return seed;
  const isNumber = typeof seed === 'number';
  if (isNumber ? Number.isSafeInteger(seed) : typeof seed === 'bigint') {
    const bits = BigInt(seed as bigint);
    if (bits === to64(bits)) return bits;
  } else if (!isNumber) badArgument('ERR_ARGUMENT_TYPE', 'seed', 'an integer or a bigint', seed);
  badArgument('ERR_ARGUMENT_RANGE', 'seed', 'an integer from 0 to 2^53 - 1, or a bigint below 2^64', seed);
}
