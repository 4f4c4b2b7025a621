/** What a query sees: ingest objects first, then series objects, and of what is pending only what was not applied. */
import type { TenantConfig } from '../../../src/adapters/workers/contract.js';
import { objectNames, slotOf } from '../../../src/adapters/workers/series-key.js';
import { EVERYTHING, ingestObject, seriesObject, sketchOf } from './ground.js';

export interface Totals {
  n: number;
  sum: number;
}

/** n and sum of all values of a tenant, wherever they are. */
export async function totals(config: TenantConfig): Promise<Totals> {
  const { tenant, rings } = config;
  const pending = await Promise.all(
    objectNames('ingest', tenant, rings).map((_, slot) =>
      ingestObject(config, slot).pending(EVERYTHING, config),
    ),
  );
  const newest = Math.max(...pending.map(({ ringVersion }) => ringVersion));
  if (newest > rings[rings.length - 1].version) throw new Error('stale ring');
  const read = await Promise.all(
    objectNames('series', tenant, rings).map((_, slot) => readAll(config, slot)),
  );
  const images: ArrayBuffer[] = read.flatMap(({ groups }) => groups.map(({ image }) => image));
  for (const { sender, rows } of pending) {
    for (const { sequence, ringVersion, key, image } of rows) {
      const ring = rings.find(({ version }) => version === ringVersion);
      // Of a ring that is newer than the query: taken after it began.
      if (!ring) continue;
      const { applied } = read[slotOf(key, ring.series)];
      if (sequence > (applied[sender] ?? 0)) images.push(image);
    }
  }
  const sketches = images.map(sketchOf);
  return {
    n: sketches.reduce((n, sketch) => n + sketch.n, 0),
    sum: sketches.reduce((sum, sketch) => sum + (sketch.n ? sketch.sum : 0), 0),
  };
}

/** Everything of a series object. */
export async function readAll(config: TenantConfig, slot: number) {
  const answer = await seriesObject(config, slot).read({
    config,
    selection: EVERYTHING,
    maxBuckets: 1e6,
    maxSeries: 1e6,
  });
  if (answer.tooMuch || answer.leftOut.length > 0)
    throw new Error(`cannot read all: ${JSON.stringify(answer)}`);
  return answer;
}
