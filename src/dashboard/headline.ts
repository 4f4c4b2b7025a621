/** The first thing to see: p75, the share of good and poor, and what they rest on. */
import type { Answer } from './api.js';
import { byId, card, element } from './elements.js';
import { between, count, duration, figure, percent, percentileName } from './format.js';
import type { Asked } from './question.js';

export function showHeadline(answer: Answer, asked: Asked): void {
  const p75 = answer.quantiles.filter(({ q }) => q === 0.75);
  const others = answer.quantiles.filter(({ q }) => q !== 0.75);
  byId('headline').replaceChildren(
    ...[...p75, ...others].map((one) =>
      card(
        figure(one.value),
        percentileName(one.q),
        [`sketch ${between(one.lower, one.upper)}`, `sample ${between(...one.ci)}`],
        one.q === 0.75,
      ),
    ),
    card(count(answer.n), 'values', `mean ${figure(answer.mean)}`),
    card(age(answer.to), 'since the newest values', [
      `complete up to ${duration(answer.freshnessMs)} ago`,
      ...(answer.partial ? ['some buckets left out'] : []),
      ...(answer.stale ? ['a part of the edge did not answer'] : []),
    ]),
  );
  showShares(answer, asked);
}

/** How long ago a stretch of time ended, which is told in whole minutes. */
function age(end: string | null): string {
  if (end === null) return '-';
  const ms = Date.now() - Date.parse(end);
  return ms < 60_000 ? 'under 1 min' : duration(ms);
}

function showShares(answer: Answer, { thresholds }: Asked): void {
  if (answer.n === 0) {
    byId('shares').replaceChildren();
    return;
  }
  if (!thresholds) {
    const why =
      'No shares: "Good up to" and "Poor above" have to be numbers, the first no larger than the second.';
    byId('shares').replaceChildren(element('p', { class: 'note' }, why));
    return;
  }
  const [good, poor] = thresholds;
  const at = (le: number) => answer.shares.find((share) => share.le === le)?.share ?? 0;
  const parts: [kind: string, what: string, share: number][] = [
    ['good', `good, up to ${figure(good)}`, at(good)],
    ['middling', 'in between', Math.max(0, at(poor) - at(good))],
    ['poor', `poor, above ${figure(poor)}`, 1 - at(poor)],
  ];
  byId('shares').replaceChildren(
    element(
      'div',
      { class: 'bar', 'aria-hidden': 'true' },
      ...parts.map(([kind, , share]) => element('i', { class: kind, style: `width:${share * 100}%` })),
    ),
    element(
      'ul',
      { class: 'legend' },
      ...parts.map(([kind, what, share]) =>
        element('li', {}, element('i', { class: kind, 'aria-hidden': 'true' }), `${percent(share)} ${what}`),
      ),
    ),
  );
}
