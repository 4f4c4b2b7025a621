/**
 * Loads three million flights into an edge: their delays as one metric, a series for each airport of departure. The
 * file's half year is laid over the last two days, each flight at its own time of day, for the edge takes values of the
 * last 48 hours only.
 */
import { randomBytes } from 'node:crypto';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** The library as built: the sources would be slowed down by their run-time compiler. */
const { KllSketch } = (await import(
  new URL('../dist/lib/index.js', import.meta.url).href
)) as typeof import('../src/index.js');
const { encodeBatch } = (await import(
  new URL('../dist/lib/batch.js', import.meta.url).href
)) as typeof import('../src/batch.js');

export const METRIC = 'flight_delay_minutes';
const HOURS = 48;
const HOUR_MS = 3_600_000;
/** k of the sketches that are sent: what they hold is merged again. */
const K = 400;

interface Flight {
  date: Date;
  delay: number | bigint;
  origin: string;
}

/**
 * @param file the Parquet file of vega-datasets
 * @param told called often, with a share from 0 to 1 and what was done
 * @returns what was sent
 */
export async function loadFlights(
  file: string,
  edge: { url: string; token: string },
  told: (share: number, what: string) => void,
): Promise<{ values: number; batches: number; series: number; bytes: number }> {
  const buffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer);
  const rows = Number(metadata.num_rows);
  const now = new Date();
  const hours = Array.from({ length: HOURS }, () => new Map<string, number[]>());
  const origins = new Set<string>();
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    const flights = (await parquetReadObjects({
      file: buffer,
      metadata,
      compressors,
      columns: ['date', 'delay', 'origin'],
      rowStart: start,
      rowEnd: end,
    })) as unknown as Flight[];
    for (const { date, delay, origin } of flights) {
      // Days of the month in turn: of the last 24 hours, and of the 24 before.
      const ago = ((now.getUTCHours() - date.getUTCHours() + 24) % 24) + (date.getUTCDate() % 2) * 24;
      origins.add(origin);
      const values = hours[ago].get(origin) ?? [];
      hours[ago].set(origin, values);
      values.push(Number(delay));
    }
    start = end;
    told((start / rows) * 0.7, `read ${start.toLocaleString('en')} of ${rows.toLocaleString('en')} flights`);
  }
  let batches = 0;
  let bytes = 0;
  for (const [ago, airports] of hours.entries()) {
    const age = ago * HOUR_MS + (now.getTime() % HOUR_MS) * 0.5;
    const series = [...airports].map(([origin, values]) => ({
      name: METRIC,
      labels: { origin },
      age,
      sketch: new KllSketch({ k: K }).extend(values),
    }));
    if (series.length > 0) {
      bytes += await send(edge, encodeBatch({ id: randomBytes(16), created: Date.now(), series }));
      batches++;
    }
    told(0.7 + (0.3 * (ago + 1)) / HOURS, `sent ${batches} batches`);
  }
  return { values: rows, batches, series: origins.size, bytes };
}

/** Sends a batch until it is taken: the same bytes, so that it counts once whatever is lost on the way. */
async function send({ url, token }: { url: string; token: string }, body: Uint8Array): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(`${url}/v1/ingest`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/vnd.kll.batch' },
      body: body as Uint8Array<ArrayBuffer>,
    }).catch(() => undefined);
    if (response?.ok) return body.length;
    const isWorthAnother = !response || response.status === 429 || response.status >= 500;
    if (!isWorthAnother || attempt === 8) {
      throw new Error(
        `the edge refused a batch: ${response?.status ?? 'no answer'} ${(await response?.text()) ?? ''}`,
      );
    }
    const wait = Number(response?.headers.get('retry-after')) * 1000 || 200 * 2 ** attempt;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
