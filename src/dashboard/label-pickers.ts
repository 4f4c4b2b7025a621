/** A list for each label of a metric: together they pick one series, or all that have these labels. */
import { byId, element, offerChoices } from './elements.js';
import { matcher, pickedBy } from './format.js';

/** Labels with a list of their own. */
const MOST_PICKERS = 4;
/** Values in a list; others are asked for by the field of patterns. */
const MOST_VALUES = 500;

export class LabelPickers {
  readonly #within = byId('pickers');
  readonly #lists = new Map<string, HTMLSelectElement>();

  /** @param picked called with the matcher of what was picked */
  constructor(picked: (match: string) => void) {
    this.#within.addEventListener('change', (event) => {
      event.stopPropagation();
      const chosen = [...this.#lists]
        .filter(([, list]) => list.value)
        .map(([key, list]) => [key, list.value]);
      picked(matcher(Object.fromEntries(chosen)));
    });
  }

  /** Offers the labels of some series. */
  offer(labels: readonly Record<string, string>[]): void {
    const keys = [...new Set(labels.flatMap(Object.keys))].sort().slice(0, MOST_PICKERS);
    if (keys.join() !== [...this.#lists.keys()].join()) {
      this.#lists.clear();
      this.#within.replaceChildren(
        ...keys.map((key) => {
          const list = element('select');
          this.#lists.set(key, list);
          return element('label', {}, key, list);
        }),
      );
    }
    for (const [key, list] of this.#lists) {
      const values = [
        ...new Set(labels.flatMap((one) => (Object.hasOwn(one, key) ? [one[key]] : []))),
      ].sort();
      offerChoices(list, [
        ['', 'all'],
        ...values.slice(0, MOST_VALUES).map((value) => [value, value] as const),
      ]);
    }
  }

  /** Shows what a matcher picks. */
  show(match: string): void {
    const picked = pickedBy(match);
    for (const [key, list] of this.#lists) {
      const value = Object.hasOwn(picked, key) ? picked[key] : '';
      // Set to what it is, an open one would forget what the reader has come to.
      if (list.value !== value) list.value = value;
    }
  }
}
