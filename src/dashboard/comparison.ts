/** Whether two percentiles differ by more than chance, in words. */
import type { Answer, Percentile } from './api.js';
import { figure, percentileName } from './format.js';

/** How two percentiles stand to each other; '?' where there are too few values to say. */
export type Relation = 'higher' | 'lower' | 'same' | 'chance' | '?';

export interface Difference {
  q: number;
  here: number;
  there: number;
  relation: Relation;
  words: string;
}

/**
 * The percentiles of two answers, beside each other. A difference is larger than chance when the 99 % intervals of the
 * two populations do not meet: stricter than a test at 1 %, and honest about the sketches' own error.
 */
export function differences(here: Answer, there: Answer): Difference[] {
  return here.quantiles.flatMap((mine) => {
    const other = there.quantiles.find(({ q }) => q === mine.q);
    if (!other || mine.value === null || other.value === null) return [];
    const relation = relationOf(mine, other);
    return [
      { q: mine.q, here: mine.value, there: other.value, relation, words: words(mine, other, relation) },
    ];
  });
}

/** All differences in a sentence. */
export function verdict(all: readonly Difference[]): string {
  const named = (relation: Relation) =>
    all.filter((one) => one.relation === relation).map(({ q }) => percentileName(q));
  const sure = (['higher', 'lower'] as const).flatMap((relation) => {
    const names = named(relation);
    return names.length ? [`${names.join(', ')} ${relation}`] : [];
  });
  if (sure.length) return `Larger than chance: ${sure.join('; ')}.`;
  if (all.every(({ relation }) => relation === '?')) return 'Too few values to say.';
  return 'No difference is larger than chance explains.';
}

function relationOf(mine: Percentile, other: Percentile): Relation {
  const [low, high] = mine.ci;
  const [otherLow, otherHigh] = other.ci;
  // An open end may lie anywhere: what is known of the other one may still tell them apart.
  if (low !== null && otherHigh !== null && low > otherHigh) return 'higher';
  if (high !== null && otherLow !== null && high < otherLow) return 'lower';
  if (low === null || high === null || otherLow === null || otherHigh === null) return '?';
  return mine.value === other.value ? 'same' : 'chance';
}

function words(mine: Percentile, other: Percentile, relation: Relation): string {
  const by = figure(Math.abs((mine.value ?? 0) - (other.value ?? 0)));
  switch (relation) {
    case '?':
      return 'too few values to say';
    case 'same':
      return 'the same';
    case 'chance':
      return 'no larger than chance explains';
    default:
      return `${percentileName(mine.q)} is ${relation} by ${by}: larger than chance`;
  }
}
