/** How long a series object takes for an hour of minutes of ten series that it does not hold in memory. */
import { abortAllDurableObjects } from 'cloudflare:test';
import { beforeEach, expect, it } from 'vitest';
import { STEPS_PER_MS } from '../../support/known-work.js';
import { seededRandom } from '../../support/prng.js';
import { START, setClock, tenantConfig } from '../ingest/ground.js';
import { HOUR_MS, handOver, MINUTE_MS, readOf, ringUntil, row, totalsOf } from './ground.js';

/** Across two hours, so that neither is read whole. */
const FIRST = START + 30 * MINUTE_MS;
const MOST_MS = 30;
const READS = 21;
/** Rounds of so many reads, of which one has to meet the bound: the others may have met a machine at work. */
const ROUNDS = 6;

const STEPS = 8_000_000;
/** What two halves of it take a core of 3 GHz that does nothing else. */
const QUIET_MS = (2 * STEPS) / STEPS_PER_MS;

beforeEach(() => setClock(START));

/** Work of always the same length: what it takes tells how fast the machine is, and how much of it others had meanwhile. */
function workMs(): number {
  const began = performance.now();
  let x = 1;
  for (let i = 0; i < STEPS; i++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
  expect(x).toBe(-850_828_799);
  return performance.now() - began;
}

const ranked = (ms: readonly number[]) => {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (rank: number) => sorted[Math.floor(rank * (sorted.length - 1))];
  return { least: sorted[0], median: at(0.5), high: at(0.9), worst: at(1) };
};

it('reads 60 closed minutes of 10 series from storage and merges them in 30 ms', async () => {
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
  const rounds: { median: number; high: number }[] = [];
  const isMet = () => rounds.some(({ median, high }) => Math.max(median, high) <= MOST_MS);
  while (rounds.length < ROUNDS && !isMet()) {
    const cold: [number, number][] = [];
    // About as long as a read, in halves: one of them is done at a stroke even where others are at work.
    const halves = [workMs(), workMs()];
    for (let i = 0; i < READS; i++) {
      await abortAllDurableObjects();
      cold.push(await read(0));
      halves.push(workMs(), workMs());
    }
    const warm = await read(600);
    const found = ranked(cold.map(([readMs, mergeMs]) => readMs + mergeMs));
    const work = ranked(Array.from({ length: READS }, (_, i) => halves[2 * i] + halves[2 * i + 1]));
    // Others slow down both alike: so long it takes on a machine of its own.
    const alone = {
      median: (found.median / work.median) * QUIET_MS,
      high: (found.high / work.high) * QUIET_MS,
    };
    rounds.push(alone);
    const told = { found, work, alone };
    console.log(
      `ms to read + to merge: ${cold.map((ms) => ms.join('+')).join(' ')}; warm ${warm.join('+')}\n${JSON.stringify(told)}`,
    );
  }
  expect(isMet(), JSON.stringify(rounds)).toBe(true);
}, 120_000);
