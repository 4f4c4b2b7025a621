/** Backups as a client makes, reads and restores them, and a tenant with something to lose. */
import { parquetReadObjects } from 'hyparquet';
import { expect } from 'vitest';
import {
  BACKUP_CONTENT_TYPE,
  type BackupTotals,
  decodeBucket,
  decodeIds,
  decodeJson,
  RECORD,
  RecordReader,
} from '../../../src/wire/backup-records.js';
import { ask, BATCH_TYPE, configured, container, series } from './edge-client.js';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const BACKUP_TYPE = { 'content-type': BACKUP_CONTENT_TYPE };

export async function send(token: string, body: Uint8Array): Promise<number> {
  return (await ask('/v1/ingest', { token, headers: BATCH_TYPE, body })).status;
}

export async function totalsOf(token: string): Promise<{ n: number; sum: number }> {
  const { n, sum } = (await (await ask('/v1/quantiles?name=latency_ms', { token })).json()) as {
    n: number;
    sum: number;
  };
  return { n, sum };
}

export async function backupOf(token: string): Promise<Uint8Array> {
  const response = await ask('/v1/admin/backup', { token });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe(BACKUP_CONTENT_TYPE);
  return new Uint8Array(await response.arrayBuffer());
}

export async function restore(token: string, body: Uint8Array, mode = ''): Promise<Response> {
  return await ask(`/v1/admin/restore${mode && `?mode=${mode}`}`, { token, headers: BACKUP_TYPE, body });
}

/** Records as they lie in the bytes. */
export function recordsOf(bytes: Uint8Array) {
  const reader = new RecordReader();
  reader.push(bytes);
  const records = [];
  let at = 0;
  for (let record = reader.next(); record; record = reader.next()) {
    const length = 13 + record.payload.length;
    records.push({ ...record, bytes: bytes.subarray(at, at + length) });
    at += length;
  }
  reader.end();
  return records;
}

/** Buckets and ids of a backup, in an order of their own. */
export function contentOf(bytes: Uint8Array): { buckets: string[]; ids: string[]; totals: BackupTotals } {
  const records = recordsOf(bytes);
  const hex = (some: Uint8Array) => Array.from(some, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const buckets = records
    .filter(({ type }) => type === RECORD.bucket)
    .map(({ payload }) => decodeBucket(payload))
    // Whether a bucket is rolled up changes by the clock, between two backups of the same data.
    .map(({ bucket: { isRolledUp: _, ...bucket }, image }) => JSON.stringify(bucket) + hex(image));
  const ids = records
    .filter(({ type }) => type === RECORD.ids)
    .flatMap(({ payload }) => decodeIds(payload).ids.map(({ id, crc }) => `${hex(id)} ${crc}`));
  return { buckets: buckets.sort(), ids: ids.sort(), totals: decodeJson(records.at(-1)!.payload) };
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** Values of an hour ago and more in a file: what came just now closes when its minute ends. */
export async function oldValues(file: ArrayBuffer): Promise<number> {
  const rows = (await parquetReadObjects({ file })) as { n: bigint; to: Date }[];
  return rows
    .filter(({ to }) => to.getTime() < Date.now() - 60 * MINUTE_MS)
    .reduce((sum, { n }) => sum + Number(n), 0);
}

/** A tenant with two objects of each kind, some series, a key. */
export async function filled(tenant: string): Promise<{ token: string; batches: Uint8Array[] }> {
  const token = await configured(tenant, { ingest: 2, series: 2, graceMs: 0, maxSeries: 123 });
  await ask('/v1/admin/keys', { token, body: { origins: ['https://a.example'] } });
  const batches = Array.from({ length: 10 }, (_, i) =>
    container([
      series([i, i + 0.5], { labels: { route: `/${i % 5}` }, age: i % 2 ? 0 : 90 * MINUTE_MS }),
      series([1000 + i], { labels: { route: '/all' } }),
    ]),
  );
  for (const batch of batches) expect(await send(token, batch)).toBe(202);
  return { token, batches };
}
