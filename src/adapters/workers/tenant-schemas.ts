/** What may be said of a tenant and its ingest keys: by a request, and by a backup that comes back. */
import * as v from 'valibot';
import { faultOf } from './batch-json.js';
import type { IngestKey } from './contract.js';
import { KEY_FORM } from './ingest-keys.js';
import { Problem } from './problem.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LONGEST_MS = 36_500 * DAY_MS;

export const integer = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const kept = integer(0, LONGEST_MS);

/** Ranges of a tenant's configuration; docs/edge.md has the same table. */
export const settings = v.strictObject({
  ingest: v.optional(integer(1, 256)),
  series: v.optional(integer(1, 256)),
  workingK: v.optional(integer(64, 4096)),
  imageK: v.optional(integer(8, 4096)),
  tails: v.optional(v.picklist(['none', 'high', 'both'])),
  graceMs: v.optional(integer(0, HOUR_MS)),
  windowMs: v.optional(integer(HOUR_MS, 7 * DAY_MS)),
  retentionMs: v.optional(v.strictObject({ minute: kept, hour: kept, day: kept })),
  keepSnapshots: v.optional(integer(0, 1000)),
  keepSnapshotsMs: v.optional(kept),
  captureRefused: v.optional(v.boolean()),
  captureTaken: v.optional(v.boolean()),
  validateMs: v.optional(integer(0, DAY_MS)),
  maxSeries: v.optional(integer(1, 10_000_000)),
  maxPendingBatches: v.optional(integer(1, 1_000_000)),
  maxPendingBytes: v.optional(integer(1024, 2 ** 30)),
  sealBatches: v.optional(integer(1, 100_000)),
  sealBytes: v.optional(integer(1024, 64 * 2 ** 20)),
  sealMs: v.optional(integer(0, 60_000)),
  maxStorageBytes: v.optional(integer(2 ** 20, 10_000_000_000)),
  exportTo: v.optional(v.picklist(['none', 'bucket', 'pull'])),
  exportResolution: v.optional(v.picklist(['minute', 'hour', 'day'])),
});

/** As browsers write the Origin header: scheme, host, port where it is not the usual one; no path. */
const origin = v.pipe(v.string(), v.maxLength(256), v.check(isOrigin, 'expected an origin'));

function isOrigin(text: string): boolean {
  try {
    return new URL(text).origin === text;
  } catch {
    return false;
  }
}

const keyLimits = {
  origins: v.pipe(v.array(origin), v.maxLength(100)),
  rate: integer(1, 1_000_000),
  maxN: integer(1, 2 ** 40),
  maxSeries: integer(1, 10_000),
};

export const newKey = v.strictObject({
  origins: v.optional(keyLimits.origins, []),
  rate: v.optional(keyLimits.rate, 600),
  maxN: v.optional(keyLimits.maxN, 100_000),
  maxSeries: v.optional(keyLimits.maxSeries, 100),
});

const time = integer(0, 8.64e15);

/** A key as a backup has it; whose it was does not matter. */
const formerKey = v.object({
  key: v.pipe(v.string(), v.regex(KEY_FORM, 'expected an ingest key')),
  ...keyLimits,
  created: time,
  revoked: v.optional(time),
});

/** @throws Problem ERR_BODY for settings of a backup that no request could have made */
export function settingsOf(config: object): Exact<v.InferOutput<typeof settings>> {
  const named = Object.fromEntries(Object.entries(config).filter(([name]) => name in settings.entries));
  return defined(fitting(settings, named, 'the settings of the backup'));
}

/** @throws Problem ERR_BODY for a key of a backup that no edge could have made */
export function keyOf(record: object): Exact<Omit<IngestKey, 'tenant'>> {
  return defined(fitting(formerKey, record, 'a key of the backup'));
}

function fitting<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  what: string,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  throw new Problem({
    status: 400,
    code: 'ERR_BODY',
    detail: `expected ${what} to be as a request could have made it`,
    faults: parsed.issues.map(faultOf),
  });
}

/** What was named: a setting that was not keeps its value. */
export function defined<T extends object>(value: T): Exact<T> {
  const named = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(named) as Exact<T>;
}

type Exact<T> = { [K in keyof T]: Exclude<T[K], undefined> };
