/** Series as canonical text, their owners, and the names of objects. */
import { crc32c } from '../../wire/crc32c.js';
import type { LeftOut, RingVersion } from './contract.js';

export type Labels = Readonly<Record<string, string>>;

/** A series as text: equal for equal names and labels, whatever their order. */
export function seriesKey(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([name, ...pairs]);
}

/** The name and labels of a key. */
export function parseSeriesKey(key: string): { name: string; labels: Labels } {
  const [name, ...pairs] = JSON.parse(key) as [string, ...[string, string][]];
  return { name, labels: Object.fromEntries(pairs) };
}

/** Whether a text is what `seriesKey` makes of some name and labels. */
export function isSeriesKey(text: string): boolean {
  try {
    const [name, ...pairs]: unknown[] = JSON.parse(text);
    const labels: Labels = Object.fromEntries(pairs as [string, string][]);
    const texts = [name, ...Object.values(labels)];
    return texts.every((one) => typeof one === 'string') && seriesKey(name as string, labels) === text;
  } catch {
    return false;
  }
}

/** Where a text falls among `count` places: the same for every caller. */
export function slotOf(text: string | Uint8Array, count: number): number {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  // CRC-32C spreads well but is linear; a multiplication breaks that, so that ids of one pattern do not share a slot.
  const mixed = Math.imul(crc32c(bytes), 0x9e3779b1) >>> 0;
  return Math.floor((mixed / 2 ** 32) * count);
}

/** The name of a tenant's ingest or series object. Slots keep their names when a ring grows. */
export function objectName(kind: 'ingest' | 'series', tenant: string, slot: number): string {
  return `${kind}:${tenant}:${slot}`;
}

/** What tells a bucket of a series from all others. */
export function bucketName({
  key,
  start,
  resolution,
}: Pick<LeftOut, 'key' | 'start' | 'resolution'>): string {
  return JSON.stringify([key, start, resolution]);
}

/** Names of all objects that may hold data of a tenant, by its rings. */
export function objectNames(
  kind: 'ingest' | 'series',
  tenant: string,
  rings: readonly RingVersion[],
): string[] {
  const count = Math.max(...rings.map((ring) => ring[kind]));
  return Array.from({ length: count }, (_, slot) => objectName(kind, tenant, slot));
}
