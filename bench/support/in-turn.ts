/** Builds or settings compared: each measured in fresh processes, in turn, so that the machine's moods meet them all. */
import type { Result } from './case.js';
import { runNode } from './process.js';
import { type Spread, spreadOf } from './statistics.js';

/** What one process measures, and of which build. */
export interface Side {
  name: string;
  order: Record<string, unknown>;
  /** The build's dist, where it is not this project's. */
  dist?: string;
}

export interface ComparedRow {
  name: string;
  unit: string;
  /** For each side, in its unit, over the rounds. */
  values: Spread[];
  /** Times the first side, round by round. */
  ratios: Spread[];
}

/** @returns a row for everything that all sides measured */
export async function inTurn(script: string, sides: readonly Side[], rounds: number): Promise<ComparedRow[]> {
  const runs: Result[][][] = sides.map(() => []);
  for (let round = 0; round < rounds; round++) {
    // Every other round goes backwards: what drifts cancels.
    const order = sides.map((_, i) => (round % 2 ? sides.length - 1 - i : i));
    for (const i of order) {
      const { order: settings, dist } = sides[i];
      const { results } = await runNode<{ results: Result[] }>(script, settings, dist);
      runs[i].push(results);
    }
  }
  const named = (side: number, name: string) =>
    runs[side].map((results) => results.find((result) => result.name === name)?.value);
  return runs[0][0].flatMap(({ name, unit }) => {
    const samples = sides.map((_, side) => named(side, name));
    if (!samples.every((values): values is number[] => values.every((value) => value !== undefined)))
      return [];
    return [
      {
        name,
        unit,
        values: samples.map(spreadOf),
        ratios: samples.map((values) => spreadOf(values.map((value, i) => ratio(value, samples[0][i])))),
      },
    ];
  });
}

/** Of counts that are 0 on both sides, 1. */
function ratio(value: number, base: number): number {
  return value === base ? 1 : value / base;
}
