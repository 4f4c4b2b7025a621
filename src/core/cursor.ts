/**
 * The quantile of one rank while values are being added: a place in a sorted view, and how many of the values staged
 * since lie below it. An add moves the place by an item at most, so asking after every add costs no rebuilding.
 */
import { lowerBound, type SortedView } from './sorted-view.js';

export class Cursor {
  #at: number;
  /** Staged values up to the item at the place, and up to the one before it. */
  #upTo = 0;
  #before = 0;
  /** Staged values counted so far. */
  #seen: number;
  readonly #view: SortedView;

  /**
   * @param key what it is found by
   * @param view a view of everything but the values staged from `from` on
   * @param target cumulative weight that is looked for
   */
  constructor(
    readonly key: number,
    view: SortedView,
    from: number,
    target: number,
  ) {
    this.#view = view;
    this.#seen = from;
    this.#at = lowerBound(view.weights, target);
  }

  /**
   * The first value, of view and staged values, up to which the weight is at least `target`.
   * @param from first staged value that the view lacks
   * @param to one past the last
   */
  find(target: number, staged: Float64Array, from: number, to: number): number {
    const { items, weights } = this.#view;
    const last = items.length;
    for (; this.#seen < to; this.#seen++) {
      const x = staged[this.#seen];
      if (!(x > items[this.#at])) this.#upTo++; // past the last item, everything lies below
      if (x <= items[this.#at - 1]) this.#before++;
    }
    while (this.#at > 0 && weights[this.#at - 1] + this.#before >= target) {
      this.#upTo = this.#before;
      this.#before = this.#count(--this.#at - 1, staged, from, to);
    }
    while (this.#at < last && weights[this.#at] + this.#upTo < target) {
      this.#before = this.#upTo;
      this.#upTo = this.#count(++this.#at, staged, from, to);
    }
    const missing = target - this.#before - (this.#at ? weights[this.#at - 1] : 0);
    if (missing > this.#upTo - this.#before) return items[this.#at];
    const low = this.#at ? items[this.#at - 1] : -Infinity;
    return staged
      .slice(from, to)
      .filter((x) => x > low && !(x > items[this.#at]))
      .sort()[missing - 1];
  }

  /** Staged values up to the item at `at`; past the last, all. */
  #count(at: number, staged: Float64Array, from: number, to: number): number {
    if (at < 0) return 0;
    const x = this.#view.items[at];
    let count = 0;
    for (let i = from; i < to; i++) if (!(staged[i] > x)) count++;
    return count;
  }
}
