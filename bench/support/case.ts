/** What a suite is made of, and what it hands back. */
import type { Effort } from './measure.js';
import { nanosecondsOf } from './measure.js';
import type { Spread } from './statistics.js';
import { type Speed, type Verdict, verdictOf } from './targets.js';

export interface Result {
  name: string;
  unit: 'ns' | 'us' | 'ms' | 'bytes' | 'MB' | '%' | 'x';
  value: number;
  iqr?: number;
  samples?: number;
  /** ns a value, same process, same data. */
  floor?: number;
  sort?: number;
  target?: number;
  verdict: Verdict;
  note?: string;
}

export interface Settings {
  seed: number;
  effort: Effort;
  quick: boolean;
  /** Whether only times count: compared with those of another build, not with targets. */
  isCompared?: boolean;
  /** A file of raw f64: a user's own column. */
  data?: string;
}

/** A group of cases that runs in a process of its own. */
export interface Group {
  name: string;
  title: string;
  /** Whether the quick form runs it. */
  quick?: boolean;
  run(bench: Bench): Promise<void> | void;
}

interface Timing {
  /** Things a call of the body does. */
  per?: number;
  unit?: 'ns' | 'us' | 'ms';
  target?: number;
  /** Floor and sort on the same data; without it those of the process. */
  speed?: Speed;
  /** What the verdict goes by instead, where the data make their own sort say nothing of the machine. */
  judgedBy?: Speed | undefined;
  /** Whether floor and sort stand in the row. */
  ratios?: boolean;
  prepare?: (calls: number) => void;
  effort?: Effort;
  note?: string;
}

const NANOSECONDS = { ns: 1, us: 1e3, ms: 1e6 };

export class Bench {
  readonly results: Result[] = [];
  /** Floor and sort of a million lognormal values in this process. */
  machine: Speed | undefined;

  constructor(
    readonly group: string,
    readonly settings: Settings,
  ) {}

  get seed(): number {
    return this.settings.seed;
  }
  get quick(): boolean {
    return this.settings.quick;
  }

  /** Measures a body and keeps the result. */
  time(name: string, body: () => unknown, timing: Timing = {}): Spread {
    const { per = 1, unit = 'ns', target, prepare, note } = timing;
    const speed = timing.speed ?? this.machine;
    const spread = nanosecondsOf(body, per, timing.effort ?? this.settings.effort, prepare);
    const value = spread.median / NANOSECONDS[unit];
    this.keep({
      name,
      unit,
      value,
      iqr: spread.iqr / NANOSECONDS[unit],
      samples: spread.samples,
      ...(speed && timing.ratios ? { floor: speed.floor, sort: speed.sort } : {}),
      ...(target === undefined ? {} : { target }),
      verdict: verdictOf(value, target, timing.judgedBy ?? speed),
      ...(note ? { note } : {}),
    });
    return spread;
  }

  /** Keeps a figure that is not timed here, or not a time. */
  figure(name: string, unit: Result['unit'], value: number, target?: number, note?: string): void {
    this.keep({
      name,
      unit,
      value,
      ...(target === undefined ? {} : { target }),
      verdict: verdictOf(value, target),
      ...(note ? { note } : {}),
    });
  }

  keep(result: Result): void {
    this.results.push(result);
    if (!this.settings.isCompared) process.stderr.write(`  ${this.group}: ${result.name}\n`);
  }
}
