import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBBlobValue, DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { bucketsToParquet } from '../../src/adapters/workers/parquet-export.js';
import { seriesKey } from '../../src/adapters/workers/series-key.js';
import { fromDataSketches } from '../../src/sketch/foreign.js';
import { KllSketch } from '../../src/sketch/sketch.js';

const DAY = Date.UTC(2026, 0, 2);
const HOUR_MS = 3_600_000;

test('DuckDB selects a day of a series; its images merge to the exact n and a p99 inside the bounds', async () => {
  const truth: number[] = [];
  const buckets = Array.from({ length: 26 }, (_, hour) => {
    const sketch = new KllSketch({ k: 200, seed: hour + 1 });
    for (let i = 0; i < 1000 + hour; i++) {
      const value = ((i * 7919 + hour * 104729) % 10007) / 10;
      sketch.add(value);
      if (hour >= 1 && hour < 25) truth.push(value);
    }
    const from = DAY + (hour - 1) * HOUR_MS;
    const key = seriesKey('latency_ms', { route: "/it's" });
    return { tenant: 'acme', key, from, to: from + HOUR_MS, sketch };
  });
  const folder = await mkdtemp(join(tmpdir(), 'kll-parquet-'));
  try {
    const file = join(folder, 'buckets.parquet');
    await writeFile(file, bucketsToParquet(buckets));
    const connection = await (await DuckDBInstance.create()).connect();
    const reader = await connection.runAndReadAll(
      `SELECT image, n, sum FROM '${file}' WHERE tenant = 'acme' AND name = 'latency_ms'
         AND (labels->>'route') = '/it''s' AND "from" >= TIMESTAMP '2026-01-02' AND "to" <= TIMESTAMP '2026-01-03'`,
    );
    const rows = reader.getRows();
    connection.closeSync();
    expect(rows).toHaveLength(24);
    const sketches = rows.map(([image]) => fromDataSketches((image as DuckDBBlobValue).bytes));
    const merged = KllSketch.mergeAll(sketches, { k: 200 });
    expect(merged.n).toBe(truth.length);
    truth.sort((a, b) => a - b);
    const p99 = truth[Math.ceil(0.99 * truth.length) - 1];
    const { lower, upper } = merged.quantileBounds(0.99);
    expect(lower).toBeLessThanOrEqual(p99);
    expect(upper).toBeGreaterThanOrEqual(p99);
    const sums = rows.map(([, , sum]) => sum as number);
    expect(sums.reduce((a, b) => a + b)).toBeCloseTo(
      truth.reduce((a, b) => a + b),
      4,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
