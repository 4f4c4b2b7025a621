/**
 * What an edge needs, from what it gets: the formulas of docs/capacity.md. Constants are measured there, and held
 * against a running edge by test/edge-process/capacity.test.ts.
 */

/** What SQLite adds to an image: place, count, version and index entries, and what pages leave empty. */
export const ROW_BYTES = 120;
/** A batch's id and checksum, in the table of its hour. */
export const ID_BYTES = 36;
/** An object without data: its tables. */
export const EMPTY_OBJECT_BYTES = 119_000;
/** Requests a second that the platform gives one object. */
export const OBJECT_REQUESTS = 1000;
/** Rows that a series of a seal leads to: one in the outbox, one of its bucket, one of its index. */
const ROWS_OF_HANDED_OVER = 3;
const DAY_S = 86_400;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const YEAR_DAYS = 365;
/** What is never full before this is said never to be. */
const LONGEST_DAYS = 36_500;

/** How a tenant is set up. */
export interface Setup {
  /** N and M. */
  ingest: number;
  series: number;
  retentionMs: Readonly<Record<'minute' | 'hour' | 'day', number>>;
  windowMs: number;
  sealMs: number;
  maxSeries: number;
  maxStorageBytes: number;
  maxPendingBytes: number;
}

/** Settings of a tenant that has set nothing. */
export const STANDARD_SETUP: Setup = {
  ingest: 4,
  series: 4,
  retentionMs: { minute: 7 * DAY_MS, hour: 90 * DAY_MS, day: 0 },
  windowMs: 48 * HOUR_MS,
  sealMs: 1000,
  maxSeries: 10_000,
  maxStorageBytes: 9_000_000_000,
  maxPendingBytes: 64 * 2 ** 20,
};

/** What a tenant gets. */
export interface Load {
  /** Series that get values every minute. */
  busySeries: number;
  batchesPerSecond: number;
  seriesPerBatch: number;
  /** Of a condensed image. */
  imageBytes: number;
}

/** Rows of one busy series after so many days: each resolution grows until retention takes as much as comes. */
export function rowsOfSeries({ retentionMs }: Setup, days: number): number {
  const kept = (resolution: keyof Setup['retentionMs']) => {
    const ms = retentionMs[resolution];
    return ms === 0 ? days : Math.min(days, ms / DAY_MS);
  };
  return 1440 * kept('minute') + 24 * kept('hour') + kept('day');
}

/** Storage of one series object, where series are spread evenly. */
export function seriesObjectBytes(setup: Setup, { busySeries, imageBytes }: Load, days: number): number {
  const rows = rowsOfSeries(setup, days) * (busySeries / setup.series);
  return EMPTY_OBJECT_BYTES + rows * (imageBytes + ROW_BYTES);
}

/** Storage of one ingest object: ids, which stay for the window and an hour. */
export function ingestObjectBytes(setup: Setup, { batchesPerSecond }: Load, days: number): number {
  const keptMs = Math.min(days * DAY_MS, setup.windowMs + HOUR_MS);
  const ids = (batchesPerSecond / setup.ingest) * (keptMs / 1000);
  return EMPTY_OBJECT_BYTES + ids * ID_BYTES;
}

/** Days until the largest object of either kind is full; undefined where retention keeps it below for a hundred years. */
export function daysUntilFull(setup: Setup, load: Load): number | undefined {
  const isFull = (days: number) =>
    Math.max(seriesObjectBytes(setup, load, days), ingestObjectBytes(setup, load, days)) >=
    setup.maxStorageBytes;
  if (!isFull(LONGEST_DAYS)) return undefined;
  let [below, above] = [0, LONGEST_DAYS];
  while (above - below > 0.01) {
    const middle = (below + above) / 2;
    if (isFull(middle)) above = middle;
    else below = middle;
  }
  return above;
}

/** What the platform counts, and bills, each day. */
export function costDrivers(setup: Setup, load: Load) {
  const batches = load.batchesPerSecond * DAY_S;
  const perSecond = 1000 / Math.max(1, setup.sealMs);
  const seals = Math.min(batches, setup.ingest * perSecond * DAY_S);
  const handOvers = Math.min(batches, setup.ingest * setup.series * perSecond * DAY_S);
  const seriesOfSeal = seals === 0 ? 0 : Math.min(load.busySeries, (batches / seals) * load.seriesPerBatch);
  return {
    workerRequests: Math.round(batches),
    objectRequests: Math.round(batches + handOvers),
    // Of a batch: its id and its body.
    rowsWritten: Math.round(2 * batches + ROWS_OF_HANDED_OVER * seals * seriesOfSeal),
  };
}

export interface Needs {
  requestsPerObject: number;
  /** Smallest N for the requests. */
  ingestNeeded: number;
  /** After a year. */
  rowsOfSeries: number;
  bytesOfSeries: number;
  seriesObjectBytes: number;
  ingestObjectBytes: number;
  totalBytes: number;
  /** Smallest M whose objects hold a year. */
  seriesNeeded: number;
  pendingBytes: number;
  objects: number;
  daysUntilFull: number | undefined;
  aDay: ReturnType<typeof costDrivers>;
}

export function needsOf(setup: Setup, load: Load): Needs {
  const rows = rowsOfSeries(setup, YEAR_DAYS);
  const bytesOfSeries = rows * (load.imageBytes + ROW_BYTES);
  const ofSeries = seriesObjectBytes(setup, load, YEAR_DAYS);
  const ofIngest = ingestObjectBytes(setup, load, YEAR_DAYS);
  return {
    requestsPerObject: load.batchesPerSecond / setup.ingest,
    ingestNeeded: Math.max(1, Math.ceil(load.batchesPerSecond / OBJECT_REQUESTS)),
    rowsOfSeries: rows,
    bytesOfSeries,
    seriesObjectBytes: ofSeries,
    ingestObjectBytes: ofIngest,
    totalBytes: ofSeries * setup.series + ofIngest * setup.ingest,
    seriesNeeded: Math.max(
      1,
      Math.ceil((load.busySeries * bytesOfSeries) / (setup.maxStorageBytes - EMPTY_OBJECT_BYTES)),
    ),
    pendingBytes: setup.maxPendingBytes * setup.ingest,
    objects: setup.ingest + setup.series,
    daysUntilFull: daysUntilFull(setup, load),
    aDay: costDrivers(setup, load),
  };
}
