/** What is asked beside something else: other labels, or another time. */
import type { KllSketch } from '../index.js';
import { keepInAddress, restoreFromAddress } from './address.js';
import type { Answer, Edge, Question } from './api.js';
import { Chart } from './charts.js';
import { differences, verdict } from './comparison.js';
import { curveOf, points, spanOf } from './curves.js';
import { cumulative } from './distribution.js';
import { byId, fillTable } from './elements.js';
import { count, figure, moment, percent, percentileName } from './format.js';
import type { Asked } from './question.js';
import { CHOSEN, chosen, daysEarlier, suggest, type TimeRange } from './time-range.js';

const RANKS = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
const POINTS = 60;
/** How many days earlier the same stretch of time was. */
const EARLIER: Record<string, number> = { day: 1, week: 7 };

/** The fields of this form in the address, where those of the question have the same names. */
const nameInAddress = (field: string) => (field === 'with' ? field : `with_${field}`);

export class ComparisonPanel {
  readonly chart = new Chart(byId('compared'), 'both distributions');
  readonly #form = byId<HTMLFormElement>('comparison');
  /** What the fields said when the last of them was left. */
  #said = new FormData();
  /** The time before what was asked last: what fields of a moment begin with. */
  #before: TimeRange | undefined;

  /** @param changed called when something else is to be compared with */
  constructor(changed: () => void) {
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#form.addEventListener('change', () => {
      this.#arrange();
      keepInAddress(this.#said, nameInAddress);
      this.clear();
      changed();
    });
    this.read();
  }

  /** Takes what the address says, and nothing else. */
  read(): void {
    this.#form.reset();
    restoreFromAddress(this.#form, nameInAddress);
    this.#arrange();
    this.clear();
  }

  /** Shows nothing: what is there is the answer to another question. */
  clear(): void {
    this.#say('');
  }

  /**
   * @param mine all values of what is asked
   * @param isCurrent whether nothing newer is asked: an older answer is dropped
   */
  async ask(edge: Edge, asked: Asked, mine: KllSketch, isCurrent: () => boolean): Promise<void> {
    const other = this.#other(asked);
    if (!other) {
      this.#say('Choose from when to when to compare with.');
      return;
    }
    const [here, there, others] = await Promise.all([
      edge.quantiles(asked, RANKS),
      edge.quantiles(other, RANKS),
      edge.sketch(other),
    ]).catch((error: unknown) => {
      if (isCurrent()) this.#say('No answer to compare with.');
      throw error;
    });
    if (!isCurrent()) return;
    if (here.n === 0 || there.n === 0) {
      this.#say('Nothing to compare with.');
      return;
    }
    this.#show(here, there, `${moment(other.from)} to ${moment(other.to)}`);
    const span = spanOf(mine, others);
    byId('compared').hidden = !span;
    if (!span) return;
    const xs = points(span, POINTS);
    const { lines, bands } = cumulative([
      ['here', curveOf(mine, xs)],
      ['there', curveOf(others, xs)],
    ]);
    this.chart.show(xs, lines, {
      xName: 'up to',
      logarithmic: span.logarithmic,
      bands,
      format: percent,
      formatX: figure,
      description: `Share of values up to each value from ${figure(span.low)} to ${figure(span.high)}, here and there`,
    });
  }

  #show(here: Answer, there: Answer, when: string): void {
    const all = differences(here, there);
    const isWhole = ![here, there].some(({ partial, stale }) => partial || stale);
    this.#say(isWhole ? verdict(all) : `${verdict(all)} Not all values could be read.`, false);
    fillTable(
      byId('differences'),
      `${count(here.n)} values beside ${count(there.n)} of ${when}; differences at 99 % confidence`,
      ['percentile', 'here', 'there', 'change', 'in words'],
      all.map(({ q, here: a, there: b, words }) => [
        percentileName(q),
        figure(a),
        figure(b),
        b === 0 ? '-' : `${a >= b ? '+' : '-'}${percent(Math.abs((a - b) / b))}`,
        words,
      ]),
    );
  }

  #say(text: string, isAll = true): void {
    const place = byId('verdict');
    if (place.textContent !== text) place.textContent = text;
    if (!isAll) return;
    byId('differences').replaceChildren();
    byId('compared').hidden = true;
  }

  /** The other question; nothing while the form does not say which. */
  #other(asked: Asked): Question | undefined {
    const choice = String(this.#said.get('with'));
    this.#before = { from: 2 * asked.from - asked.to, to: asked.from };
    if (choice === 'labels') {
      const { name, from, to } = asked;
      const match = String(this.#said.get('match')).trim();
      return { name, from, to, ...(match ? { match } : {}) };
    }
    if (choice === CHOSEN) {
      const range = chosen(this.#said);
      return range && { ...asked, ...range };
    }
    return { ...asked, ...(choice in EARLIER ? daysEarlier(asked, EARLIER[choice]) : this.#before) };
  }

  /** Takes what the fields say, and shows those that a choice needs. */
  #arrange(): void {
    const choice = String(new FormData(this.#form).get('with'));
    for (const label of this.#form.querySelectorAll<HTMLElement>('[data-for]')) {
      label.hidden = label.dataset.for !== choice;
    }
    if (choice === CHOSEN && this.#before) suggest(this.#form, this.#before);
    this.#said = new FormData(this.#form);
  }
}
