/** What watching costs, and what it may cost. */
import type { ComparedRow } from './in-turn.js';

export interface ObserverReport {
  command: string;
  machine: string;
  seed: number;
  rounds: number;
  /** Who watches; the first is nobody. */
  sides: string[];
  rows: ComparedRow[];
}

export interface Limit {
  what: string;
  found: number;
  most: number;
  unit: string;
}

/** The limits that the observer which counts everything is held to. */
export function limits({ rows, sides }: ObserverReport): Limit[] {
  const last = sides.length - 1;
  return rows.flatMap(({ name, values, ratios }): Limit[] => {
    if (name.startsWith('extend, n = 1e6'))
      return [
        { what: `${sides[last]}, ${name}`, found: 100 * (ratios[last].median - 1), most: 5, unit: '% more' },
      ];
    if (name !== 'add') return [];
    return [
      {
        what: `${sides[last]}, add`,
        found: values[last].median - values[0].median,
        most: 2,
        unit: 'ns more',
      },
    ];
  });
}
