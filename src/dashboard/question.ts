/** The form at the top: which series, grouped how, over which time; kept in the address, so that a view can be shared. */
import { keepInAddress, readAddress, restoreFromAddress } from './address.js';
import type { Question, SeriesInfo } from './api.js';
import { byId, element, offerChoices } from './elements.js';
import { matcher } from './format.js';
import { LabelPickers } from './label-pickers.js';
import { CHOSEN, chosen, lately, suggest } from './time-range.js';

export interface Asked extends Question {
  /** A label to group by, or ''. */
  by: string;
  /** Up to what a value is good, and above what it is poor; nothing while the fields do not say two that can be. */
  thresholds?: [good: number, poor: number];
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
/** The metric that is shown where the address names none. */
const USUAL = 'flight_delay_minutes';
/** What fields of a moment begin with. */
const SUGGESTED_SECONDS = 3600;

export class QuestionForm {
  readonly #form = byId<HTMLFormElement>('question');
  readonly #matches = byId<HTMLDataListElement>('matches');
  readonly #pickers: LabelPickers;
  #series: SeriesInfo[] = [];
  /** What the fields said when the last of them was left: half a pattern asks for nothing. */
  #said = new FormData();
  #missing = '';

  /** @param changed called when something else is asked */
  constructor(changed: () => void) {
    const keep = () => {
      this.#arrange();
      keepInAddress(this.#said);
      this.#missing = '';
      changed();
    };
    this.#pickers = new LabelPickers((match) => {
      this.#field('match').value = match;
      keep();
    });
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#form.addEventListener('change', ({ target }) => {
      if (target === this.#field('name')) this.#choose();
      keep();
    });
  }

  /** Offers the series there are. */
  offer(series: SeriesInfo[]): void {
    this.#series = series;
    const names = [...new Set(series.map(({ name }) => name))].sort();
    const select = this.#field<HTMLSelectElement>('name');
    const before = select.value;
    offerChoices(
      select,
      names.map((name) => [name, name]),
    );
    if (this.#missing && names.includes(this.#missing)) {
      // It has come meanwhile.
      this.#begin(this.#missing);
    } else if (before === select.value) {
      this.#offerLabels();
      // Lists that are new pick nothing by themselves.
      this.#pickers.show(String(this.#said.get('match') ?? ''));
    } else {
      this.#begin(before || readAddress().get('name'));
    }
  }

  /** Takes what the address says, and nothing else. */
  read(): void {
    this.#form.reset();
    this.#begin(readAddress().get('name'));
  }

  /** The metric that was to be shown where there is none of its name; '' where there is. */
  get missing(): string {
    return this.#missing;
  }

  /** The metric that is to be shown. */
  get wanted(): string {
    return this.#missing || this.#field<HTMLSelectElement>('name').value || readAddress().get('name') || '';
  }

  /** What the fields say, as text: the same for the same question, whenever it is asked. */
  get key(): string {
    return [...this.#said].join();
  }

  /** What is asked now; nothing while there are no series, or no time is chosen. */
  asked(now: number): Asked | undefined {
    const value = (name: string) => String(this.#said.get(name) ?? '').trim();
    const range = value('range') === CHOSEN ? chosen(this.#said) : lately(Number(value('range')), now);
    if (!value('name') || !range) return undefined;
    const match = value('match');
    const [good, poor] = ['good', 'poor'].map((name) => Number.parseFloat(value(name)));
    return {
      name: value('name'),
      ...(match ? { match } : {}),
      ...range,
      by: value('by'),
      ...(good <= poor ? { thresholds: [good, poor] } : {}),
    };
  }

  /** Takes what the fields say; shows those that a choice needs, and what the pattern picks. */
  #arrange(): void {
    const isChosen = this.#field('range').value === CHOSEN;
    for (const label of this.#form.querySelectorAll<HTMLElement>('.moment')) label.hidden = !isChosen;
    if (isChosen) suggest(this.#form, lately(SUGGESTED_SECONDS, Date.now()));
    this.#pickers.show(this.#field('match').value);
    this.#said = new FormData(this.#form);
  }

  /** Begins with a metric, or where it is not there with another: the address speaks of the one it names alone. */
  #begin(name: string | null): void {
    const select = this.#field<HTMLSelectElement>('name');
    const has = (one: string) => [...select.options].some(({ value }) => value === one);
    this.#missing = name && !has(name) ? name : '';
    const wanted = name || USUAL;
    if (has(wanted)) select.value = wanted;
    this.#choose();
    if (!this.#missing) restoreFromAddress(this.#form);
    this.#arrange();
  }

  /** After another metric was chosen: its labels, its thresholds. */
  #choose(): void {
    this.#offerLabels();
    this.#field('by').value = '';
    this.#field('match').value = '';
    const [good, poor] = THRESHOLDS[this.#field('name').value] ?? OTHERWISE;
    this.#field('good').value = String(good);
    this.#field('poor').value = String(poor);
  }

  #offerLabels(): void {
    const name = this.#field('name').value;
    const labels = this.#series.filter((one) => one.name === name).map((one) => one.labels);
    const keys = [...new Set(labels.flatMap(Object.keys))].sort();
    offerChoices(this.#field<HTMLSelectElement>('by'), [
      ['', 'nothing'],
      ...keys.map((key) => [key, key] as const),
    ]);
    this.#pickers.offer(labels);
    const matches = labels.slice(0, 200).map(matcher);
    if (matches.join() === [...this.#matches.options].map(({ value }) => value).join()) return;
    this.#matches.replaceChildren(...matches.map((value) => element('option', { value })));
  }

  #field<T extends HTMLInputElement | HTMLSelectElement = HTMLInputElement>(name: string): T {
    return this.#form.elements.namedItem(name) as T;
  }
}
