/** What holds for a tenant that has set nothing. */
import type { RingVersion, TenantConfig } from './tenant-config.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const DEFAULT_SETTINGS: Omit<TenantConfig, 'tenant' | 'rings'> = {
  revision: 0,
  workingK: 1024,
  imageK: 200,
  tails: 'high',
  graceMs: 120_000,
  windowMs: 48 * HOUR_MS,
  retentionMs: { minute: 7 * DAY_MS, hour: 90 * DAY_MS, day: 0 },
  validateMs: 5 * 60_000,
  maxSeries: 10_000,
  maxPendingBatches: 20_000,
  maxPendingBytes: 64 * 2 ** 20,
  sealBatches: 1000,
  sealBytes: 4 * 2 ** 20,
  sealMs: 1000,
  maxStorageBytes: 9_000_000_000,
};

/** A tenant that was never configured has this ring; its version is there before it is stored. */
export const FIRST_RING: RingVersion = { version: 1, ingest: 4, series: 4, since: 0 };
