/** Whether two percentiles differ by more than chance, in words. */
import type { Answer, Percentile } from './api.js';
import { figure, percentileName } from './format.js';

export interface Difference {
  q: number;
  here: number;
  there: number;
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
    return [{ q: mine.q, here: mine.value, there: other.value, words: words(mine, other) }];
  });
}

function words(mine: Percentile, other: Percentile): string {
  const [low, high] = mine.ci;
  const [otherLow, otherHigh] = other.ci;
  if (low === null || high === null || otherLow === null || otherHigh === null) {
    return 'too few values to say';
  }
  const name = percentileName(mine.q);
  const by = figure(Math.abs((mine.value ?? 0) - (other.value ?? 0)));
  if (low > otherHigh) return `${name} is higher by ${by}: larger than chance`;
  if (high < otherLow) return `${name} is lower by ${by}: larger than chance`;
  return mine.value === other.value ? 'the same' : 'no larger than chance explains';
}
