/**
 * The switch: one observer for all sketches that have none of their own, set up by call or from the environment. Off,
 * nothing of this runs.
 */
import { ambient } from '../core/notify.js';
import { createCountingObserver } from './counting-observer.js';
import { createEventLog, EVENT_LEVELS, type EventLevel, type EventLogOptions } from './event-log.js';
import { joinObservers } from './joined-observers.js';
import type { MetricFamily } from './registry.js';

export interface TelemetryOptions {
  /** Where events go, and which. Default: nowhere. */
  events?: EventLogOptions | undefined;
  /** Monotone clock in milliseconds. Default: `performance.now()`. */
  now?: (() => number) | undefined;
}

export interface Telemetry {
  /** All counts as they stand now. */
  collect(): MetricFamily[];
  /** Lines that the sink of the events refused by throwing. */
  readonly droppedEvents: number;
  /** Sketches made from now on are not watched; those that are watched stay so. */
  stop(): void;
}

let running: Telemetry | undefined;

/** The telemetry that is on, if any. */
export function telemetry(): Telemetry | undefined {
  // A look has it set up where the environment asks for it and no sketch was made yet.
  void ambient.observer;
  return running;
}

/**
 * Watches every sketch that is made or read from now on without an observer of its own. Where telemetry is on already,
 * it ends, and counts begin again.
 * @throws RangeError for options of events that are none
 * @example
 * const { collect } = startTelemetry({ events: { sink: (line) => process.stderr.write(`${line}\n`) } });
 * console.log(renderPrometheus(collect()));
 */
export function startTelemetry({ events, now }: TelemetryOptions = {}): Telemetry {
  const counting = createCountingObserver(now ? { now } : {});
  const log = events && createEventLog(events);
  const observer = log ? joinObservers(counting, log) : counting;
  const own: Telemetry = {
    collect: () => counting.collect(),
    get droppedEvents() {
      return log?.dropped ?? 0;
    },
    stop() {
      if (running !== own) return;
      running = undefined;
      ambient.observer = undefined;
    },
  };
  running = own;
  ambient.observer = observer;
  return own;
}

/** Environment variables that are read, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Starts telemetry where the environment asks for it: `KLL_TELEMETRY=1` counts, `KLL_TELEMETRY_EVENTS` (a level)
 * writes events as well, `KLL_TELEMETRY_SHARE` (0..1) a share of their successes. In Node, the first sketch of
 * `kll-wasm` does this by itself.
 * @param sink takes the lines of events; default: standard error
 * @returns what was started, or what is on already; nothing where the environment does not ask
 */
export function startTelemetryFromEnvironment(
  environment: Environment = hostEnvironment(),
  sink: (line: string) => void = (line) => console.error(line),
): Telemetry | undefined {
  if (environment.KLL_TELEMETRY !== '1') return running;
  const { KLL_TELEMETRY_EVENTS: level, KLL_TELEMETRY_SHARE: share } = environment;
  if (running || !level) return running ?? startTelemetry();
  try {
    return startTelemetry({
      events: { sink, level: level as EventLevel, share: share ? Number(share) : undefined },
    });
  } catch {
    // A slip of the hand in a setting must not keep a program from starting.
    const expected = `KLL_TELEMETRY_EVENTS one of ${EVENT_LEVELS.join(', ')}; KLL_TELEMETRY_SHARE 0 to 1`;
    sink(JSON.stringify({ level: 'error', event: 'settings_ignored', expected }));
    return startTelemetry();
  }
}

interface Host {
  process?: { env?: Environment };
  Deno?: {
    permissions: { querySync(wanted: { name: 'env'; variable: string }): { state: string } };
  };
}

/** The host's environment; empty where there is none, and where reading it would ask the user. */
function hostEnvironment(): Environment {
  const { process, Deno } = globalThis as Host;
  const names = ['KLL_TELEMETRY', 'KLL_TELEMETRY_EVENTS', 'KLL_TELEMETRY_SHARE'];
  const mayRead = (variable: string) =>
    !Deno || Deno.permissions.querySync({ name: 'env', variable }).state === 'granted';
  return Object.fromEntries(names.filter(mayRead).map((name) => [name, process?.env?.[name]]));
}
