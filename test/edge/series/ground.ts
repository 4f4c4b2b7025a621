/** What tests of series objects begin with: hand-overs, readings, alarms run until nothing is due. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import type {
  HandOverRow,
  ReadAnswer,
  ReadCall,
  Selection,
  TenantConfig,
} from '../../../src/adapters/workers/contract.js';
import { type Labels, seriesKey } from '../../../src/adapters/workers/series-key.js';
import { KllSketch } from '../../../src/sketch/sketch.js';
import { EVERYTHING, inside, seriesObject, setClock, sketchOf } from '../ingest/ground.js';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export function row(
  start: number,
  values: readonly number[],
  labels: Labels = {},
  name = 'latency_ms',
): HandOverRow {
  const sketch = new KllSketch({ k: 256 }).extend(Float64Array.from(values));
  const bytes = sketch.toBytes({ state: false });
  return { key: seriesKey(name, labels), start, image: bytes.slice().buffer as ArrayBuffer };
}

let sequences = 0;

/** Hands rows over as the next sequence of a sender. */
export async function handOver(config: TenantConfig, rows: HandOverRow[], sender = 'ingest:0', slot = 0) {
  return await seriesObject(config, slot).apply({ config, sender, sequence: ++sequences, rows });
}

export async function readOf(
  config: TenantConfig,
  change: Partial<Selection> & Partial<ReadCall> = {},
  slot = 0,
) {
  const { name, matchers, from, to, ...call } = { ...EVERYTHING, ...change };
  const selection = { name, matchers, from, to };
  return (await seriesObject(config, slot).read({
    config,
    maxBuckets: 1e6,
    maxSeries: 1e6,
    selection,
    ...call,
  })) as unknown as ReadAnswer;
}

/** n and sum of an answer: exact, whatever was merged. */
export function totalsOf({ groups }: ReadAnswer): { n: number; sum: number } {
  const sketches = groups.map(({ image }) => sketchOf(image));
  return {
    n: sketches.reduce((n, sketch) => n + sketch.n, 0),
    sum: sketches.reduce((sum, sketch) => sum + sketch.sum, 0),
  };
}

/** Moves the clock to a time, and rings until nothing is due by then. */
export async function ringUntil(config: TenantConfig, time: number, slot = 0): Promise<void> {
  const object = seriesObject(config, slot);
  for (let rings = 0; rings < 1_000; rings++) {
    const at = await inside(object, (_, { storage }) => {
      const { sql } = storage;
      return sql.exec<{ at: number | null }>('SELECT min(at) AS at FROM schedule').one().at;
    });
    if (at === null || at > time) {
      setClock(Math.max(time, Date.now()));
      return;
    }
    setClock(Math.max(at, Date.now()));
    await runDurableObjectAlarm(object as unknown as DurableObjectStub);
  }
  throw new Error('the alarm rings without end');
}

/** Rows of buckets by resolution. */
export async function bucketCounts(config: TenantConfig, slot = 0): Promise<number[]> {
  return await inside(seriesObject(config, slot), (_, { storage }) => {
    const rows = storage.sql.exec<{ level: number; rows: number }>(
      'SELECT level, count(*) AS rows FROM buckets GROUP BY level',
    );
    const counts = [0, 0, 0];
    for (const { level, rows: count } of rows) counts[level] = count;
    return counts;
  });
}

/** Counts rows that statements of an object read from now on, until it is asked. */
export async function countRows(object: unknown): Promise<() => Promise<number>> {
  const cursors: { rowsRead: number }[] = [];
  await inside(object, (_, { storage: { sql } }) => {
    const real = sql.exec;
    const exec = (...args: Parameters<typeof real>) => {
      const cursor = real.apply(sql, args);
      cursors.push(cursor);
      return cursor;
    };
    Object.defineProperty(sql, 'exec', { value: exec, configurable: true });
  });
  return () =>
    inside(object, (_, { storage: { sql } }) => {
      Reflect.deleteProperty(sql, 'exec');
      return cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
    });
}
