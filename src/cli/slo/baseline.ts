/** Objectives proposed from what was recorded: as strict as the data allows, with room. */
import { increase, type Scrape } from './evaluate.js';
import { select } from './exposition.js';
import type { Objective } from './objectives.js';

export interface Proposal {
  name: string;
  /** What is promised now. */
  now: string;
  /** What the data would carry; null without data. */
  proposed: string | null;
}

/** Errors may double before a proposed objective breaks. */
const ROOM = 2;
/** Nothing recorded proves more than this. */
const STRICTEST = 0.9999;

export function propose(objective: Objective, scrapes: readonly Scrape[]): Proposal {
  const { name } = objective;
  switch (objective.kind) {
    case 'zero':
      return { name, now: 'never', proposed: 'never' };
    case 'threshold': {
      const values = scrapes.flatMap((scrape) =>
        select(scrape, { metric: objective.metric, labels: {} }).map(({ value }) => value),
      );
      const proposed = values.length === 0 ? null : `below ${roundUp(ROOM * Math.max(...values))}`;
      return { name, now: `below ${objective.below}`, proposed };
    }
    case 'ratio': {
      const { total, good, bad } = objective;
      const all = increase(scrapes, total) ?? 0;
      if (bad) {
        const share = all === 0 ? null : 1 - (ROOM * (increase(scrapes, bad) ?? 0)) / all;
        const proposed = share === null ? null : String(Math.max(0, Math.min(STRICTEST, floor4(share))));
        return { name, now: String(objective.objective), proposed };
      }
      const now = `${objective.objective} within ${good!.labels.seconds} s`;
      const limit =
        all === 0
          ? undefined
          : limitsOf(scrapes, good!.metric).find((seconds) => {
              const labels = { ...good!.labels, seconds: seconds.replaceAll('.', '\\.') };
              return (increase(scrapes, { metric: good!.metric, labels }) ?? 0) / all >= objective.objective;
            });
      return { name, now, proposed: limit === undefined ? null : `${objective.objective} within ${limit} s` };
    }
  }
}

/** The limits at which requests are counted, smallest first. */
function limitsOf(scrapes: readonly Scrape[], metric: string): string[] {
  const found = scrapes.flatMap((scrape) => select(scrape, { metric, labels: {} }));
  return [...new Set(found.map(({ labels }) => labels.seconds))].sort((a, b) => Number(a) - Number(b));
}

const floor4 = (share: number) => Math.floor(share * 1e4) / 1e4;

/** Two significant digits, upwards. */
function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Number((Math.ceil(value / unit) * unit).toPrecision(2));
}
