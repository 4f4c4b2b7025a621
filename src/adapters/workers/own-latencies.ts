/**
 * How long requests take, in sketches of our own: each isolate keeps one for every route, and hands them in as a batch of
 * the operator's tenant, `kll_edge_request_ms` by route and class of status. So percentiles of this service are asked for
 * like those of any other: `/v1/quantiles?name=kll_edge_request_ms&by=route`, `/metrics/series`. On with KLL_TELEMETRY=1.
 */
import { encodeBatch } from '../../sketch/batch.js';
import { KllSketch } from '../../sketch/sketch.js';
import type { EdgeEnv } from './env.js';
import { checkBatch } from './ingest-batch.js';
import { limitsOf } from './limits.js';
import { store } from './store-batch.js';

export const OWN_SERIES = 'kll_edge_request_ms';
/** So long times are gathered, milliseconds: one batch of an isolate at most in that time. */
const GATHER_MS = 10_000;
/** Thousandths of a millisecond are noise, and cost bytes. */
const DECIMALS = 2;

const sketches = new Map<string, KllSketch>();
let since = Infinity;

/** Whether the environment asks for it. */
function isTelling({ KLL_TELEMETRY }: Pick<EdgeEnv, 'KLL_TELEMETRY'>): boolean {
  return KLL_TELEMETRY === '1';
}

/** A request was answered. @param route its template, never its path */
export function tookTime(env: EdgeEnv, route: string, status: number, ms: number): void {
  if (!isTelling(env)) return;
  const key = JSON.stringify([route, `${Math.floor(status / 100)}xx`]);
  let sketch = sketches.get(key);
  if (!sketch) sketches.set(key, (sketch = new KllSketch({ k: 200, tails: 'high' })));
  sketch.add(ms);
  since = Math.min(since, Date.now());
}

/** Whether what was gathered is due. */
export function isDue(): boolean {
  return Date.now() - since >= GATHER_MS;
}

/** Hands in what was gathered. What cannot be handed in waits for the next time. */
export async function handIn(env: EdgeEnv, tenant: string): Promise<void> {
  const taken = [...sketches];
  sketches.clear();
  since = Infinity;
  if (taken.length === 0) return;
  try {
    const bytes = encodeBatch({
      id: crypto.getRandomValues(new Uint8Array(16)),
      created: Date.now(),
      series: taken.map(([key, sketch]) => {
        const [route, status] = JSON.parse(key) as [string, string];
        return {
          name: OWN_SERIES,
          labels: { route, status },
          age: 0,
          sketch,
          precision: { decimals: DECIMALS },
        };
      }),
    });
    const batch = checkBatch(bytes, 'container', { limits: limitsOf(env), labels: {}, now: Date.now() });
    const { outcome } = await store(env, tenant, batch);
    if (outcome !== 'stored') throw new Error(`the operator's tenant did not take it: ${outcome}`);
  } catch (error) {
    for (const [key, sketch] of taken) sketches.set(key, sketches.get(key)?.merge(sketch) ?? sketch);
    // Not at once: what refuses it needs a rest.
    since = Date.now();
    throw error;
  }
}
