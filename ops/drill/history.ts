/** What an edge has been given over two days: the more there is, the longer it takes to bring it back. */
import { batchOf, call, type SentSeries } from '../live/senders.js';

const HOUR_MS = 3_600_000;
/** Hours of the past in which each series has a minute. */
const HOURS = Array.from({ length: 23 }, (_, i) => 2 * i + 1);
const VALUES = 100;
/** Series of one request. */
const AT_ONCE = 100;

/** @returns minutes with values, and values */
export async function sendHistory(
  edge: { url: string; token: string },
  series: number,
): Promise<{ buckets: number; values: number }> {
  for (let first = 0; first < series; first += AT_ONCE) {
    const ids = Array.from({ length: Math.min(AT_ONCE, series - first) }, (_, i) => first + i);
    for (const hours of HOURS) {
      const sent = ids.map(
        (id): SentSeries => ({
          name: 'history',
          labels: { id: String(id) },
          values: Array.from({ length: VALUES }, (_, i) => 100 + ((id * 31 + i * 7919) % 9000) / 10),
          ageMs: hours * HOUR_MS,
        }),
      );
      await call(edge, '/v1/ingest', { method: 'POST', body: batchOf(sent) });
    }
  }
  return { buckets: series * HOURS.length, values: series * HOURS.length * VALUES };
}
