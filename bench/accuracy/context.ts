/** What every scenario is given: how many trials, a seed of its own, and where to say how far it has come. */
import { type SeededRandom, seededRandom } from '../../test/support/prng.js';
import type { Row } from './measure.js';

export interface Options {
  seed: number;
  /** Trials of a scenario of usual cost. */
  trials: number;
  quick: boolean;
}

export interface Scenario {
  name: string;
  title: string;
  /** Trials as a share of the usual; below 1 for scenarios that take long. */
  share?: number;
  /** Whether the quick form runs it. */
  quick?: boolean;
  run(context: Context): Row[];
}

export class Context {
  readonly random: SeededRandom;
  readonly trials: number;
  readonly #name: string;
  #told = 0;

  constructor(scenario: Scenario, { seed, trials }: Options) {
    let mixed = seed;
    for (const char of scenario.name) mixed = (Math.imul(mixed, 31) + char.charCodeAt(0)) | 0;
    this.random = seededRandom(mixed);
    this.trials = Math.max(5, Math.round(trials * (scenario.share ?? 1)));
    this.#name = scenario.name;
  }

  /** A seed for a sketch. */
  seed(): number {
    return this.random.uint32();
  }

  /** Runs the trials, saying on standard error how far they have come. */
  each(run: (trial: number) => void, trials = this.trials): void {
    for (let trial = 0; trial < trials; trial++) {
      run(trial);
      if (performance.now() - this.#told < 2000) continue;
      this.#told = performance.now();
      process.stderr.write(`${this.#name}: ${trial + 1} of ${trials} trials\n`);
    }
  }
}
