/** One measurement: a function run by benchmark.js until its samples say enough. */
import Benchmark from 'benchmark';
import { type Spread, spreadOf } from './statistics.js';

// Bodies are closures; compiled from their source they would have lost what they close over.
(Benchmark.support as { decompilation: boolean }).decompilation = false;

export interface Effort {
  /** Seconds a measurement may take, warm-up apart. */
  seconds: number;
  samples: number;
}

export const FULL: Effort = { seconds: 1, samples: 12 };
export const QUICK: Effort = { seconds: 0.15, samples: 5 };
/** For what is measured again and again, in turn with something else. */
export const BRIEF: Effort = { seconds: 0.1, samples: 5 };

/**
 * Seconds a call of `body`.
 * @param prepare runs before each sample, outside of what is timed; it is told how many calls follow
 */
export function secondsOf(body: () => unknown, effort: Effort, prepare?: (calls: number) => void): Spread {
  let failed: unknown;
  // What a call returns is kept: a call whose answer nobody can see may be left out.
  let kept: unknown;
  const benchmark = new Benchmark('', {
    fn: () => {
      kept = body();
    },
    ...(prepare
      ? {
          setup(this: Benchmark) {
            prepare(this.count);
          },
        }
      : {}),
    maxTime: effort.seconds,
    minTime: Math.min(0.02, effort.seconds / effort.samples),
    minSamples: effort.samples,
    async: false,
    onError: (event: Benchmark.Event) => {
      failed = (event.target as unknown as { error: unknown }).error;
    },
  });
  benchmark.run({ async: false });
  const { error } = benchmark as unknown as { error?: unknown };
  if (failed ?? error) throw failed ?? error;
  if (kept === benchmark) throw new Error('a body returned its own measurement');
  return spreadOf(benchmark.stats.sample);
}

/** Nanoseconds of each of the `per` things that a call of `body` does. */
export function nanosecondsOf(
  body: () => unknown,
  per: number,
  effort: Effort,
  prepare?: (calls: number) => void,
): Spread {
  const { median, lower, iqr, samples } = secondsOf(body, effort, prepare);
  const scale = 1e9 / per;
  return { median: median * scale, lower: lower * scale, iqr: iqr * scale, samples };
}
