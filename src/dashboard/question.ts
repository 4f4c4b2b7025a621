/** The form at the top: which series, grouped how, over which time; kept in the address, so that a view can be shared. */
import type { Question, SeriesInfo } from './api.js';
import { byId, element } from './elements.js';
import { matcher } from './format.js';

export interface Asked extends Question {
  /** A label to group by, or ''. */
  by: string;
  good: number;
  poor: number;
}

/** Good and poor of the metrics that have known ones (web.dev/vitals; a flight within 15 minutes counts as on time). */
const THRESHOLDS: Record<string, [good: number, poor: number]> = {
  lcp: [2500, 4000],
  inp: [200, 500],
  cls: [0.1, 0.25],
  fcp: [1800, 3000],
  ttfb: [800, 1800],
  flight_delay_minutes: [15, 60],
};
const OTHERWISE: [number, number] = [100, 1000];

export class QuestionForm {
  readonly #form = byId<HTMLFormElement>('question');
  readonly #matches = byId<HTMLDataListElement>('matches');
  #series: SeriesInfo[] = [];

  /** @param changed called when something else is asked */
  constructor(changed: () => void) {
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#form.addEventListener('change', (event) => {
      if (event.target === this.#field('name')) this.#choose();
      this.#keep();
      changed();
    });
  }

  /** Offers the series there are; true when the choice had to change. */
  offer(series: SeriesInfo[]): boolean {
    this.#series = series;
    const names = [...new Set(series.map(({ name }) => name))].sort();
    const select = this.#field<HTMLSelectElement>('name');
    const before = select.value;
    select.replaceChildren(...names.map((name) => element('option', { value: name }, name)));
    const kept = new URLSearchParams(location.hash.slice(1));
    const wanted = before || kept.get('name') || 'flight_delay_minutes';
    if (names.includes(wanted)) select.value = wanted;
    if (before === select.value) return false;
    this.#choose();
    if (!before) for (const [key, value] of kept) this.#restore(key, value);
    return true;
  }

  /** What is asked now; nothing while there are no series. */
  asked(now: number): Asked | undefined {
    const value = (name: string) => this.#field(name).value.trim();
    if (!value('name')) return undefined;
    const match = value('match');
    return {
      name: value('name'),
      ...(match ? { match } : {}),
      from: Math.floor((now - Number(value('range')) * 1000) / 60_000) * 60_000,
      to: Math.ceil((now + 1) / 60_000) * 60_000,
      by: value('by'),
      good: Number(value('good')),
      poor: Number(value('poor')),
    };
  }

  /** A field as the address has it; what a choice does not offer stays as it is. */
  #restore(name: string, value: string): void {
    const field = this.#form.elements.namedItem(name);
    if (field instanceof HTMLSelectElement && ![...field.options].some((option) => option.value === value))
      return;
    if (field instanceof HTMLSelectElement || field instanceof HTMLInputElement) field.value = value;
  }

  /** After another metric was chosen: its labels, its thresholds. */
  #choose(): void {
    const name = this.#field('name').value;
    const labels = this.#series.filter((one) => one.name === name).map((one) => one.labels);
    const keys = [...new Set(labels.flatMap(Object.keys))].sort();
    this.#field('by').replaceChildren(
      element('option', { value: '' }, 'nothing'),
      ...keys.map((key) => element('option', { value: key }, key)),
    );
    this.#matches.replaceChildren(
      ...labels.slice(0, 200).map((one) => element('option', { value: matcher(one) })),
    );
    this.#field('match').value = '';
    const [good, poor] = THRESHOLDS[name] ?? OTHERWISE;
    this.#field('good').value = String(good);
    this.#field('poor').value = String(poor);
  }

  #keep(): void {
    const fields = new FormData(this.#form) as unknown as Iterable<[string, string]>;
    history.replaceState(null, '', `#${new URLSearchParams([...fields].filter(([, value]) => value))}`);
  }

  #field<T extends HTMLInputElement | HTMLSelectElement = HTMLInputElement>(name: string): T {
    return this.#form.elements.namedItem(name) as T;
  }
}
