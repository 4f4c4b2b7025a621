/** Ratios: variants of one thing measured in turn, round after round, so that the machine's moods meet them all. */
import { nanosecondsOf } from './measure.js';
import { type Spread, spreadOf } from './statistics.js';

export interface Variant {
  name: string;
  body: () => unknown;
}

export interface Alternated {
  name: string;
  /** ns of each of the `per` things that a call does. */
  time: Spread;
  /** Times the first variant, by rounds. */
  ratio: Spread;
}

export interface Rounds {
  rounds: number;
  /** Seconds of one measurement. */
  seconds: number;
}

export const ROUNDS: Rounds = { rounds: 9, seconds: 0.06 };
export const FEW_ROUNDS: Rounds = { rounds: 3, seconds: 0.03 };

/** @param per things a call of each body does */
export function alternate(
  variants: readonly Variant[],
  per: number,
  { rounds, seconds }: Rounds,
): Alternated[] {
  const samples: number[][] = variants.map(() => []);
  // The first round warms up and is not counted.
  for (let round = -1; round < rounds; round++) {
    variants.forEach(({ body }, i) => {
      const { median } = nanosecondsOf(body, per, { seconds, samples: 3 });
      if (round >= 0) samples[i].push(median);
    });
  }
  return variants.map(({ name }, i) => ({
    name,
    time: spreadOf(samples[i]),
    ratio: spreadOf(samples[i].map((time, round) => time / samples[0][round])),
  }));
}
