/** The 64-bit generator of a sketch outside the kernel: splitmix64 (Steele, Lea, Flood 2014), as in assembly/coin.ts. */
import { SketchArgumentError } from './errors.js';

const MASK = (1n << 64n) - 1n;

/** The generator's next state. */
export function nextState(state: bigint): bigint {
  return (state + 0x9e3779b97f4a7c15n) & MASK;
}

/** The 64 bits drawn at a state. */
export function output(state: bigint): bigint {
  let z = state;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

/** A seed nobody chose. */
export function randomSeed(): bigint {
  const words = crypto.getRandomValues(new Uint32Array(2));
  return (BigInt(words[0]) << 32n) | BigInt(words[1]);
}

/**
 * A caller's seed as 64 bits.
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
 */
export function toSeed(seed: unknown): bigint {
  if (typeof seed === 'bigint') {
    if (seed >= 0n && seed <= MASK) return seed;
  } else if (typeof seed !== 'number') {
    throw new SketchArgumentError('ERR_ARGUMENT_TYPE', 'seed', 'an integer or a bigint', seed);
  } else if (Number.isSafeInteger(seed) && seed >= 0) {
    return BigInt(seed);
  }
  throw new SketchArgumentError(
    'ERR_ARGUMENT_RANGE',
    'seed',
    'an integer from 0 to 2^53 - 1, or a bigint below 2^64',
    seed,
  );
}
