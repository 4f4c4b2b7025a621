/** Objectives against scrapes: what was kept, what is left of the error budget, how fast it goes. */
import { type ScrapedSample, select } from './exposition.js';
import type { Objective, RatioObjective, Selector } from './objectives.js';

export interface SloResult {
  name: string;
  says: string;
  verdict: 'pass' | 'breach' | 'no data';
  /** Share that must be good; 1 where nothing may fail. */
  objective: number;
  /** Share that was good; null without data. */
  measured: number | null;
  /** Requests, scrapes or rows it was measured on. */
  of: number;
  /** What is left of the error budget of what was measured: 1 untouched, 0 used up, below 0 overdrawn. */
  budgetLeft: number | null;
  /** Error rate in units of the one that uses up the budget exactly. */
  burnRate: number | null;
}

export type Scrape = readonly ScrapedSample[];

/**
 * Evaluates an objective.
 * @param scrapes oldest first; with one, counters are taken from their beginning, with more, their growth from the
 *   first to the last
 */
export function evaluate(objective: Objective, scrapes: readonly Scrape[]): SloResult {
  const { name, says } = objective;
  const share = objective.kind === 'zero' ? 1 : objective.objective;
  const [bad, of] = badOf(objective, scrapes) ?? [0, 0];
  if (of === 0) {
    return {
      name,
      says,
      verdict: 'no data',
      objective: share,
      measured: null,
      of,
      budgetLeft: null,
      burnRate: null,
    };
  }
  const measured = 1 - bad / of;
  // Rounded: 1 of 10,000 at 99.99 % uses up the budget and no more, whatever binary fractions make of it.
  const burnRate = bad === 0 ? 0 : rounded(bad / of / (1 - share));
  return {
    name,
    says,
    verdict: burnRate <= 1 ? 'pass' : 'breach',
    objective: share,
    measured,
    of,
    // Where nothing may fail, the first failure uses up all there is.
    budgetLeft: Number.isFinite(burnRate) ? rounded(1 - burnRate) : 0,
    burnRate,
  };
}

const rounded = (x: number) => Number(x.toPrecision(10));

/** How many were bad, of how many. */
function badOf(objective: Objective, scrapes: readonly Scrape[]): [number, number] | undefined {
  switch (objective.kind) {
    case 'ratio':
      return badRequests(objective, scrapes);
    case 'threshold': {
      const values = scrapes.flatMap((scrape) => {
        const found = select(scrape, { metric: objective.metric, labels: {} });
        return found.length === 0 ? [] : [Math.max(...found.map(({ value }) => value))];
      });
      return [values.filter((value) => !(value < objective.below)).length, values.length];
    }
    case 'zero': {
      const grown = increase(scrapes, { metric: objective.metric, labels: {} });
      // That nothing was ever counted is told from a server that does not answer by its other metrics.
      if (grown === undefined) return scrapes.at(-1)?.some(isOfEdge) ? [0, 1] : undefined;
      return grown > 0 ? [grown, grown] : [0, 1];
    }
  }
}

function badRequests(
  { total, good, bad }: RatioObjective,
  scrapes: readonly Scrape[],
): [number, number] | undefined {
  const all = increase(scrapes, total) ?? 0;
  if (bad) return [increase(scrapes, bad) ?? 0, all];
  const { metric, labels } = good as Selector;
  // Where others of the metric are counted and these are not, none was good.
  if (increase(scrapes, { metric, labels: {} }) === undefined) return undefined;
  const kept = increase(scrapes, { metric, labels }) ?? 0;
  return [Math.max(0, all - kept), all];
}

const isOfEdge = ({ name }: ScrapedSample) => name.startsWith('kll_edge_');

/** Growth of counters from the first scrape to the last, each series by itself: one that fell began anew. */
export function increase(scrapes: readonly Scrape[], selector: Selector): number | undefined {
  let sum = 0;
  let isKnown = false;
  const last = new Map<string, number>();
  for (const [i, scrape] of scrapes.entries()) {
    for (const { labels, value } of select(scrape, selector)) {
      isKnown = true;
      const key = JSON.stringify(Object.entries(labels).sort());
      const before = last.get(key) ?? 0;
      if (i > 0 || scrapes.length === 1) sum += value >= before ? value - before : value;
      last.set(key, value);
    }
  }
  return isKnown ? sum : undefined;
}
