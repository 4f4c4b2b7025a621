/**
 * Structured events: what happens to sketches, one JSON object a line. Lines hold numbers, codes and names of shards:
 * never values, bytes, labels or texts of errors.
 */
import type { MergeEvent, ObservedSketch, SketchObserver } from '../core/observer.js';
import { mix, randomSeed, STEP, toSeed } from '../core/random.js';
import { isDataErrorCode, toCode } from './data-error-codes.js';
import { shardNames } from './label-values.js';
import { isWeakened } from './weakened.js';

/** In rising order; a level holds those behind it. */
export const EVENT_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type EventLevel = (typeof EVENT_LEVELS)[number];

export interface EventLogOptions {
  /** Takes each line, without a line feed. */
  sink: (line: string) => void;
  /** The lowest level written. Default 'info': merges, and whatever goes wrong. */
  level?: EventLevel | undefined;
  /** The share of successes that are written, 0..1; failures all are. Default 1. */
  share?: number | undefined;
  /** Start of the draws that choose successes. Default: random. */
  seed?: number | bigint | undefined;
  /** Monotone clock in milliseconds, for durations. Default: `performance.now()`. */
  now?: (() => number) | undefined;
  /** Epoch milliseconds, for the time of a line. Default: `Date.now()`. */
  time?: (() => number) | undefined;
}

export interface EventLog extends SketchObserver {
  /** Lines that the sink refused by throwing. The sketch that was watched went on. */
  readonly dropped: number;
}

type Fields = Record<string, unknown>;

/** Its seed, as text; none where it is to be drawn, and a Worker that still loads has no random numbers. */
function seedOf(sketch: ObservedSketch): string | undefined {
  try {
    return String(sketch.seed);
  } catch {
    return undefined;
  }
}

/**
 * Makes an observer that writes events as lines of JSON. Events at level debug: `configuration`, `read`, `written`,
 * `condensed`; info: `merge`; warn: `merge_weakened`, `refused`, `condensed_to_keep`; error: `merge_failed`. At
 * level debug, lines about a sketch carry its configuration.
 * @throws RangeError for a level or a share that is none
 * @example
 * const log = createEventLog({ sink: (line) => console.error(line), share: 0.01 });
 * const sketch = new KllSketch({ observer: log });
 */
export function createEventLog(options: EventLogOptions): EventLog {
  const { sink, level = 'info', share = 1, now = () => performance.now(), time = Date.now } = options;
  const lowest = EVENT_LEVELS.indexOf(level);
  if (lowest < 0) throw new RangeError(`level: expected ${EVENT_LEVELS.join(', ')}, found another`);
  if (!(share >= 0 && share <= 1))
    throw new RangeError('share: expected a number from 0 to 1, found another');
  let state = toSeed(options.seed);
  let dropped = 0;

  const write = (at: EventLevel, event: string, fields: Fields) => {
    if (EVENT_LEVELS.indexOf(at) < lowest) return;
    try {
      sink(JSON.stringify({ time: new Date(time()).toISOString(), level: at, event, ...fields }));
    } catch {
      dropped++;
    }
  };
  const isDrawn = () => {
    if (share === 1) return true;
    state = (state ?? randomSeed()) + STEP;
    return Number(mix(state) >> 11n) / 2 ** 53 < share;
  };
  /** A success: written where it is drawn. */
  const sample = (at: EventLevel, event: string, fields: () => Fields) => {
    if (EVENT_LEVELS.indexOf(at) >= lowest && isDrawn()) write(at, event, fields());
  };
  const configuration = (sketch: ObservedSketch): Fields => {
    const { k, minK, n, tails, tailGuarantee, numRetained, numLevels } = sketch;
    return { k, minK, n, tails, tailGuarantee, numRetained, numLevels, seed: seedOf(sketch) };
  };

  return {
    now,
    get dropped() {
      return dropped;
    },
    onCreate(sketch) {
      const { k, tails } = sketch;
      sample('debug', 'configuration', () => ({ k, tails, seed: seedOf(sketch) }));
    },
    onMerge(event, sketch) {
      const { sources, values, seconds, refused, minKBefore, minKAfter } = event;
      const { tailGuaranteeBefore, tailGuaranteeAfter } = event;
      for (const [position, { code }] of refused) {
        const shard = shardNames(event.shards)[position];
        write('warn', 'refused', { code, position, ...(shard === undefined ? {} : { shard }) });
      }
      const facts = { sources, refused: refused.length, ...shardsOf(event), seconds };
      if (event.outcome !== 'ok') {
        write('error', 'merge_failed', { code: toCode(event.outcome), ...facts });
        return;
      }
      const promises = { minKBefore, minKAfter, tailGuaranteeBefore, tailGuaranteeAfter };
      if (isWeakened(event)) write('warn', 'merge_weakened', { ...facts, values, ...promises });
      sample('info', 'merge', () => ({ ...facts, values, ...(lowest === 0 ? configuration(sketch) : {}) }));
    },
    onDeserialize({ bytes, outcome, seconds }) {
      if (outcome === 'ok') sample('debug', 'read', () => ({ bytes, seconds }));
      else
        write(isDataErrorCode(outcome) ? 'warn' : 'error', 'refused', {
          code: toCode(outcome),
          bytes,
          seconds,
        });
    },
    onSerialize({ bytes, seconds }, sketch) {
      sample('debug', 'written', () => ({ bytes, seconds, ...configuration(sketch) }));
    },
    onCondense({ excessive, ...fields }) {
      if (excessive) write('warn', 'condensed_to_keep', fields);
      else sample('debug', 'condensed', () => fields);
    },
  };
}

function shardsOf({ shards }: MergeEvent): Fields {
  return shards ? { shards: shardNames(shards) } : {};
}
