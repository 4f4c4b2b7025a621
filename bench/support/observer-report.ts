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

/** Who counts everything, and is held to limits. */
const HELD = ['counting observer', 'telemetry with events'];

/** The limits that those who count everything are held to. */
export function limits({ rows, sides }: ObserverReport): Limit[] {
  const held = sides.map((side, i) => ({ side, i })).filter(({ side }) => HELD.includes(side));
  return rows.flatMap(({ name, values, ratios }) =>
    held.flatMap(({ side, i }): Limit[] => {
      const what = `${side}, ${name}`;
      if (name.startsWith('extend, n = 1e6')) {
        return [{ what, found: 100 * (ratios[i].median - 1), most: 5, unit: '% more' }];
      }
      if (name !== 'add') return [];
      return [{ what, found: values[i].median - values[0].median, most: 2, unit: 'ns more' }];
    }),
  );
}
