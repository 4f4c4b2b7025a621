/** How long a series object takes for an hour of minutes of ten series that it does not hold in memory. */
import { abortAllDurableObjects } from 'cloudflare:test';
import { beforeEach, expect, it } from 'vitest';
import { seededRandom } from '../../support/prng.js';
import { START, setClock, tenantConfig } from '../ingest/ground.js';
import { HOUR_MS, handOver, MINUTE_MS, readOf, ringUntil, row, totalsOf } from './ground.js';

/** Across two hours, so that neither is read whole. */
const FIRST = START + 30 * MINUTE_MS;
const READS = 21;
/**
 * A read takes about as long as the work beside it, whatever else the machine does: what takes three times as long has lost
 * something. Its milliseconds are told, and depend on the machine.
 */
const MOST_WORK = 3;

beforeEach(() => setClock(START));

/** Work of always the same length: what it takes tells how much of the machine others had meanwhile. */
function workMs(): number {
  const began = performance.now();
  let x = 1;
  for (let i = 0; i < 16_000_000; i++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
  expect(x).toBe(1_428_341_761);
  return performance.now() - began;
}

const ranked = (ms: readonly number[]) => {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (rank: number) => sorted[Math.floor(rank * (sorted.length - 1))];
  return { least: sorted[0], median: at(0.5), high: at(0.9), worst: at(1) };
};

it('reads 60 closed minutes of 10 series from storage and merges them, in no more than a few times the work beside it', async () => {
  const config = tenantConfig({ workingK: 1024 });
  const random = seededRandom(3);
  for (let minute = 0; minute < 60; minute++) {
    const start = FIRST + minute * MINUTE_MS;
    setClock(start);
    const rows = Array.from({ length: 10 }, (_, i) => {
      const values = Array.from({ length: 2_000 }, () => Math.round(1_000 * Math.exp(random.normal())) / 10);
      return row(start, values, { route: `/${i}` });
    });
    await handOver(config, rows);
  }
  await ringUntil(config, FIRST + HOUR_MS + 5 * MINUTE_MS);
  const range = { from: FIRST, to: FIRST + HOUR_MS };
  const read = async (cacheHits: number): Promise<[readMs: number, mergeMs: number]> => {
    const answer = await readOf(config, range);
    const { explain } = answer;
    expect(totalsOf(answer).n).toBe(1_200_000);
    expect([explain.bucketsRead, explain.imagesMerged, explain.cacheHits]).toEqual([600, 600, cacheHits]);
    return [explain.readMs, explain.mergeMs];
  };
  const cold: [number, number][] = [];
  const work = [workMs()];
  for (let i = 0; i < READS; i++) {
    await abortAllDurableObjects();
    cold.push(await read(0));
    work.push(workMs());
  }
  const warm = await read(600);
  const told = { read: ranked(cold.map(([readMs, mergeMs]) => readMs + mergeMs)), work: ranked(work) };
  console.log(
    `ms to read + to merge: ${cold.map((ms) => ms.join('+')).join(' ')}; warm ${warm.join('+')}\n${JSON.stringify(told)}`,
  );
  expect(told.read.median / told.work.median).toBeLessThan(MOST_WORK);
}, 120_000);
