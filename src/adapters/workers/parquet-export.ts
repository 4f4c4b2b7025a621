/** Closed buckets as a Parquet file: one row a bucket, its sketch as an Apache KLL image of doubles. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { toDataSketches } from '../../sketch/foreign.js';
import type { KllSketch } from '../../sketch/sketch.js';
import { parseSeriesKey } from './series-key.js';

export interface ExportedBucket {
  tenant: string;
  /** Of the series: `seriesKey`. */
  key: string;
  /** Epoch milliseconds; [from, to). */
  from: number;
  to: number;
  /** Holds at least one value. */
  sketch: KllSketch;
}

const RANKS = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p99_9: 0.999 } as const;

/** @throws SketchArgumentError as `toDataSketches` does */
export function bucketsToParquet(buckets: readonly ExportedBucket[]): Uint8Array {
  const series = buckets.map(({ key }) => parseSeriesKey(key));
  const doubles = (name: string, of: (sketch: KllSketch) => number) => ({
    name,
    type: 'DOUBLE' as const,
    data: buckets.map(({ sketch }) => of(sketch)),
  });
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'tenant', type: 'STRING', data: buckets.map(({ tenant }) => tenant) },
      { name: 'name', type: 'STRING', data: series.map(({ name }) => name) },
      { name: 'labels', type: 'STRING', data: series.map(({ labels }) => JSON.stringify(labels)) },
      { name: 'from', type: 'TIMESTAMP', data: buckets.map(({ from }) => new Date(from)) },
      { name: 'to', type: 'TIMESTAMP', data: buckets.map(({ to }) => new Date(to)) },
      { name: 'n', type: 'INT64', data: buckets.map(({ sketch }) => BigInt(sketch.n)) },
      doubles('sum', ({ sum }) => sum),
      doubles('min', ({ min }) => min),
      doubles('max', ({ max }) => max),
      ...Object.entries(RANKS).map(([name, rank]) => doubles(name, (sketch) => sketch.quantile(rank))),
      { name: 'image', type: 'BYTE_ARRAY', data: buckets.map(({ sketch }) => toDataSketches(sketch)) },
    ],
  });
  return new Uint8Array(buffer);
}
