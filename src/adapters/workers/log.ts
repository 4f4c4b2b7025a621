/**
 * What the edge writes to its log: one line of JSON for each event. All failures, and of successes the share that
 * KLL_LOG_SHARE says. A line holds names of our own, codes and numbers, and never what a stranger sent: no name of a
 * series, no label, no address, no id, no key.
 */
import type { EdgeEnv } from './env.js';
import { describeError } from './log-errors.js';
import { numberOf } from './variables.js';

export type LogFields = Readonly<Record<string, unknown>>;

/** Lines of one kind that an isolate writes in a second: whoever sends rubbish must not fill a disk with it. */
const MOST_A_SECOND = 100;
const MOST_KINDS = 1000;
const SECOND_MS = 1000;

interface Kind {
  since: number;
  lines: number;
  leftOut: number;
}

const kinds = new Map<string, Kind>();

/** Something did not work, or took too long. @param fields its `code` and `event` make its kind */
export function logFailure(level: 'warn' | 'error', event: string, fields: LogFields): void {
  const leftOut = passing(`${event} ${String(fields.code ?? '')}`, Date.now());
  if (leftOut === undefined) return;
  console[level](line(level, event, { ...fields, ...(leftOut > 0 ? { leftOut } : {}) }));
}

/** Something threw. */
export function logError(event: string, error: unknown, fields: LogFields = {}): void {
  logFailure('error', event, { ...fields, ...describeError(error) });
}

/** Something worked. @param random 0..1, of each call anew */
export function logSuccess(env: EdgeEnv, event: string, fields: LogFields, random = Math.random): void {
  const share = numberOf(env, 'KLL_LOG_SHARE');
  if (share > 0 && random() < share) console.log(line('info', event, { ...fields, share }));
}

function line(level: string, event: string, fields: LogFields): string {
  return JSON.stringify({ time: new Date().toISOString(), level, event, ...fields });
}

/** How many lines of a kind were left out since the last one; undefined when this one is to be, too. */
function passing(name: string, now: number): number | undefined {
  if (kinds.size >= MOST_KINDS) kinds.clear();
  let kind = kinds.get(name);
  if (!kind) kinds.set(name, (kind = { since: now, lines: 0, leftOut: 0 }));
  // A clock that was set back begins a second, too.
  if (now - kind.since >= SECOND_MS || now < kind.since) {
    kind.since = now;
    kind.lines = 0;
  }
  if (kind.lines >= MOST_A_SECOND) {
    kind.leftOut++;
    return undefined;
  }
  kind.lines++;
  const { leftOut } = kind;
  kind.leftOut = 0;
  return leftOut;
}
