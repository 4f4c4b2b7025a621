/** What every scenario is given: a generator of its own, how many trials, and where to say how far it has come. */
import type { KllSketch } from '../../src/index.js';
import { type SeededRandom, seededRandom } from '../../test/support/prng.js';
import type { Row } from './tally.js';

export interface Settings {
  seed: number;
  /** Trials of a scenario whose trials are cheap. */
  trials: number;
  quick: boolean;
}

export interface Scenario {
  name: string;
  title: string;
  /** Trials as a share of the usual, for those that cost more. */
  share?: number;
  /** Whether the quick form runs it. */
  quick?: boolean;
  /** Run only where it is named (`--only`). */
  named?: boolean;
  run(bench: Bench): Row[];
}

export class Bench {
  readonly random: SeededRandom;
  readonly trials: number;
  readonly quick: boolean;
  readonly #name: string;
  #told = performance.now();

  constructor({ name, share = 1 }: Scenario, { seed, trials, quick }: Settings) {
    let mixed = seed;
    for (const char of name) mixed = (Math.imul(mixed, 31) + char.charCodeAt(0)) | 0;
    this.random = seededRandom(mixed >>> 0);
    this.trials = Math.max(4, Math.round(trials * share));
    this.quick = quick;
    this.#name = name;
  }

  /** A seed for a sketch. */
  get seed(): number {
    return this.random.uint32();
  }

  /** Sizes of a scenario: the quick form takes the first alone. */
  sizes(...all: number[]): number[] {
    return this.quick ? all.slice(0, 1) : all;
  }

  each(run: (trial: number) => void, trials = this.trials): void {
    for (let trial = 0; trial < trials; trial++) {
      run(trial);
      if (performance.now() - this.#told < 5000) continue;
      this.#told = performance.now();
      process.stderr.write(`${this.#name}: ${trial + 1} of ${trials} trials\n`);
    }
  }
}

/** How the sketches of a row are made of a stream. */
export type Make = (values: Float64Array, bench: Bench) => KllSketch;
